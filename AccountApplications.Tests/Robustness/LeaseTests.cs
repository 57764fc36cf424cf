using System.Diagnostics;
using AccountApplications.EmbeddedHost;
using AccountApplications.EmbeddedHost.Engine;
using AccountApplications.Tests.Embedded;
using AccountApplications.Tests.Embedded.Hosting;
using AccountApplications.Tests.EndToEnd;
using AccountApplications.Tests.Fixtures;
using Azure;
using Azure.Data.Tables;
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
            storage.PutUnder(builder, azurite.ConnectionString, _hub, Azure.Core.HttpPipelinePosition.PerCall);
        });
        var id = (await app.SubmitUntilAsync(AppClient.Flagged, "FLAGGED_FOR_REVIEW")).Id();

        storage.Both = request =>
        {
            request.RefuseAsBusy();
            return ValueTask.CompletedTask;
        };
        await Eventually.Async(() =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return app.Log.Count(line => line.Contains("could not be renewed", StringComparison.Ordinal)) > Lease / TimeSpan.FromSeconds(5);
        });
        Assert.Equal(System.Net.HttpStatusCode.ServiceUnavailable, (await app.Http.GetAsync("/api/health")).StatusCode);
        storage.Both = request => request.SendAsync();

        var review = app.ReviewAsync(id, AppClient.Approve);
        await Eventually.Async(() =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return review.IsCompleted;
        });
        Assert.Equal(System.Net.HttpStatusCode.OK, (await review).StatusCode);
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
