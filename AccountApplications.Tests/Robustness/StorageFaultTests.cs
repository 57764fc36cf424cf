using System.Net;
using AccountApplications.Tests.EndToEnd;
using AccountApplications.Tests.Fixtures;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace AccountApplications.Tests.Robustness;

public sealed class StorageFaultTests(AzuriteFixture azurite, Figures figures) : IClassFixture<AzuriteFixture>, IClassFixture<Figures>
{
    [Fact]
    public async Task Storage_StoppedAndStartedUnderLoad_CostsTimeAndNothingElse()
    {
        var folder = Directory.CreateTempSubdirectory("storage-fault-tests-").FullName;
        var options = new AzuriteOptions { Root = Azurite.FindRoot(AppContext.BaseDirectory), Folder = folder };
        var storage = await Azurite.StartAsync(options);
        try
        {
            var hub = TestHost.NewHub();
            await using var app = await TestHost.StartAppAsync(storage.ConnectionString, hub);
            var load = new Load(app.Http);
            load.Start();
            for (var outage = 1; outage <= 2; outage++)
            {
                var before = load.Accepted;
                await Eventually.Async(() => load.Accepted > before + 20);
                await storage.DisposeAsync();
                var refused = load.Refused;
                await Eventually.Async(() => load.Refused > refused + 6);
                storage = await Azurite.StartAsync(options with { TablePort = storage.TableEndpoint.Port });
            }

            var last = load.Accepted;
            await Eventually.Async(() => load.Accepted > last + 20);
            await load.StopAsync();
            figures.Print($"Storage stopped and started twice: {load.Accepted} applications, {load.Refused} requests answered 503.");
            await load.AssertFinishedAsync(app);
            await AssertListedLaterAsync(load, app, storage.ConnectionString, hub);
        }
        finally
        {
            await storage.DisposeAsync();
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Storage_BusySlowAndLosingAnswers_CostsTimeAndNothingElse()
    {
        var seed = Setting.Seed;
        figures.Print($"Storage that is busy, slow and loses answers: ROBUSTNESS_SEED={seed}");
        var random = new Random(seed);
        var storage = new FaultyStorage();
        var hub = TestHost.NewHub();
        await using var app = await TestHost.StartAppAsync(
            azurite.ConnectionString, hub, builder => storage.PutUnder(builder, azurite.ConnectionString, hub));
        // A host that is starting says that storage does not answer, and ends.
        storage.Both = async request =>
        {
            var luck = NextLuck();
            if (luck < 10)
            {
                request.RefuseAsBusy();
                return;
            }

            if (luck < 20)
                await Task.Delay(luck * 10);
            await request.SendAsync();
            if (luck is >= 20 and < 30)
                throw StorageRequest.Lost();
        };
        var load = new Load(app.Http);
        load.Start();
        await Eventually.Async(() => load.Accepted > 60, TimeSpan.FromMinutes(1));
        await load.StopAsync();

        storage.Both = request => request.SendAsync();
        figures.Print($"Storage that is busy, slow and loses answers: {load.Accepted} applications, {load.Refused} requests answered 503.");
        await load.AssertFinishedAsync(app);
        await AssertListedLaterAsync(load, app, azurite.ConnectionString, hub);

        int NextLuck()
        {
            lock (random)
                return random.Next(100);
        }
    }

    [Fact]
    public async Task Review_WhenStorageIsBusyForLongerThanTheRetries_FailsVisiblyAndIsFinishedByStartingAgain()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        var isBusy = false;
        var storage = new FaultyStorage
        {
            App = async request =>
            {
                if (isBusy && request.Writes)
                    request.RefuseAsBusy();
                else
                    await request.SendAsync();
            },
        };
        var hub = TestHost.NewHub();
        await using var app = await TestHost.StartAppAsync(azurite.ConnectionString, hub, builder =>
        {
            builder.Services.AddSingleton<TimeProvider>(time);
            storage.PutUnder(builder, azurite.ConnectionString, hub, Azure.Core.HttpPipelinePosition.PerCall);
        });
        var id = (await app.SubmitUntilAsync(AppClient.Flagged, "FLAGGED_FOR_REVIEW")).Id();

        isBusy = true;
        var review = app.ReviewAsync(id, AppClient.Approve);
        var failed = await Eventually.Async(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return app.InstanceAsync(id);
            },
            instance => instance.Text("runtimeStatus") == "Failed");

        Assert.Matches(@"\AMicrosoft\.DurableTask\.TaskFailedException: Task '\w+' \(#\d+\) failed .*Table Storage answers 503", failed.Text("output"));
        Assert.Contains(app.Log, line => line.Contains(" fail: ", StringComparison.Ordinal)
            && line.Contains($"{id}: ApproveApplication failed for good", StringComparison.Ordinal));
        await Eventually.Async(() =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return review.IsCompleted;
        });
        Assert.Equal(HttpStatusCode.Accepted, (await review).StatusCode);
        Assert.Equal("FLAGGED_FOR_REVIEW", (await app.ReadAsync(id)).Text("state"));

        isBusy = false;
        var again = await app.PostAsync($"{AppClient.Workflows}/orchestrators/ProcessApplication/{id}", failed.GetProperty("input").GetRawText());

        Assert.Equal(HttpStatusCode.Accepted, again.StatusCode);
        var application = await app.UntilAsync(id, "APPROVED");
        Assert.Equal(["SUBMITTED", "FLAGGED_FOR_REVIEW", "REVIEW_APPROVED", "APPROVED"], application.States());
        Assert.Equal("Completed", (await app.InstanceUntilAsync(id, "Completed")).Text("runtimeStatus"));
    }

    private static async Task AssertListedLaterAsync(Load load, TestHost app, string connectionString, string hub)
    {
        await app.DisposeAsync();
        await using var later = await TestHost.StartAppAsync(
            connectionString, hub, builder => builder.Services.AddSingleton<TimeProvider>(new LaterTime(TimeSpan.FromMinutes(2))));
        await load.AssertListedAsync(later);
    }
}
