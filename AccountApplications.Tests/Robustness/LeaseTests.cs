using System.Collections.Concurrent;
using System.Diagnostics;
using AccountApplications.EmbeddedHost;
using AccountApplications.EmbeddedHost.Engine;
using AccountApplications.Tests.Embedded;
using AccountApplications.Tests.Embedded.Hosting;
using AccountApplications.Tests.EndToEnd;
using AccountApplications.Tests.Fixtures;
using Azure;
using Azure.Core;
using Azure.Data.Tables;
using Azure.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Moq;

namespace AccountApplications.Tests.Robustness;

public sealed class LeaseTests(AzuriteFixture azurite, Figures figures) : IClassFixture<AzuriteFixture>, IClassFixture<Figures>
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(15);

    private readonly string _hub = TestHost.NewHub();

    private TableClient Table => new(azurite.ConnectionString, $"{_hub}Instances");

    [Fact]
    public async Task SecondHost_WhileTheFirstLives_WaitsOneLeaseAndRefuses()
    {
        await using var first = await StartAsync();
        var time = new FakeTimeProvider();
        var startedAt = time.GetUtcNow();

        var second = StartAsync(time);
        await Eventually.Async(async () =>
        {
            // The holder renews its lease as that time goes by.
            await RewriteAsync(owner => owner["Renewed"] = time.GetUtcNow());
            time.Advance(TimeSpan.FromSeconds(1));
            return second.IsCompleted;
        });

        var refusal = await Assert.ThrowsAsync<HostStartException>(() => second);
        Assert.InRange(time.GetUtcNow() - startedAt, Lease, Lease + TimeSpan.FromSeconds(10));
        Assert.Contains($"process {Environment.ProcessId} on {Environment.MachineName} since 20", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(_hub, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Host_ThatNeverHadTheLease_LeavesItToItsHolderWhenItStops()
    {
        await using var holder = await StartAsync();
        using var other = new HubLease(
            new TableServiceClient(azurite.ConnectionString), $"{_hub}Instances", TimeProvider.System,
            Mock.Of<IHostApplicationLifetime>(), NullLogger<HubLease>.Instance);

        await other.StopAsync(CancellationToken.None);

        Assert.True((await Table.GetEntityIfExistsAsync<TableEntity>("@lease", "owner")).HasValue);
    }

    [Fact]
    public async Task Holder_OnAnotherMachineThatIsSilent_IsTakenOverAfterOneLease()
    {
        await HoldAsync("another-machine", Environment.ProcessId);
        var time = new FakeTimeProvider();
        var startedAt = time.GetUtcNow();

        var second = StartAsync(time);
        await Eventually.Async(() =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return second.IsCompleted;
        });

        await using var app = await second;
        Assert.True(time.GetUtcNow() - startedAt >= Lease);
        Assert.Contains(app.Log, line => line.StartsWith("Warning", StringComparison.Ordinal)
            && line.Contains("process", StringComparison.Ordinal) && line.Contains("on another-machine since", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Host_WhoseFirstLeaseIsWrittenButNotAnswered_KnowsItsOwn(bool isHeldByAnother)
    {
        if (isHeldByAnother) await HoldAsync("another-machine", Environment.ProcessId);
        var time = new FakeTimeProvider();
        var lost = 0;
        var storage = new FaultyStorage
        {
            Engine = async request =>
            {
                await request.SendAsync();
                var isLease = request.IsLease || request.Uri.AbsolutePath.EndsWith("Instances", StringComparison.Ordinal);
                if (isLease && request.Writes && Interlocked.Increment(ref lost) == 1) throw StorageRequest.Lost();
            },
        };

        var start = StartAsync(time, storage, HttpPipelinePosition.PerRetry);
        await Eventually.Async(() =>
        {
            if (isHeldByAnother) time.Advance(TimeSpan.FromSeconds(0.5));
            return start.IsCompleted;
        });

        await using var app = await start;
        Assert.True(lost > 1);
    }

    [Fact]
    public async Task Host_WhoseFirstReadIsSlow_StillLooksForAWholeLease()
    {
        await HoldAsync("another-machine", Environment.ProcessId);
        var time = new FakeTimeProvider();
        DateTimeOffset? seenAt = null;
        DateTimeOffset? takenAt = null;
        var storage = new FaultyStorage
        {
            Engine = async request =>
            {
                if (request.IsLease && request.Writes) takenAt ??= time.GetUtcNow();
                await request.SendAsync();
                if (!request.IsLease || seenAt is not null) return;
                time.Advance(Lease / 2);
                seenAt = time.GetUtcNow();
            },
        };

        var start = StartAsync(time, storage);
        await Eventually.Async(() =>
        {
            time.Advance(TimeSpan.FromSeconds(0.5));
            return start.IsCompleted;
        });

        await using var app = await start;
        Assert.True(takenAt - seenAt >= Lease);
    }

    [Fact]
    public async Task Holder_OnThisMachineThatHasEnded_IsTakenOverAtOnce()
    {
        await HoldAsync(Environment.MachineName, processId: int.MaxValue);
        var watch = Stopwatch.StartNew();

        await using var app = await StartAsync();

        Assert.True(watch.Elapsed < Lease / 2);
        Assert.DoesNotContain(app.Log, line => line.Contains("is held by", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Holder_PausedPastItsLease_CommitsNothingAndEnds()
    {
        await using var paused = AppProcess.Start(azurite.ConnectionString, AppProcess.FreePort(), _hub);
        await paused.ReadyAsync();
        var body = await (await paused.Http.PostAsync("/api/applications", AppClient.Json(AppClient.Flagged))).JsonAsync();
        await Eventually.Async(async () => Assert.Equal(
            "FLAGGED_FOR_REVIEW", (await (await paused.Http.GetAsync($"/api/applications/{body.Id()}")).JsonAsync()).Text("state")));

        await paused.SignalAsync("STOP");
        // To the other, the silent one is on another machine.
        await RewriteAsync(owner => owner["Machine"] = "another-machine");
        var watch = Stopwatch.StartNew();
        await using var next = await StartAsync();
        figures.Print($"The hub of a host that was paused: taken over after {watch.Elapsed.TotalSeconds:F1} s.");
        Assert.True(watch.Elapsed >= Lease);
        var late = paused.Http.PostAsync($"/api/applications/{body.Id()}/review", AppClient.Json(AppClient.Reject));
        await paused.SignalAsync("CONT");

        Assert.NotEqual(0, await paused.ExitAsync());
        await Eventually.Async(() => paused.Output.Any(line => line.Contains("Another host has taken over the task hub", StringComparison.Ordinal)));
        await Assert.ThrowsAnyAsync<Exception>(async () => (await late).EnsureSuccessStatusCode());
        Assert.Equal(["SUBMITTED", "FLAGGED_FOR_REVIEW"], (await next.ReadAsync(body.Id())).States());
        Assert.Equal(System.Net.HttpStatusCode.OK, (await next.ReviewAsync(body.Id(), AppClient.Approve)).StatusCode);
    }

    [Fact]
    public async Task Holder_WithoutStorageForLongerThanItsLease_GoesOnByItself()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        var storage = new FaultyStorage();
        await using var app = await TestHost.StartAppAsync(azurite.ConnectionString, _hub, builder =>
        {
            builder.Services.AddSingleton<TimeProvider>(time);
            storage.PutUnder(builder, azurite.ConnectionString, _hub, HttpPipelinePosition.PerCall);
        });
        var id = (await app.SubmitUntilAsync(AppClient.Flagged, "FLAGGED_FOR_REVIEW")).Id();

        storage.Both = request =>
        {
            request.RefuseAsBusy();
            return ValueTask.CompletedTask;
        };
        await Eventually.Async(() =>
        {
            time.Advance(TimeSpan.FromSeconds(5));
            return app.Log.Count(line => line.Contains("could not be renewed", StringComparison.Ordinal)) > Lease / TimeSpan.FromSeconds(5);
        });
        Assert.Equal(System.Net.HttpStatusCode.ServiceUnavailable, (await app.Http.GetAsync("/api/health")).StatusCode);
        storage.Both = request => request.SendAsync();

        async Task<HttpResponseMessage> ReviewAsync()
        {
            var review = app.ReviewAsync(id, AppClient.Approve);
            await Eventually.Async(() =>
            {
                // In small steps: a review waits for ten seconds, on a busy machine too.
                time.Advance(TimeSpan.FromSeconds(0.05));
                return review.IsCompleted;
            });
            return await review;
        }

        // A renewal that storage refused may still be under way, and whoever comes meanwhile shares its failure.
        var answer = await Eventually.Async(ReviewAsync, answer => answer.StatusCode != System.Net.HttpStatusCode.ServiceUnavailable);
        Assert.Equal(System.Net.HttpStatusCode.OK, answer.StatusCode);
        Assert.DoesNotContain(app.Log, line => line.StartsWith("Critical", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Failures), DisableDiscoveryEnumeration = true)]
    public async Task Renewal_ThatFailsInWhateverWay_IsTriedAgain(Exception failure)
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        var storage = new FaultyStorage();
        await using var app = await StartAsync(time, storage);
        var lease = app.Services.GetRequiredService<HubLease>();

        storage.Engine = request => request.IsLease ? throw failure : request.SendAsync();
        await Eventually.Async(() =>
        {
            time.Advance(TimeSpan.FromSeconds(5));
            return app.Log.Count(line => line.Contains("could not be renewed", StringComparison.Ordinal)) > Lease / TimeSpan.FromSeconds(5);
        });
        await Assert.ThrowsAsync<InstanceStoreUnavailableException>(lease.EnsureHeldAsync);
        Assert.False(lease.ExecuteTask!.IsCompleted);
        Assert.False(app.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested);

        storage.Engine = request => request.SendAsync();
        // A renewal that failed may still be under way.
        await Eventually.Async(lease.EnsureHeldAsync);
        await app.SubmitUntilAsync(AppClient.Clean, "APPROVED");
    }

    public static TheoryData<Exception> Failures =>
    [
        new AuthenticationFailedException("No token for a moment."),
        new IOException("Cut short by the test."),
        new TimeoutException(),
        new TaskCanceledException("A time-out.", new TaskCanceledException()),
        new AggregateException(new RequestFailedException(503, "Busy.")),
        new RequestFailedException(403, "Keys are being exchanged."),
        new InvalidOperationException("What nobody thought of."),
    ];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Renewal_ThatManyWaitFor_IsOneForAll(bool fails)
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        var storage = new FaultyStorage();
        await using var app = await StartAsync(time, storage);
        var lease = app.Services.GetRequiredService<HubLease>();
        var asked = 0;
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        storage.Engine = async request =>
        {
            if (request.IsLease) Interlocked.Increment(ref asked);
            await answer.Task;
            await request.SendAsync();
        };
        time.Advance(Lease);
        await Eventually.Async(() =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return asked == 1;
        });

        var callers = Enumerable.Range(0, 12).Select(_ => lease.EnsureHeldAsync()).ToArray();
        Assert.All(callers, caller => Assert.False(caller.IsCompleted));
        if (fails) answer.SetException(StorageRequest.Lost());
        else answer.SetResult();

        foreach (var caller in callers)
        {
            if (fails) await Assert.ThrowsAsync<InstanceStoreUnavailableException>(() => caller);
            else await caller;
        }

        Assert.Equal(1, asked);
        storage.Engine = request => request.SendAsync();
        await lease.EnsureHeldAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Renewal_AnsweredWhenTheLeaseHasRunOut_IsMadeAgain(bool isTakenOver)
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        var storage = new FaultyStorage();
        await using var app = await StartAsync(time, storage);
        var lease = app.Services.GetRequiredService<HubLease>();
        var renewals = 0;
        storage.Engine = async request =>
        {
            await request.SendAsync();
            if (!request.IsLease || !request.Writes || Interlocked.Increment(ref renewals) > 1) return;
            if (isTakenOver) await RewriteAsync(owner => owner["Owner"] = Guid.NewGuid());
            time.Advance(Lease);
        };
        time.Advance(Lease);

        if (isTakenOver) await AssertLostAsync(app);
        else await lease.EnsureHeldAsync();

        Assert.True(renewals > 1);
    }

    [Fact]
    public async Task Holder_ThatWasTakenOver_WritesNothingMoreAndLeavesTheLeaseToTheNext()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        var storage = new FaultyStorage();
        await using var app = await StartAsync(time, storage);
        var next = Guid.NewGuid();
        await RewriteAsync(owner => owner["Owner"] = next);

        time.Advance(Lease);
        await AssertLostAsync(app);
        var written = 0;
        storage.Engine = request =>
        {
            if (request.Writes) Interlocked.Increment(ref written);
            return request.SendAsync();
        };
        await Assert.ThrowsAsync<InstanceStoreUnavailableException>(app.Services.GetRequiredService<HubLease>().EnsureHeldAsync);
        await Assert.ThrowsAsync<InstanceStoreUnavailableException>(
            () => app.Durable.ScheduleNewOrchestrationInstanceAsync("ProcessApplication"));
        await app.DisposeAsync();

        Assert.Equal(0, written);
        Assert.Equal(next, (await Table.GetEntityAsync<TableEntity>("@lease", "owner")).Value.GetGuid("Owner"));
    }

    [Fact]
    public async Task Holder_ThatStopsBeforeItKnowsOfTheNext_LeavesTheLeaseToIt()
    {
        await using var app = await StartAsync();
        var next = Guid.NewGuid();
        await RewriteAsync(owner => owner["Owner"] = next);

        await app.DisposeAsync();

        Assert.Equal(next, (await Table.GetEntityAsync<TableEntity>("@lease", "owner")).Value.GetGuid("Owner"));
    }

    [Fact]
    public async Task Holder_ThatStops_GivesTheLeaseBack()
    {
        await using var app = await StartAsync();

        await app.DisposeAsync();

        Assert.False((await Table.GetEntityIfExistsAsync<TableEntity>("@lease", "owner")).HasValue);
    }

    [Fact]
    public async Task Holder_WithoutStorageWhenItStops_StopsAllTheSame()
    {
        var storage = new FaultyStorage();
        await using var app = await StartAsync(TimeProvider.System, storage);
        storage.Engine = request => throw new AuthenticationFailedException("No token any more.");

        await app.DisposeAsync();

        Assert.True((await Table.GetEntityIfExistsAsync<TableEntity>("@lease", "owner")).HasValue);
    }

    [Fact]
    public async Task Holder_WhoseLeaseIsDeletedAndAnswersAreLost_WritesItAgain()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        var storage = new FaultyStorage();
        await using var app = await StartAsync(time, storage, HttpPipelinePosition.PerRetry);
        var lost = new ConcurrentDictionary<Uri, bool>();
        storage.Engine = async request =>
        {
            await request.SendAsync();
            // Each way to write it again, once: the row that was there, the table, the row that is not there any more.
            if (request.Writes && lost.TryAdd(request.Uri, true)) throw StorageRequest.Lost();
        };

        await Table.DeleteEntityAsync("@lease", "owner");
        await Eventually.Async(async () =>
        {
            if (lost.IsEmpty) time.Advance(TimeSpan.FromSeconds(1));
            return (await Table.GetEntityIfExistsAsync<TableEntity>("@lease", "owner")).HasValue;
        });
        time.Advance(Lease);
        await app.Services.GetRequiredService<HubLease>().EnsureHeldAsync();

        await app.SubmitUntilAsync(AppClient.Clean, "APPROVED");
        Assert.DoesNotContain(app.Log, line => line.StartsWith("Critical", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Holder_WhoseLeaseIsDeleted_WritesItAgain()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var app = await StartAsync(time);

        await Table.DeleteEntityAsync("@lease", "owner");
        await Eventually.Async(async () =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return (await Table.GetEntityIfExistsAsync<TableEntity>("@lease", "owner")).HasValue;
        });

        await app.SubmitUntilAsync(AppClient.Clean, "APPROVED");
        Assert.DoesNotContain(app.Log, line => line.StartsWith("Critical", StringComparison.Ordinal));
    }

    [Fact]
    public async Task TwoHosts_ForcedOntoOneHub_NeverAdvanceOneInstanceTwice()
    {
        await using var first = await StartWithoutLeaseAsync();
        await using var second = await StartWithoutLeaseAsync();
        TestHost[] hosts = [first, second];

        List<string> ids = [];
        for (var i = 0; i < 20; i++)
            ids.Add((await hosts[i % 2].SubmitUntilAsync(AppClient.Flagged, "FLAGGED_FOR_REVIEW")).Id());
        // Each host is told something else, at the same moment.
        var answers = await Task.WhenAll(ids.SelectMany(id => (Task<HttpResponseMessage>[])
            [first.ReviewAsync(id, AppClient.Approve), second.ReviewAsync(id, AppClient.Reject)]));

        Assert.Equal(ids.Count, answers.Count(answer => answer.StatusCode == System.Net.HttpStatusCode.OK));
        Assert.Equal(ids.Count, answers.Count(answer => answer.StatusCode == System.Net.HttpStatusCode.Conflict));
        foreach (var id in ids)
        {
            await first.InstanceUntilAsync(id, "Completed");
            var states = (await second.ReadAsync(id)).States().ToList();
            Assert.True(
                states is ["SUBMITTED", "FLAGGED_FOR_REVIEW", "REVIEW_APPROVED", "APPROVED"]
                    or ["SUBMITTED", "FLAGGED_FOR_REVIEW", "REVIEW_REJECTED", "REJECTED"],
                string.Join(' ', states));
        }
    }

    private Task<TestHost> StartAsync(TimeProvider? time = null) => TestHost.StartAppAsync(
        azurite.ConnectionString, _hub, builder => builder.Services.AddSingleton(time ?? TimeProvider.System));

    private Task<TestHost> StartAsync(TimeProvider time, FaultyStorage storage, HttpPipelinePosition position = HttpPipelinePosition.PerCall) =>
        TestHost.StartAppAsync(azurite.ConnectionString, _hub, builder =>
        {
            builder.Services.AddSingleton(time);
            storage.PutUnder(builder, azurite.ConnectionString, _hub, position);
        });

    /// <summary>Ends as a host does that another has taken over; in the test's own process, so that its exit code has to be put back.</summary>
    private static async Task AssertLostAsync(TestHost app)
    {
        var stopping = app.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        await Assert.ThrowsAsync<InstanceStoreUnavailableException>(app.Services.GetRequiredService<HubLease>().EnsureHeldAsync);
        await Eventually.Async(() => stopping.IsCancellationRequested);
        Environment.ExitCode = 0;
        Assert.Contains(app.Log, line => line.StartsWith("Critical", StringComparison.Ordinal)
            && line.Contains("Another host has taken over the task hub", StringComparison.Ordinal));
    }

    private Task<TestHost> StartWithoutLeaseAsync() => TestHost.StartAppAsync(azurite.ConnectionString, _hub, builder =>
    {
        builder.Services.AddSingleton<IInstanceStore>(new TableInstanceStore(
            new TableServiceClient(azurite.ConnectionString), $"{_hub}Instances", NullLogger<TableInstanceStore>.Instance));
        builder.Services.AddSingleton(provider => ActivatorUtilities.CreateInstance<HubLease>(
            provider, new TableServiceClient(azurite.ConnectionString), TestHost.NewHub()));
    });

    private async Task HoldAsync(string machine, int processId)
    {
        await Table.CreateIfNotExistsAsync();
        await Table.AddEntityAsync(new TableEntity("@lease", "owner")
        {
            ["Owner"] = Guid.NewGuid(),
            ["Machine"] = machine,
            ["ProcessId"] = processId,
            ["ProcessStart"] = DateTimeOffset.UtcNow,
            ["Since"] = DateTimeOffset.UtcNow,
        });
    }

    private async Task RewriteAsync(Action<TableEntity> change)
    {
        TableEntity owner = await Table.GetEntityAsync<TableEntity>("@lease", "owner");
        change(owner);
        await Table.UpdateEntityAsync(owner, ETag.All, TableUpdateMode.Replace);
    }
}
