using System.Net;
using System.Text.Json;
using AccountApplications.Functions.Applications;
using AccountApplications.Tests.Fixtures;

namespace AccountApplications.Tests.EndToEnd;

public sealed class ReviewTests(AppFixture fixture) : IClassFixture<AppFixture>
{
    private TestHost App => fixture.App;

    [Theory]
    [InlineData("APPROVE", "REVIEW_APPROVED", "APPROVED")]
    [InlineData("REJECT", "REVIEW_REJECTED", "REJECTED")]
    public async Task Review_OfAWaitingApplication_ShowsItInItsFinalState(string decision, string step, string state)
    {
        var before = await App.SubmitUntilAsync(AppClient.Flagged, "FLAGGED_FOR_REVIEW");

        var answer = await App.ReviewAsync(before.Id(), $$"""{"decision":"{{decision}}","comment":"Seen.\r\nTwice."}""");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("application/json; charset=utf-8", answer.Content.Headers.ContentType?.ToString());
        var reviewed = await answer.JsonAsync();
        Assert.Equal(before.Members().Except(["history", "workflow"]), reviewed.Members());
        Assert.Equal(state, reviewed.Text("state"));
        Assert.Equal(before.Text("reason"), reviewed.Text("reason"));
        Assert.Equal(before.GetProperty("checks").GetRawText(), reviewed.GetProperty("checks").GetRawText());
        var review = reviewed.GetProperty("review");
        Assert.Equal(["decision", "reviewer", "comment", "decidedAt"], review.Members());
        Assert.Equal(decision, review.Text("decision"));
        Assert.Equal("anonymous", review.Text("reviewer"));
        Assert.Equal("Seen.\r\nTwice.", review.Text("comment"));
        Assert.InRange(review.GetProperty("decidedAt").GetDateTimeOffset(), Time(before, "updatedAt"), Time(reviewed, "updatedAt"));

        var after = await App.ReadAsync(before.Id());
        Assert.Equal(["SUBMITTED", "FLAGGED_FOR_REVIEW", step, state], after.States());
        var entry = after.GetProperty("history")[2];
        Assert.Equal("anonymous", entry.Text("by"));
        Assert.Equal("Seen.\r\nTwice.", entry.Text("note"));
        Assert.Equal("workflow", after.GetProperty("history")[3].Text("by"));
        await App.InstanceUntilAsync(before.Id(), "Completed");
    }

    [Fact]
    public async Task Review_WithTheSameDecisionAgain_ChangesNothing()
    {
        var id = await NewWaitingAsync();
        await App.ReviewAsync(id, """{"decision":"APPROVE","comment":"first"}""");
        var before = await App.ReadAsync(id);

        var again = await App.ReviewAsync(id, """{"decision":"APPROVE","comment":"second"}""");

        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
        Assert.Equal("first", (await again.JsonAsync()).GetProperty("review").Text("comment"));
        Assert.Equal(before.GetRawText(), (await App.ReadAsync(id)).GetRawText());
    }

    [Fact]
    public async Task Review_WithTheOtherDecisionAfterwards_SaysWhoDecidedWhat()
    {
        var id = await NewWaitingAsync();
        await ReviewAsAsync("ada@example.org", id, AppClient.Reject);
        var before = await App.ReadAsync(id);

        var problem = await (await App.ReviewAsync(id, AppClient.Approve)).AssertProblemAsync(HttpStatusCode.Conflict);

        Assert.Contains("ada@example.org", problem.Text("detail"), StringComparison.Ordinal);
        Assert.Contains("REJECT", problem.Text("detail"), StringComparison.Ordinal);
        Assert.Equal(before.GetRawText(), (await App.ReadAsync(id)).GetRawText());
    }

