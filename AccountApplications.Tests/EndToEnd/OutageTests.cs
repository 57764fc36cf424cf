using System.Net;
using System.Text.Json;
using AccountApplications.Functions.Applications;
using AccountApplications.Functions.Storage;
using AccountApplications.Tests.Fixtures;

namespace AccountApplications.Tests.EndToEnd;

public sealed class OutageTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    [Fact]
    public async Task Routes_WhileStorageDoesNotAnswer_AnswerSoAndRecover()
    {
        var folder = Directory.CreateTempSubdirectory("outage-tests-").FullName;
        var firstPort = TestHost.FreePorts(3);
        var storage = await AzuriteFixture.StartAsync(folder, firstPort);
        try
        {
            await using var app = await TestHost.StartAppAsync(storage.ConnectionString, TestHost.NewHub());
            var id = (await app.SubmitUntilAsync(AppClient.Flagged, "FLAGGED_FOR_REVIEW")).Id();
            await storage.DisposeAsync();

            var answers = await Task.WhenAll(
                app.Http.GetAsync("/api/health"),
                app.Http.GetAsync($"/api/applications/{id}"),
                app.Http.GetAsync("/api/applications?state=APPROVED"),
                app.SubmitAsync(AppClient.Clean),
                app.ReviewAsync(id, AppClient.Approve)).WaitAsync(TimeSpan.FromSeconds(10));

            foreach (var answer in answers)
            {
                await answer.AssertProblemAsync(HttpStatusCode.ServiceUnavailable);
                Assert.True(answer.Headers.RetryAfter?.Delta > TimeSpan.Zero);
            }

            storage = await AzuriteFixture.StartAsync(folder, firstPort);
            await Eventually.Async(async () => (await app.Http.GetAsync("/api/health")).StatusCode == HttpStatusCode.OK);
            // The task hub may need a moment longer, and then answer 202.
            await Eventually.Async(async () => (await app.ReviewAsync(id, AppClient.Approve)).IsSuccessStatusCode);
            await app.UntilAsync(id, "APPROVED");
            await app.SubmitUntilAsync(AppClient.Clean, "APPROVED");
        }
        finally
        {
            await storage.DisposeAsync();
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Tables_DeletedWhileItRuns_ComeBack()
    {
        var hub = TestHost.NewHub();
        await using var app = await TestHost.StartAppAsync(azurite.ConnectionString, hub);
        var lost = (await app.SubmitUntilAsync(AppClient.Clean, "APPROVED")).Id();
        foreach (var table in (LazyTable[])[app.Tables.Applications, app.Tables.Index, app.Tables.Claims])
            await (await table.GetAsync(CancellationToken.None)).DeleteAsync();

        await Eventually.Async(async () =>
        {
            var answer = await app.SubmitAsync(AppClient.Clean);
            if (answer.StatusCode != HttpStatusCode.Accepted)
                await answer.AssertProblemAsync(HttpStatusCode.ServiceUnavailable);
            return answer.StatusCode == HttpStatusCode.Accepted;
        });

        await app.SubmitUntilAsync(AppClient.Clean, "APPROVED");
        Assert.Equal(HttpStatusCode.NotFound, (await app.Http.GetAsync($"/api/applications/{lost}")).StatusCode);
    }

    [Fact]
    public async Task Activity_ThatFailsForAMoment_IsTriedAgain()
    {
        await using var storage = await FaultyStorage.StartAsync(azurite.ConnectionString);
        var hub = TestHost.NewHub();
        await using var app = await TestHost.StartAppAsync(storage.ConnectionString, hub);
        var refused = 0;
        // Three attempts of the activity, each with the storage client's own three.
        storage.OnRequest = request =>
            request.IsTransaction && request.IsOfApp(hub) && Interlocked.Increment(ref refused) <= 9 ? request.RefuseAsync() : request.SendAsync();
        var application = AccountApplication.Submitted(AccountApplicationId.New(), "Spock", "123 Enterprise Street", DateTime.UtcNow);

        // Without the API, whose own requests would meet the outage first.
        await app.PostAsync($"{AppClient.Workflows}/orchestrators/ProcessApplication/{application.Id}", JsonSerializer.Serialize(application));

        await Eventually.Async(async () => Assert.Equal(["SUBMITTED", "APPROVED"], (await app.ReadAsync(application.Id)).States()));
        Assert.Equal(10, refused);
        await app.InstanceUntilAsync(application.Id, "Completed");
    }
}
