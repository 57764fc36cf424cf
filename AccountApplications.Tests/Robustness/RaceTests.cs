using System.Net;
using System.Text.Json;
using AccountApplications.Tests.Embedded;
using AccountApplications.Tests.EndToEnd;
using AccountApplications.Tests.Fixtures;

namespace AccountApplications.Tests.Robustness;

public sealed class RaceTests(AppFixture fixture) : IClassFixture<AppFixture>
{
    private const int Rounds = 10;

    private TestHost App => fixture.App;

    [Fact]
    public async Task Review_ByEightAtOnce_IsDecidedOnce()
    {
        for (var round = 0; round < Rounds; round++)
        {
            var id = await NewWaitingAsync();

            var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => App.ReviewAsync(id, i % 2 == 0 ? AppClient.Approve : AppClient.Reject)));

            var states = (await App.ReadAsync(id)).States().ToList();
            var isApproved = states[^1] == "APPROVED";
            Assert.Equal(
                isApproved ? ["SUBMITTED", "FLAGGED_FOR_REVIEW", "REVIEW_APPROVED", "APPROVED"] : (string[])["SUBMITTED", "FLAGGED_FOR_REVIEW", "REVIEW_REJECTED", "REJECTED"],
                states);
            for (var i = 0; i < answers.Length; i++)
                Assert.Equal(i % 2 == 0 == isApproved ? HttpStatusCode.OK : HttpStatusCode.Conflict, answers[i].StatusCode);
        }
    }

    [Fact]
    public async Task Events_RaisedBeforeDuringAndAfterTheWait_DecideOnce()
    {
        for (var round = 0; round < Rounds; round++)
        {
            var submitted = await App.SubmitAsync(AppClient.Flagged);
            var id = (await submitted.JsonAsync()).Id();

            // From the moment that it is there, until it has ended: the last are told so.
            HttpStatusCode status;
            do
            {
                var raised = await App.PostAsync($"{AppClient.Workflows}/instances/{id}/raiseEvent/ReviewDecision", AppClient.Reject);
                status = raised.StatusCode;
            }
            while (status == HttpStatusCode.Accepted);

            Assert.Equal(HttpStatusCode.Gone, status);
            Assert.Equal(["SUBMITTED", "FLAGGED_FOR_REVIEW", "REVIEW_REJECTED", "REJECTED"], (await App.ReadAsync(id)).States());
            Assert.Equal("Completed", (await App.InstanceAsync(id)).Text("runtimeStatus"));
        }
    }

    [Fact]
    public async Task Review_AgainstTerminateAndPurge_IsTakenOrRefusedAndNothingBetween()
    {
        for (var round = 0; round < Rounds; round++)
        {
            var id = await NewWaitingAsync();
            var instance = $"{AppClient.Workflows}/instances/{id}";

            var review = App.ReviewAsync(id, AppClient.Approve);
            var terminate = App.PostAsync($"{instance}/terminate?reason=race", "");
            var purges = Eventually.Async(async () => (await App.Http.DeleteAsync(instance)).StatusCode == HttpStatusCode.OK);
            await Task.WhenAll(review, terminate, purges);

            // Terminated after it took the decision, and before it could record it: that is what an operator asked for.
            Assert.Contains((await review).StatusCode, (HttpStatusCode[])[HttpStatusCode.OK, HttpStatusCode.Accepted, HttpStatusCode.Conflict]);
            var states = (await App.ReadAsync(id)).States().ToList();
            if ((await review).StatusCode == HttpStatusCode.OK)
                Assert.Equal(["SUBMITTED", "FLAGGED_FOR_REVIEW", "REVIEW_APPROVED", "APPROVED"], states);
            Assert.Equal(HttpStatusCode.NotFound, (await App.Http.GetAsync(instance)).StatusCode);

            // Started again, it comes to its end whatever had become of it.
            var application = await App.ReadAsync(id);
            var input = JsonSerializer.Serialize(new
            {
                Id = id,
                Name = application.Text("name"),
                Address = application.Text("address"),
                SubmittedAt = application.GetProperty("submittedAt").GetDateTime(),
            });
            Assert.Equal(HttpStatusCode.Accepted, (await App.PostAsync($"{AppClient.Workflows}/orchestrators/ProcessApplication/{id}", input)).StatusCode);
            if (states[^1] != "APPROVED")
                await Eventually.Async(async () => (await App.ReviewAsync(id, AppClient.Approve)).StatusCode == HttpStatusCode.OK);
            await App.InstanceUntilAsync(id, "Completed");
            Assert.Equal(["SUBMITTED", "FLAGGED_FOR_REVIEW", "REVIEW_APPROVED", "APPROVED"], (await App.ReadAsync(id)).States());
        }
    }

    [Fact]
    public async Task Key_UsedByTwentyAtOnce_StandsForOneApplication()
    {
        for (var round = 0; round < Rounds; round++)
        {
            var key = $"{Guid.NewGuid()}";

            var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => SubmitAsync(key, i % 2 == 0 ? AppClient.Clean : AppClient.Flagged)));

            var accepted = answers.Where(answer => answer.StatusCode == HttpStatusCode.Accepted).ToList();
            Assert.Equal(10, accepted.Count);
            Assert.Equal(10, answers.Count(answer => answer.StatusCode == HttpStatusCode.UnprocessableEntity));
            var ids = await Task.WhenAll(accepted.Select(async answer => (await answer.JsonAsync()).Id()));
            var id = Assert.Single(ids.Distinct());
            var application = await App.UntilStatesAsync(id, states => states.Count == 2);
            Assert.Equal(["SUBMITTED", application.Text("name") == "Spock" ? "APPROVED" : "FLAGGED_FOR_REVIEW"], application.States());
        }
    }

    private async Task<string> NewWaitingAsync() => (await App.SubmitUntilAsync(AppClient.Flagged, "FLAGGED_FOR_REVIEW")).Id();

    private async Task<HttpResponseMessage> SubmitAsync(string key, string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/applications") { Content = AppClient.Json(body) };
        request.Headers.Add("Idempotency-Key", key);
        return await App.Http.SendAsync(request);
    }
}
