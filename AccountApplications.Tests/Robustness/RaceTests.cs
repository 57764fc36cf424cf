using System.Net;
using System.Text.Json;
using AccountApplications.Tests.EndToEnd;
using AccountApplications.Tests.Fixtures;

namespace AccountApplications.Tests.Robustness;

public sealed class RaceTests(AppFixture fixture, Figures figures) : IClassFixture<AppFixture>, IClassFixture<Figures>
{
    private const int Rounds = 10;

    private TestHost App => fixture.App;

    [Fact]
    public async Task Review_ByEightAtOnce_IsDecidedOnce()
    {
        var approved = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var id = await NewWaitingAsync();

            // Who asks first has the better chances, so they take turns.
            var answers = await Task.WhenAll(Enumerable.Range(round, 8).Select(i => App.ReviewAsync(id, i % 2 == 0 ? AppClient.Approve : AppClient.Reject)));

            var states = (await App.ReadAsync(id)).States().ToList();
            var isApproved = states[^1] == "APPROVED";
            approved += isApproved ? 1 : 0;
            Assert.Equal(
                isApproved ? ["SUBMITTED", "FLAGGED_FOR_REVIEW", "REVIEW_APPROVED", "APPROVED"] : (string[])["SUBMITTED", "FLAGGED_FOR_REVIEW", "REVIEW_REJECTED", "REJECTED"],
                states);
            for (var i = 0; i < answers.Length; i++)
                Assert.Equal((round + i) % 2 == 0 == isApproved ? HttpStatusCode.OK : HttpStatusCode.Conflict, answers[i].StatusCode);
        }

        figures.Print($"Races of eight reviewers: {Rounds}, of which {approved} ended APPROVED.");
    }

    [Fact]
    public async Task Claim_ByEightAtOnce_IsOnes()
    {
        for (var round = 0; round < Rounds; round++)
        {
            var id = await NewWaitingAsync();

            var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => App.ClaimAsAsync($"reviewer {i}", id)));

            Assert.Equal([HttpStatusCode.OK, .. Enumerable.Repeat(HttpStatusCode.Conflict, 7)], answers.Select(answer => answer.StatusCode).Order());
            var holder = (await App.ReadAsync(id)).GetProperty("claim").Text("reviewer")!;
            Assert.Equal(HttpStatusCode.OK, answers[holder[^1] - '0'].StatusCode);
        }
    }

    [Fact]
    public async Task Withdrawal_AgainstReviews_OneWinsAndTheOthersAreTold()
    {
        var withdrawn = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var id = await NewWaitingAsync();

            var answers = await Task.WhenAll(Enumerable.Range(round, 8).Select(async i => (
                Withdraws: i % 2 == 0, Answer: await (i % 2 == 0 ? App.WithdrawAsync(id) : App.ReviewAsync(id, AppClient.Approve)))));

            var states = (await App.ReadAsync(id)).States().ToList();
            var isWithdrawn = states[^1] == "WITHDRAWN";
            withdrawn += isWithdrawn ? 1 : 0;
            Assert.Equal(isWithdrawn ? 3 : 4, states.Count);
            Assert.All(answers, one => Assert.Equal(one.Withdraws == isWithdrawn ? HttpStatusCode.OK : HttpStatusCode.Conflict, one.Answer.StatusCode));
        }

        figures.Print($"Races of withdrawals against reviews: {Rounds}, of which {withdrawn} ended WITHDRAWN.");
    }

    [Fact]
    public async Task Events_RaisedBeforeDuringAndAfterTheWait_DecideOnce()
    {
        var events = 0;
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
                events++;
            }
            // One that comes at its very end meets an instance that can no longer be found running.
            while (status is HttpStatusCode.Accepted or HttpStatusCode.InternalServerError);

            Assert.Equal(HttpStatusCode.Gone, status);
            Assert.Equal(["SUBMITTED", "FLAGGED_FOR_REVIEW", "REVIEW_REJECTED", "REJECTED"], (await App.ReadAsync(id)).States());
            Assert.Equal("Completed", (await App.InstanceAsync(id)).Text("runtimeStatus"));
        }

        figures.Print($"Races of events against the wait: {Rounds}, with {events} events.");
    }

    [Fact]
    public async Task Review_AgainstTerminate_IsTakenOrRefusedAndNothingBetween()
    {
        List<HttpStatusCode> reviews = [];
        for (var round = 0; round < Rounds; round++)
        {
            var id = await NewWaitingAsync();
            var instance = $"{AppClient.Workflows}/instances/{id}";

            var review = App.ReviewAsync(id, AppClient.Approve);
            var terminate = TerminateAsync(instance, round);
            await Task.WhenAll(review, terminate);
            await Eventually.Async(async () => (await App.InstanceAsync(id)).Text("runtimeStatus") is "Terminated" or "Completed");

            // Terminated after it took the decision, and before it could record it: that is what an operator asked for.
            Assert.Contains((await review).StatusCode, (HttpStatusCode[])[HttpStatusCode.OK, HttpStatusCode.Accepted, HttpStatusCode.Conflict]);
            reviews.Add((await review).StatusCode);
            var states = (await App.ReadAsync(id)).States().ToList();
            if ((await review).StatusCode == HttpStatusCode.OK)
                Assert.Equal(["SUBMITTED", "FLAGGED_FOR_REVIEW", "REVIEW_APPROVED", "APPROVED"], states);

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

        figures.Print($"Races of a review against terminate: {string.Join(", ", reviews.CountBy(status => (int)status).Select(count => $"{count.Value} x {count.Key}"))}.");
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

        figures.Print($"Races of twenty clients for one key: {Rounds}.");
    }

    /// <summary>A little later each round, by requests that nobody answers: before, while and after the decision is taken.</summary>
    private async Task TerminateAsync(string instance, int round)
    {
        for (var i = 0; i < round; i++)
            await App.Http.GetAsync("/nowhere");
        await App.PostAsync($"{instance}/terminate?reason=race", "");
    }

    private async Task<string> NewWaitingAsync() => (await App.SubmitUntilAsync(AppClient.Flagged, "FLAGGED_FOR_REVIEW")).Id();

    private async Task<HttpResponseMessage> SubmitAsync(string key, string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/applications") { Content = AppClient.Json(body) };
        request.Headers.Add("Idempotency-Key", key);
        return await App.Http.SendAsync(request);
    }
}