    [Theory]
    [InlineData("{}", "decision")]
    [InlineData("""{"decision":null}""", "decision")]
    [InlineData("""{"decision":"approve"}""", "decision")]
    [InlineData("""{"decision":"APPROVED"}""", "decision")]
    [InlineData("""{"decision":" APPROVE"}""", "decision")]
    [InlineData("""{"decision":"ASK_BOSS"}""", "decision")]
    [InlineData("""{"decision":0}""", "decision")]
    [InlineData("""{"decision":["APPROVE"]}""", "decision")]
    [InlineData("""{"Decision":"APPROVE"}""", "decision")]
    [InlineData("""{"decision":"APPROVE","comment":5}""", "comment")]
    [InlineData("""{"decision":"APPROVE","comment":{}}""", "comment")]
    [InlineData("""{"decision":"APPROVE","comment":"a\tb"}""", "comment")]
    [InlineData("""{"decision":"APPROVE","comment":"a\u0000b"}""", "comment")]
    [InlineData("""{"decision":"APPROVE","comment":"\u007f"}""", "comment")]
    [InlineData("""{"decision":"APPROVE","comment":"\ud800"}""", "comment")]
    [InlineData("""{"decision":"MAYBE","comment":false}""", "decision", "comment")]
    public async Task Review_WithBadFields_NamesThemAndChangesNothing(string body, params string[] fields)
    {
        var id = await NewWaitingAsync();

        await (await App.ReviewAsync(id, body)).AssertProblemAsync(HttpStatusCode.BadRequest, fields);

        Assert.Equal("FLAGGED_FOR_REVIEW", (await App.ReadAsync(id)).Text("state"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("APPROVE")]
    [InlineData("\"APPROVE\"")]
    [InlineData("null")]
    [InlineData("[]")]
    public async Task Review_NotAnObject_IsRefused(string body)
    {
        var id = await NewWaitingAsync();

        await (await App.ReviewAsync(id, body)).AssertProblemAsync(HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData("text/plain", 10, HttpStatusCode.UnsupportedMediaType)]
    [InlineData("application/json", 17 * 1024, HttpStatusCode.RequestEntityTooLarge)]
    public async Task Review_WithAnotherKindOfBody_IsRefused(string contentType, int length, HttpStatusCode status)
    {
        var id = await NewWaitingAsync();
        using var body = new StringContent(AppClient.Approve.PadRight(length), System.Text.Encoding.UTF8, contentType);

        await (await App.Http.PostAsync($"/api/applications/{id}/review", body)).AssertProblemAsync(status);
    }

    [Fact]
    public async Task Comment_Of1000Characters_IsTakenAndOneMoreIsNot()
    {
        var id = await NewWaitingAsync();
        string Body(int length) => JsonSerializer.Serialize(new { decision = "APPROVE", comment = new string('c', length) });

        await (await App.ReviewAsync(id, Body(1001))).AssertProblemAsync(HttpStatusCode.BadRequest, "comment");
        var reviewed = await (await App.ReviewAsync(id, Body(1000))).JsonAsync();

        Assert.Equal(1000, reviewed.GetProperty("review").Text("comment")!.Length);
    }

    [Theory]
    [InlineData("""{"decision":"APPROVE"}""")]
    [InlineData("""{"decision":"APPROVE","comment":null}""")]
    [InlineData("""{"decision":"APPROVE","more":[1]}""")]
    public async Task Comment_NotGiven_IsNull(string body)
    {
        var reviewed = await (await App.ReviewAsync(await NewWaitingAsync(), body)).JsonAsync();

        Assert.Equal(JsonValueKind.Null, reviewed.GetProperty("review").GetProperty("comment").ValueKind);
    }

    [Theory]
    [InlineData(AppClient.Clean, "APPROVED")]
    [InlineData(AppClient.Unprocessable, "FLAGGED_WITH_UNPROCESSABLE_DATA")]
    public async Task Review_OfAnApplicationThatNobodyFlagged_IsAConflict(string body, string state)
    {
        var before = await App.SubmitUntilAsync(body, state);

        var problem = await (await App.ReviewAsync(before.Id(), AppClient.Approve)).AssertProblemAsync(HttpStatusCode.Conflict);

        Assert.Contains(state, problem.Text("detail"), StringComparison.Ordinal);
        Assert.Equal(before.GetRawText(), (await App.ReadAsync(before.Id())).GetRawText());
    }

    [Fact]
    public async Task Review_OfAnApplicationNotYetChecked_IsAConflict()
    {
        var application = AccountApplication.Submitted(AccountApplicationId.New(), "Spock", "1 Street", DateTime.UtcNow);
        await App.Store().SubmitAsync(application, CancellationToken.None);

        var problem = await (await App.ReviewAsync(application.Id, AppClient.Approve)).AssertProblemAsync(HttpStatusCode.Conflict);

        Assert.Contains("SUBMITTED", problem.Text("detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Review_WhoseWorkflowIsNotRunning_IsAConflict()
    {
        var id = await NewWaitingAsync();
        await App.PostAsync($"{AppClient.Workflows}/instances/{id}/terminate?reason=test", "{}");
        await App.InstanceUntilAsync(id, "Terminated");

        var problem = await (await App.ReviewAsync(id, AppClient.Approve)).AssertProblemAsync(HttpStatusCode.Conflict);

        Assert.Contains("workflow is not running", problem.Text("detail"), StringComparison.Ordinal);
        Assert.Equal("FLAGGED_FOR_REVIEW", (await App.ReadAsync(id)).Text("state"));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(1)]
    public async Task Review_ByEightAtOnceWhoDisagree_OneDecisionWins(int approving)
    {
        var id = await NewWaitingAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(async i =>
        {
            var decision = i < approving ? "APPROVE" : "REJECT";
            return (Decision: decision, Answer: await ReviewAsAsync($"reviewer {i}", id, $$"""{"decision":"{{decision}}"}"""));
        }));

        var review = (await App.ReadAsync(id)).GetProperty("review");
        var won = review.Text("decision");
        foreach (var (decision, answer) in answers)
            if (decision == won)
            {
                Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
                Assert.Equal(review.GetRawText(), (await answer.JsonAsync()).GetProperty("review").GetRawText());
            }
            else
            {
                var problem = await answer.AssertProblemAsync(HttpStatusCode.Conflict);
                Assert.Contains(review.Text("reviewer")!, problem.Text("detail"), StringComparison.Ordinal);
            }

        Assert.Equal(
            won == "APPROVE"
                ? ["SUBMITTED", "FLAGGED_FOR_REVIEW", "REVIEW_APPROVED", "APPROVED"]
                : ["SUBMITTED", "FLAGGED_FOR_REVIEW", "REVIEW_REJECTED", "REJECTED"],
            (await App.ReadAsync(id)).States());
    }

    [Fact]
    public async Task Review_ByEightAtOnceWhoAgree_IsWellForAll()
    {
        var id = await NewWaitingAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => App.ReviewAsync(id, AppClient.Approve)));

        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        Assert.Equal(["SUBMITTED", "FLAGGED_FOR_REVIEW", "REVIEW_APPROVED", "APPROVED"], (await App.ReadAsync(id)).States());
    }

    [Theory]
    [InlineData("Production", null, false)]
    [InlineData("Production", "True", true)]
    public async Task Reviewer_FromTheHeader_CountsWhereItIsVouchedFor(string environment, string? authEnabled, bool counts)
    {
        await using var app = await TestHost.StartAppAsync(
            fixture.ConnectionString, TestHost.NewHub(), ("AZURE_FUNCTIONS_ENVIRONMENT", environment), ("WEBSITE_AUTH_ENABLED", authEnabled ?? ""));
        var id = (await app.SubmitUntilAsync(AppClient.Flagged, "FLAGGED_FOR_REVIEW")).Id();

        var answer = await ReviewAsAsync(app, "ada@example.org", id, """{"decision":"APPROVE","reviewer":"mallory"}""");

        var reviewer = counts ? "ada@example.org" : "anonymous";
        Assert.Equal(reviewer, (await answer.JsonAsync()).GetProperty("review").Text("reviewer"));
        Assert.Equal(reviewer, (await app.ReadAsync(id)).GetProperty("history")[2].Text("by"));
    }

    [Theory]
    [InlineData(256, true)]
    [InlineData(257, false)]
    [InlineData(0, false)]
    public async Task Reviewer_OfAnImpossibleLength_IsAnonymous(int length, bool isName)
    {
        var name = new string('r', length);

        var answer = await ReviewAsAsync(name, await NewWaitingAsync(), AppClient.Approve);

        Assert.Equal(isName ? name : "anonymous", (await answer.JsonAsync()).GetProperty("review").Text("reviewer"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("  ")]
    [InlineData("tab\tbed")]
    public async Task Reviewer_ThatIsNoName_IsAnonymous(string? name)
    {
        var answer = await ReviewAsAsync(name, await NewWaitingAsync(), AppClient.Approve);

        Assert.Equal("anonymous", (await answer.JsonAsync()).GetProperty("review").Text("reviewer"));
    }

    private async Task<string> NewWaitingAsync() => (await App.SubmitUntilAsync(AppClient.Flagged, "FLAGGED_FOR_REVIEW")).Id();

    private Task<HttpResponseMessage> ReviewAsAsync(string? reviewer, string id, string body) => ReviewAsAsync(App, reviewer, id, body);

    private static async Task<HttpResponseMessage> ReviewAsAsync(TestHost app, string? reviewer, string id, string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/applications/{id}/review") { Content = AppClient.Json(body) };
        if (reviewer is not null)
            request.Headers.TryAddWithoutValidation("X-MS-CLIENT-PRINCIPAL-NAME", reviewer);
        return await app.Http.SendAsync(request);
    }

    private static DateTimeOffset Time(JsonElement json, string member) => json.GetProperty(member).GetDateTimeOffset();
}
