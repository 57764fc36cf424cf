using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using AccountApplications.Functions.Applications;
using AccountApplications.Functions.Storage;
using AccountApplications.Tests.EndToEnd;
using AccountApplications.Tests.Fixtures;
using Microsoft.AspNetCore.Http;

namespace AccountApplications.Tests.Robustness;

public sealed class StorageFaultTests(FaultyApp faulty, Figures figures) : IClassFixture<FaultyApp>, IClassFixture<Figures>, IDisposable
{
    private TestHost App => faulty.App;

    private FaultyStorage Storage => faulty.Storage;

    public void Dispose() => Storage.OnRequest = request => request.SendAsync();

    [Fact]
    public async Task Storage_BusySlowAndLosingAnswers_CostsTimeAndNothingElse()
    {
        var seed = Setting.Seed;
        figures.Print($"Storage that is busy, slow and loses answers: ROBUSTNESS_SEED={seed}");
        var random = new Random(seed);
        await App.ClearListsAsync();
        Storage.OnRequest = async request =>
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
        var load = new Load(App.Http);
        load.Start();
        await Eventually.Async(() => load.Accepted > 30, TimeSpan.FromMinutes(2));
        await load.StopAsync();

        Storage.OnRequest = request => request.SendAsync();
        figures.Print($"Storage that is busy, slow and loses answers: {load.Accepted} applications, {load.Refused} requests answered 503.");
        await load.AssertFinishedAsync(App);
        await load.AssertListedAsync(App);

        int NextLuck()
        {
            lock (random)
                return random.Next(100);
        }
    }

    [Fact]
    public async Task Activity_ThatFailsForAMoment_IsTriedAgain()
    {
        var refused = 0;
        // Three attempts of the activity, each with the storage client's own three. The next finds that no submission was recorded.
        Storage.OnRequest = request =>
            request.IsTransaction && request.IsOfApp(faulty.Hub) && Interlocked.Increment(ref refused) <= 9 ? request.RefuseAsync() : request.SendAsync();
        var application = AccountApplication.Submitted(AccountApplicationId.New(), "Spock", "123 Enterprise Street", DateTime.UtcNow);

        // Without the API, whose own requests would meet the outage first.
        await App.PostAsync($"{AppClient.Workflows}/orchestrators/ProcessApplication/{application.Id}", JsonSerializer.Serialize(application));

        await Eventually.Async(async () => Assert.Equal(["SUBMITTED", "APPROVED"], (await App.ReadAsync(application.Id)).States()));
        Assert.Equal(11, refused);
        await App.InstanceUntilAsync(application.Id, "Completed");
    }

