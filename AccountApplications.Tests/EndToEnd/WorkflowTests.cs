using System.Net;
using System.Text.Json;
using AccountApplications.Functions.Applications;
using AccountApplications.Tests.Fixtures;
using Microsoft.Extensions.DependencyInjection;

namespace AccountApplications.Tests.EndToEnd;

/// <summary>The workflow as the Durable Functions HTTP API reaches it.</summary>
public sealed class WorkflowTests(AppFixture fixture) : IClassFixture<AppFixture>
{
    private TestHost App => fixture.App;

    [Theory]
    [InlineData("""{"decision":"APPROVE"}""", "APPROVED", "anonymous", null)]
    [InlineData("""{"decision":"REJECT"}""", "REJECTED", "anonymous", null)]
    [InlineData("""{"Decision":"APPROVE","Reviewer":" ada ","Comment":"ok\n","More":1}""", "APPROVED", "ada", "ok")]
    [InlineData("""{"decision":"REJECT","reviewer":null,"comment":null}""", "REJECTED", "anonymous", null)]
    public async Task Event_WithADecision_ReviewsTheApplication(string payload, string state, string reviewer, string? comment)
    {
        var id = await NewWaitingAsync();

        await App.RaiseAsync(id, payload, "reviewdecision");

        var review = (await App.UntilAsync(id, state)).GetProperty("review");
        Assert.Equal(reviewer, review.Text("reviewer"));
        Assert.Equal(comment, review.Text("comment"));
        await App.InstanceUntilAsync(id, "Completed");
    }

    [Fact]
    public async Task Event_ThatIsNoDecision_IsLoggedAndIgnored()
    {
        string[] junk =
        [
            "null", "1", "1e400", "true", "\"APPROVE\"", "[]", """["APPROVE"]""", """[{"decision":"APPROVE"}]""", "{}",
            """{"decision":null}""", """{"decision":0}""", """{"decision":"approve"}""", """{"decision":"MAYBE"}""",
            // As the API takes them, though they are no JSON.
            "undefined", "[,]", """{"decision":,"comment":"ok"}""", "new Date(1)", "{'decision':'approve'}",
            """{"decision":{"decision":"APPROVE"}}""", """{"decision":"APPROVE","comment":1}""",
            """{"decision":"APPROVE","comment":"\u0000"}""",
            $$"""{"decision":"APPROVE","comment":"{{new string('c', 1001)}}"}""",
        ];
        var id = await NewWaitingAsync();
        var before = await App.ReadAsync(id);

        foreach (var payload in junk)
            await App.RaiseAsync(id, payload);
        await App.RaiseAsync(id, AppClient.Approve, "AnotherEvent");

        await Eventually.Async(
            () => App.Log.Count(line => line.Contains(" warn: ", StringComparison.Ordinal) && line.Contains(id, StringComparison.Ordinal))
                == junk.Length);
        Assert.Equal(before.GetRawText(), (await App.ReadAsync(id)).GetRawText());
        Assert.Equal("Running", (await App.InstanceAsync(id)).Text("runtimeStatus"));
        Assert.Equal(HttpStatusCode.OK, (await App.ReviewAsync(id, AppClient.Reject)).StatusCode);
        Assert.Equal(
            ["SUBMITTED", "FLAGGED_FOR_REVIEW", "REVIEW_REJECTED", "REJECTED"], (await App.ReadAsync(id)).States());
    }

    [Fact]
    public async Task Event_RaisedBeforeTheWait_IsTakenWhenItComes()
    {
        var application = NewApplication("Gabe", "ABadAddress");
        await App.Http.PostAsync(
            $"{AppClient.Workflows}/orchestrators/ProcessApplication/{application.Id}", AppClient.Json(JsonSerializer.Serialize(application)));

        // Nobody waits for it: the application's checks are not done yet, or only just.
        await App.RaiseAsync(application.Id, "[]");
        await App.RaiseAsync(application.Id, AppClient.Approve);

        await App.UntilAsync(application.Id, "APPROVED");
        Assert.Equal(
            ["SUBMITTED", "FLAGGED_FOR_REVIEW", "REVIEW_APPROVED", "APPROVED"], (await App.ReadAsync(application.Id)).States());
    }

