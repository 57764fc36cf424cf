using System.Net;
using AccountApplications.Tests.EndToEnd;
using AccountApplications.Tests.Fixtures;

namespace AccountApplications.Tests.Robustness;

public sealed class StorageFaultTests(AzuriteFixture azurite, Figures figures) : IClassFixture<AzuriteFixture>, IClassFixture<Figures>
{
    [Fact]
    public async Task Storage_StoppedAndStartedUnderLoad_CostsTimeAndNothingElse()
    {
        var folder = Directory.CreateTempSubdirectory("storage-fault-tests-").FullName;
        var firstPort = TestHost.FreePorts(3);
        var storage = await AzuriteFixture.StartAsync(folder, firstPort);
        try
        {
            var hub = TestHost.NewHub();
            await using var app = await TestHost.StartAppAsync(storage.ConnectionString, hub);
            var load = new Load(app.Http);
            load.Start();
            var before = load.Accepted;
            await Eventually.Async(() => load.Accepted > before + 20);
            await storage.DisposeAsync();
            var refused = load.Refused;
            await Eventually.Async(() => load.Refused > refused + 6);
            storage = await AzuriteFixture.StartAsync(folder, firstPort);

            var last = load.Accepted;
            await Eventually.Async(() => load.Accepted > last + 20, TimeSpan.FromMinutes(2));
            await load.StopAsync();
            figures.Print($"Storage stopped and started: {load.Accepted} applications, {load.Refused} requests answered 503.");
            await load.AssertFinishedAsync(app);
            await load.AssertListedAsync(app);
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
        await using var storage = await FaultyStorage.StartAsync(azurite.ConnectionString);
        await using var app = await TestHost.StartAppAsync(storage.ConnectionString, TestHost.NewHub());
        // A host that is starting says that storage does not answer, and ends.
        storage.OnRequest = async request =>
        {
            var luck = NextLuck();
            if (luck < 3)
            {
                await request.RefuseAsync();
                return;
            }

            if (luck < 20)
                await Task.Delay(luck * 5);
            await request.SendAsync();
            if (luck is >= 20 and < 22)
                request.Lose();
        };
        var load = new Load(app.Http);
        load.Start();
        await Eventually.Async(() => load.Accepted > 30, TimeSpan.FromMinutes(2));
        await load.StopAsync();

        storage.OnRequest = request => request.SendAsync();
        figures.Print($"Storage that is busy, slow and loses answers: {load.Accepted} applications, {load.Refused} requests answered 503.");
        await load.AssertFinishedAsync(app);
        await load.AssertListedAsync(app);

        int NextLuck()
        {
            lock (random)
                return random.Next(100);
        }
    }

    [Fact]
    public async Task Review_WhenStorageIsBusyForLongerThanTheRetries_FailsVisiblyAndIsFinishedByStartingAgain()
    {
        var isBusy = false;
        var hub = TestHost.NewHub();
        await using var storage = await FaultyStorage.StartAsync(azurite.ConnectionString);
        storage.OnRequest = request => isBusy && request.Writes && request.IsOfApp(hub) ? request.RefuseAsync() : request.SendAsync();
        await using var app = await TestHost.StartAppAsync(storage.ConnectionString, hub);
        var id = (await app.SubmitUntilAsync(AppClient.Flagged, "FLAGGED_FOR_REVIEW")).Id();

        isBusy = true;
        var review = app.ReviewAsync(id, AppClient.Approve);
        // Twice four attempts, with 7 s between the first and the last.
        var failed = await Eventually.Async(
            () => app.InstanceAsync(id), instance => instance.Text("runtimeStatus") == "Failed", TimeSpan.FromMinutes(2));

        Assert.Matches(@"\AMicrosoft\.DurableTask\.TaskFailedException: Task '\w+' \(#\d+\) failed .*Table Storage answers 503", failed.Text("output"));
        Assert.Contains(app.Log, line => line.Contains(" fail: ", StringComparison.Ordinal)
            && line.Contains($"{id}: ApproveApplication failed for good", StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.Accepted, (await review).StatusCode);
        Assert.Equal("FLAGGED_FOR_REVIEW", (await app.ReadAsync(id)).Text("state"));

        isBusy = false;
        var again = await app.PostAsync($"{AppClient.Workflows}/orchestrators/ProcessApplication/{id}", failed.GetProperty("input").GetRawText());

        Assert.Equal(HttpStatusCode.Accepted, again.StatusCode);
        var application = await app.UntilAsync(id, "APPROVED");
        Assert.Equal(["SUBMITTED", "FLAGGED_FOR_REVIEW", "REVIEW_APPROVED", "APPROVED"], application.States());
        Assert.Equal("Completed", (await app.InstanceUntilAsync(id, "Completed")).Text("runtimeStatus"));
    }
}
