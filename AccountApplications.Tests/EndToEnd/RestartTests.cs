using System.Net;
using AccountApplications.Tests.Fixtures;

namespace AccountApplications.Tests.EndToEnd;

public sealed class RestartTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private readonly string _hub = TestHost.NewHub();
    private readonly int _port = TestHost.FreePorts();

    [Theory]
    [InlineData(AppClient.Approve, "REVIEW_APPROVED", "APPROVED")]
    [InlineData(AppClient.Reject, "REVIEW_REJECTED", "REJECTED")]
    public async Task Review_AfterARestart_EndsTheApplication(string review, string step, string state)
    {
        string id;
        await using (var first = await StartAsync())
        {
            id = (await first.SubmitUntilAsync(AppClient.Flagged, "FLAGGED_FOR_REVIEW")).Id();
            await first.StopAsync();
        }

        await using var second = await StartAsync();

        var answer = await second.ReviewAsync(id, review);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(["SUBMITTED", "FLAGGED_FOR_REVIEW", step, state], (await second.ReadAsync(id)).States());
    }

    [Fact]
    public async Task Event_RaisedBeforeARestart_IsNotLost()
    {
        string id;
        await using (var first = await StartAsync())
        {
            id = (await first.SubmitUntilAsync(AppClient.Flagged, "FLAGGED_FOR_REVIEW")).Id();
            await first.RaiseAsync(id, AppClient.Approve);
            await first.StopAsync();
        }

        await using var second = await StartAsync();

        await second.UntilAsync(id, "APPROVED");
        await second.InstanceUntilAsync(id, "Completed");
    }

    [Fact]
    public async Task Submissions_CutShortByAStop_AreFinishedByTheNextHost()
    {
        (string Body, string State)[] trials =
        [
            (AppClient.Clean, "APPROVED"), (AppClient.Flagged, "FLAGGED_FOR_REVIEW"),
            (AppClient.Unprocessable, "FLAGGED_WITH_UNPROCESSABLE_DATA"),
        ];
        List<(string Id, string State)> submitted = [];
        await using (var first = await StartAsync())
        {
            // The last are answered when their workflows have only begun.
            foreach (var batch in Enumerable.Range(0, 30).Select(i => trials[i % trials.Length]).Chunk(10))
                submitted.AddRange(await Task.WhenAll(batch.Select(async trial =>
                    ((await (await first.SubmitAsync(trial.Body)).JsonAsync()).Id(), trial.State))));
            await first.StopAsync();
        }

        await using var second = await StartAsync();

        foreach (var (id, state) in submitted)
            Assert.Equal(["SUBMITTED", state], (await second.UntilAsync(id, state)).States());
    }

    [Fact]
    public async Task Key_UsedAgainAfterARestart_AnswersTheSameApplication()
    {
        var ids = new List<string>();
        foreach (var _ in Enumerable.Range(0, 2))
        {
            await using var app = await StartAsync();
            using var request = new HttpRequestMessage(HttpMethod.Post, "/api/applications") { Content = AppClient.Json(AppClient.Clean) };
            request.Headers.Add("Idempotency-Key", "the-key");
            ids.Add((await (await app.Http.SendAsync(request)).JsonAsync()).Id());
            await app.StopAsync();
        }

        Assert.Equal(ids[0], ids[1]);
    }

    // On the same port its leases are its own at once.
    private Task<TestHost> StartAsync() => TestHost.StartAppAsync(azurite.ConnectionString, _hub, _port);
}