    [Fact]
    public async Task Event_OfTwoDecisionsInARow_TheFirstCounts()
    {
        var id = await NewWaitingAsync();
        await App.SuspendAsync(id);
        await App.RaiseAsync(id, """{"decision":"REJECT","reviewer":"first"}""");
        await App.RaiseAsync(id, """{"decision":"APPROVE","reviewer":"second"}""");

        await App.ResumeAsync(id);

        Assert.Equal("first", (await App.UntilAsync(id, "REJECTED")).GetProperty("review").Text("reviewer"));
    }

    [Theory]
    [InlineData(AppClient.Clean, "APPROVED")]
    [InlineData(AppClient.Unprocessable, "FLAGGED_WITH_UNPROCESSABLE_DATA")]
    public async Task Event_ForAnApplicationThatNobodyFlagged_IsRefused(string body, string state)
    {
        var before = await App.SubmitUntilAsync(body, state);
        await App.InstanceUntilAsync(before.Id(), "Completed");

        var answer = await App.PostAsync($"{AppClient.Workflows}/instances/{before.Id()}/raiseEvent/ReviewDecision", AppClient.Approve);

        Assert.Equal(HttpStatusCode.Gone, answer.StatusCode);
        Assert.Equal(before.GetRawText(), (await App.ReadAsync(before.Id())).GetRawText());
    }

    [Fact]
    public async Task Event_ForACleanApplicationStillInWork_ChangesNothing()
    {
        var application = NewApplication("Spock", "123 Enterprise Street");
        await StartAsync(application.Id, JsonSerializer.Serialize(application));

        // Taken or refused: the workflow may have been quicker.
        await App.PostAsync($"{AppClient.Workflows}/instances/{application.Id}/raiseEvent/ReviewDecision", AppClient.Reject);

        var approved = await App.UntilAsync(application.Id, "APPROVED");
        Assert.Equal(JsonValueKind.Null, approved.GetProperty("review").ValueKind);
        await App.InstanceUntilAsync(application.Id, "Completed");
    }

    [Theory]
    [InlineData(AppClient.Clean, null, "APPROVED")]
    [InlineData(AppClient.Flagged, AppClient.Approve, "APPROVED")]
    [InlineData(AppClient.Flagged, AppClient.Reject, "REJECTED")]
    [InlineData(AppClient.Unprocessable, null, "FLAGGED_WITH_UNPROCESSABLE_DATA")]
    public async Task Workflow_StartedAgainAtTheEnd_ChangesNothing(string body, string? review, string state)
    {
        var id = (await App.SubmitUntilAsync(body, review is null ? state : "FLAGGED_FOR_REVIEW")).Id();
        if (review is not null)
            await App.ReviewAsync(id, review);
        var first = await App.InstanceUntilAsync(id, "Completed");
        var before = await App.ReadAsync(id);

        await StartAsync(id, before.GetRawText());

        await App.InstanceUntilAsync(id, "Completed");
        Assert.Equal(before.GetRawText(), (await App.ReadAsync(id)).GetRawText());
        Assert.Equal(first.GetProperty("output").GetRawText(), (await App.InstanceAsync(id)).GetProperty("output").GetRawText());
        Assert.Equal([state], await ListsWithAsync(id));
    }

    [Fact]
    public async Task Workflow_StartedAgainWhileItWaits_IsRefused()
    {
        var id = await NewWaitingAsync();
        var input = (await App.ReadAsync(id)).GetRawText();

        var answer = await App.PostAsync($"{AppClient.Workflows}/orchestrators/ProcessApplication/{id}", input);

        Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
    }

