using System.Net;
using AccountApplications.Tests.Fixtures;

namespace AccountApplications.Tests.EndToEnd;

public sealed class RestartTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    // Messages that a host had taken come back after host.json's visibility time-outs, which can be no shorter than a minute.
    private static readonly TimeSpan ComingBack = TimeSpan.FromMinutes(2);

    private static readonly (string Body, string State)[] Trials =
    [
        (AppClient.Clean, "APPROVED"), (AppClient.Flagged, "FLAGGED_FOR_REVIEW"), (AppClient.Unprocessable, "FLAGGED_WITH_UNPROCESSABLE_DATA"),
    ];

    [Fact]
    public async Task Applications_InEveryStage_AreFinishedByTheNextHost()
    {
        // On the same port its leases are its own at once.
        var (hub, port) = (TestHost.NewHub(), TestHost.FreePorts());
        string approved, rejected, raised, keyed;
        List<(string Id, string State)> submitted = [];
        await using (var first = await TestHost.StartAppAsync(azurite.ConnectionString, hub, port))
        {
            approved = (await first.SubmitUntilAsync(AppClient.Flagged, "FLAGGED_FOR_REVIEW")).Id();
            rejected = (await first.SubmitUntilAsync(AppClient.Flagged, "FLAGGED_FOR_REVIEW")).Id();
            raised = (await first.SubmitUntilAsync(AppClient.Flagged, "FLAGGED_FOR_REVIEW")).Id();
            keyed = await SubmitWithKeyAsync(first);
            // The last are answered when their workflows have only begun.
            foreach (var batch in Enumerable.Range(0, 30).Select(i => Trials[i % Trials.Length]).Chunk(10))
                submitted.AddRange(await Task.WhenAll(batch.Select(async trial =>
                    ((await (await first.SubmitAsync(trial.Body)).JsonAsync()).Id(), trial.State))));
            await first.RaiseAsync(raised, AppClient.Approve);
            await first.StopAsync();
        }

        await using var second = await TestHost.StartAppAsync(azurite.ConnectionString, hub, port);

        Assert.Equal(keyed, await SubmitWithKeyAsync(second));
        await ReviewAsync(approved, AppClient.Approve, "REVIEW_APPROVED", "APPROVED");
        await ReviewAsync(rejected, AppClient.Reject, "REVIEW_REJECTED", "REJECTED");
        await Eventually.Async(async () => Assert.Equal("APPROVED", (await second.ReadAsync(raised)).Text("state")), ComingBack);
        foreach (var (id, state) in submitted)
            await Eventually.Async(async () => Assert.Equal(["SUBMITTED", state], (await second.ReadAsync(id)).States()), ComingBack);

        async Task ReviewAsync(string id, string review, string step, string state)
        {
            var answer = await second.ReviewAsync(id, review);
            Assert.True(answer.IsSuccessStatusCode, $"{answer}");
            await Eventually.Async(
                async () => Assert.Equal(["SUBMITTED", "FLAGGED_FOR_REVIEW", step, state], (await second.ReadAsync(id)).States()), ComingBack);
        }
    }

    private static async Task<string> SubmitWithKeyAsync(TestHost app)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/applications") { Content = AppClient.Json(AppClient.Clean) };
        request.Headers.Add("Idempotency-Key", "the-key");
        var answer = await app.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        return (await answer.JsonAsync()).Id();
    }
}