    [Fact]
    public async Task Review_WhenStorageIsBusyForLongerThanTheRetries_FailsVisiblyAndIsFinishedByStartingAgain()
    {
        var isBusy = false;
        Storage.OnRequest = request => isBusy && request.Writes && request.IsOfApp(faulty.Hub) ? request.RefuseAsync() : request.SendAsync();
        var id = (await App.SubmitUntilAsync(AppClient.Flagged, "FLAGGED_FOR_REVIEW")).Id();

        isBusy = true;
        var review = App.ReviewAsync(id, AppClient.Approve);
        // Twice four attempts, with 7 s between the first and the last.
        var failed = await Eventually.Async(
            () => App.InstanceAsync(id), instance => instance.Text("runtimeStatus") == "Failed", TimeSpan.FromMinutes(2));

        Assert.Matches(@"\AMicrosoft\.DurableTask\.TaskFailedException: Task '\w+' \(#\d+\) failed .*Table Storage answers 503", failed.Text("output"));
        Assert.Contains(App.Log, line => line.Contains(" fail: ", StringComparison.Ordinal)
            && line.Contains($"{id}: FlagApplication failed for good", StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.Accepted, (await review).StatusCode);
        Assert.Equal("FLAGGED_FOR_REVIEW", (await App.ReadAsync(id)).Text("state"));

        isBusy = false;
        Assert.Equal("FAILED", (await App.ReadAsync(id)).Text("workflow"));
        Assert.Equal(HttpStatusCode.Accepted, (await App.Http.PostAsync($"/api/applications/{id}/restart", null)).StatusCode);
        var application = await App.UntilAsync(id, "APPROVED");
        Assert.Equal(["SUBMITTED", "FLAGGED_FOR_REVIEW", "REVIEW_APPROVED", "APPROVED"], application.States());
        Assert.Equal("Completed", (await App.InstanceUntilAsync(id, "Completed")).Text("runtimeStatus"));
    }

    [Fact]
    public async Task Request_ThatFailsInAWayThatNobodyThoughtOf_IsAnswered500AndLoggedWithoutDetails()
    {
        var id = (await App.SubmitUntilAsync(AppClient.Clean, "APPROVED")).Id();
        Storage.OnRequest = request => request.IsOfApp(faulty.Hub) ? request.RefuseAsync(StatusCodes.Status418ImATeapot, "Teapot") : request.SendAsync();

        var problem = await (await App.Http.GetAsync($"/api/applications/{id}")).AssertProblemAsync(HttpStatusCode.InternalServerError);

        var invocation = Assert.Single(Regex.Matches(problem.Text("detail")!, "[0-9a-f-]{36}")).Value;
        await Eventually.Async(() => App.Log.Any(line => line.Contains(" fail: ", StringComparison.Ordinal)
            && line.Contains($"GetApplication ({invocation}) failed: RequestFailedException: ", StringComparison.Ordinal)));
        Assert.DoesNotContain("As the test says.", problem.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tables_DeletedWhileItRuns_ComeBack()
    {
        var lost = (await App.SubmitUntilAsync(AppClient.Clean, "APPROVED")).Id();
        foreach (var table in (LazyTable[])[App.Tables.Applications, App.Tables.Index, App.Tables.Claims])
            await (await table.GetAsync(CancellationToken.None)).DeleteAsync();

        await Eventually.Async(async () =>
        {
            var answer = await App.SubmitAsync(AppClient.Clean);
            if (answer.StatusCode != HttpStatusCode.Accepted)
                await answer.AssertProblemAsync(HttpStatusCode.ServiceUnavailable);
            return answer.StatusCode == HttpStatusCode.Accepted;
        });

        await App.SubmitUntilAsync(AppClient.Clean, "APPROVED");
        Assert.Equal(HttpStatusCode.NotFound, (await App.Http.GetAsync($"/api/applications/{lost}")).StatusCode);
    }
}

/// <summary>Storage that is not there at all for a while, under load.</summary>
public sealed class OutageTests(Figures figures) : IClassFixture<Figures>
{
    [Fact]
    public async Task Storage_StoppedAndStartedUnderLoad_CostsTimeAndNothingElse()
    {
        var folder = Directory.CreateTempSubdirectory("outage-tests-").FullName;
        var firstPort = TestHost.FreePorts(3);
        var storage = await AzuriteFixture.StartAsync(folder, firstPort);
        try
        {
            await using var app = await TestHost.StartAppAsync(storage.ConnectionString, TestHost.NewHub());
            var load = new Load(app.Http);
            load.Start();
            var waiting = (await app.SubmitUntilAsync(AppClient.Flagged, "FLAGGED_FOR_REVIEW")).Id();
            await Eventually.Async(() => load.Accepted > 8);
            await storage.DisposeAsync();

            var answers = await Task.WhenAll(
                app.Http.GetAsync("/api/health"),
                app.Http.GetAsync($"/api/applications/{waiting}"),
                app.Http.GetAsync("/api/applications?state=APPROVED"),
                app.SubmitAsync(AppClient.Clean),
                app.ReviewAsync(waiting, AppClient.Approve)).WaitAsync(TimeSpan.FromSeconds(10));
            foreach (var answer in answers)
            {
                await answer.AssertProblemAsync(HttpStatusCode.ServiceUnavailable);
                Assert.True(answer.Headers.RetryAfter?.Delta > TimeSpan.Zero);
            }

            storage = await AzuriteFixture.StartAsync(folder, firstPort);
            await Eventually.Async(async () => (await app.Http.GetAsync("/api/health")).StatusCode == HttpStatusCode.OK);
            // The task hub may need a moment longer, and then answer 202.
            await Eventually.Async(async () => (await app.ReviewAsync(waiting, AppClient.Approve)).IsSuccessStatusCode);
            // What the outage cut short comes back after a minute.
            await app.UntilAsync(waiting, "APPROVED", TimeSpan.FromMinutes(3));
            var last = load.Accepted;
            await Eventually.Async(() => load.Accepted > last + 8, TimeSpan.FromMinutes(2));
            await load.StopAsync();
            figures.Print($"Storage stopped and started: {load.Accepted} applications, {load.Refused} requests answered 503.");
            await load.AssertFinishedAsync(app);
            await load.AssertListedAsync(app, ("APPROVED", waiting));
        }
        finally
        {
            await storage.DisposeAsync();
            Directory.Delete(folder, recursive: true);
        }
    }
}