    [Fact]
    public async Task Workflow_StartedAgainAfterATermination_WaitsAgain()
    {
        var id = await NewWaitingAsync();
        await App.PostAsync($"{AppClient.Workflows}/instances/{id}/terminate", "{}");
        await App.InstanceUntilAsync(id, "Terminated");
        var before = await App.ReadAsync(id);

        await StartAsync(id, before.GetRawText());
        await App.InstanceUntilAsync(id, "Running");
        Assert.Equal(before.GetRawText().Replace("TERMINATED", "RUNNING", StringComparison.Ordinal), (await App.ReadAsync(id)).GetRawText());

        // 202 as long as its outcome is not known.
        await Eventually.Async(async () => Assert.Equal(HttpStatusCode.OK, (await App.ReviewAsync(id, AppClient.Approve)).StatusCode));
        Assert.Equal(["SUBMITTED", "FLAGGED_FOR_REVIEW", "REVIEW_APPROVED", "APPROVED"], (await App.UntilAsync(id, "APPROVED")).States());
        Assert.Equal(["APPROVED"], await ListsWithAsync(id));
    }

    [Theory]
    [InlineData("APPROVED", "APPROVED")]
    [InlineData("REJECTED", "APPROVED")]
    [InlineData("REVIEW_APPROVED", "APPROVED")]
    public async Task Workflow_StartedWithAnInputThatClaimsAState_ChecksAllTheSame(string claimed, string state)
    {
        var application = NewApplication("Spock", "123 Enterprise Street");
        var input = JsonSerializer.Serialize(application).Replace("SUBMITTED", claimed, StringComparison.Ordinal);

        await StartAsync(application.Id, input);

        Assert.Equal(["SUBMITTED", state], (await App.UntilAsync(application.Id, state)).States());
    }

    [Theory]
    [InlineData("something-else")]
    [InlineData("application_6f9619ff-8b86-4011-b42d-00c04fc964ff")]
    public async Task Workflow_WhoseIdIsNotItsApplications_FailsAtOnce(string instanceId)
    {
        var application = NewApplication("Spock", "123 Enterprise Street");

        await StartAsync(instanceId, JsonSerializer.Serialize(application));

        var failed = await App.InstanceUntilAsync(instanceId, "Failed");
        Assert.StartsWith("System.ArgumentException: ", failed.Text("output"), StringComparison.Ordinal);
        await (await App.Http.GetAsync($"/api/applications/{application.Id}")).AssertProblemAsync(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("\"Spock\"")]
    [InlineData("""{"Id":1}""")]
    public async Task Workflow_WithAnInputThatIsNoApplication_Fails(string input)
    {
        var id = AccountApplicationId.New();

        await StartAsync(id, input);

        await App.InstanceUntilAsync(id, "Failed");
        await (await App.Http.GetAsync($"/api/applications/{id}")).AssertProblemAsync(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Workflow_OfARecordThatIsGoneAndItsHistoryIsNot_Fails()
    {
        var application = await App.SubmitUntilAsync(AppClient.Clean, "APPROVED");
        var id = application.Id();
        await App.InstanceUntilAsync(id, "Completed");
        var table = await App.Tables.Applications.GetAsync(default);
        await table.DeleteEntityAsync(id, "application");

        await StartAsync(id, application.GetRawText());

        var failed = await App.InstanceUntilAsync(id, "Failed");
        Assert.Contains("Restore the record.", failed.Text("output"), StringComparison.Ordinal);
        Assert.DoesNotContain("Spock", failed.Text("output"), StringComparison.Ordinal);
    }

    private async Task<string> NewWaitingAsync() => (await App.SubmitUntilAsync(AppClient.Flagged, "FLAGGED_FOR_REVIEW")).Id();

    private static AccountApplication NewApplication(string name, string address) =>
        AccountApplication.Submitted(AccountApplicationId.New(), name, address, DateTime.UtcNow);

    private async Task StartAsync(string instanceId, string input)
    {
        var answer = await App.PostAsync($"{AppClient.Workflows}/orchestrators/ProcessApplication/{instanceId}", input);
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
    }

    private async Task<IEnumerable<string>> ListsWithAsync(string id) =>
        (await App.ListedAsync()).Where(listed => listed.EndsWith(id, StringComparison.Ordinal)).Select(listed => listed.Split(' ')[0]);
}
