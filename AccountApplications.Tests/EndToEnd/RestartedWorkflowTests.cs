using System.Net;
using System.Text.Json;
using AccountApplications.Tests.Fixtures;

namespace AccountApplications.Tests.EndToEnd;

/// <summary>Workflows that ended under their applications, and are set going again.</summary>
public sealed class RestartedWorkflowTests(AppFixture fixture) : IClassFixture<AppFixture>
{
    private TestHost App => fixture.App;

    [Theory]
    [InlineData("terminate", "TERMINATED")]
    [InlineData("purge", "GONE")]
    public async Task Workflow_ThatEndedUnderAWaitingApplication_IsSetGoingAgainOnce(string end, string workflow)
    {
        var id = (await App.SubmitUntilAsync(AppClient.Flagged, "FLAGGED_FOR_REVIEW")).Id();
        await EndAsync(id, purge: end == "purge");
        Assert.Equal(workflow, (await App.ReadAsync(id)).Text("workflow"));
        await (await App.ReviewAsync(id, AppClient.Approve)).AssertProblemAsync(HttpStatusCode.Conflict);

        var answer = await RestartAsync(id);

        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.Equal($"/api/applications/{id}", answer.Headers.Location?.OriginalString);
        Assert.Equal("FLAGGED_FOR_REVIEW", (await answer.JsonAsync()).Text("state"));
        await Eventually.Async(async () => Assert.Equal("RUNNING", (await App.ReadAsync(id)).Text("workflow")));
        await Eventually.Async(async () => Assert.Equal(HttpStatusCode.OK, (await RestartAsync(id)).StatusCode));
        await Eventually.Async(async () => Assert.Equal(HttpStatusCode.OK, (await App.ReviewAsync(id, AppClient.Reject)).StatusCode));
        Assert.Equal(["SUBMITTED", "FLAGGED_FOR_REVIEW", "REVIEW_REJECTED", "REJECTED"], (await App.ReadAsync(id)).States());
        var ended = await (await RestartAsync(id)).AssertProblemAsync(HttpStatusCode.Conflict);
        Assert.Contains("REJECTED", ended.Text("detail"), StringComparison.Ordinal);
        Assert.Equal(JsonValueKind.Null, (await App.ReadAsync(id)).GetProperty("workflow").ValueKind);
    }

    [Fact]
    public async Task Decision_GivenToAWorkflowThatWasTerminatedBeforeItTookIt_IsKept()
    {
        var id = (await App.SubmitUntilAsync(AppClient.Flagged, "FLAGGED_FOR_REVIEW")).Id();
        await App.SuspendAsync(id);
        Assert.Equal("SUSPENDED", (await App.ReadAsync(id)).Text("workflow"));
        Assert.Equal(HttpStatusCode.OK, (await RestartAsync(id)).StatusCode);
        await App.RaiseAsync(id, """{"decision":"MAYBE"}""");
        Assert.Equal(HttpStatusCode.Accepted, (await App.ReviewAsync(id, """{"decision":"APPROVE","comment":"Seen."}""")).StatusCode);
        await App.RaiseAsync(id, AppClient.Reject);
        await EndAsync(id, purge: false);

        Assert.Equal(HttpStatusCode.Accepted, (await RestartAsync(id)).StatusCode);

        var review = (await App.UntilAsync(id, "APPROVED")).GetProperty("review");
        Assert.Equal("Seen.", review.Text("comment"));
    }

    [Fact]
    public async Task Workflow_ThatFailedByItsInput_IsSetGoingAgainFromTheRecord()
    {
        var id = (await App.SubmitUntilAsync(AppClient.Flagged, "FLAGGED_FOR_REVIEW")).Id();
        await EndAsync(id, purge: false);
        await App.PostAsync($"{AppClient.Workflows}/orchestrators/ProcessApplication/{id}", """{"id":"another"}""");
        await App.InstanceUntilAsync(id, "Failed");
        Assert.Equal("FAILED", (await App.ReadAsync(id)).Text("workflow"));

        var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => RestartAsync(id)));

        Assert.All(answers, answer => Assert.Contains(answer.StatusCode, (HttpStatusCode[])[HttpStatusCode.Accepted, HttpStatusCode.OK]));
        await Eventually.Async(async () => Assert.Equal(HttpStatusCode.OK, (await App.ReviewAsync(id, AppClient.Approve)).StatusCode));
        Assert.Equal(["SUBMITTED", "FLAGGED_FOR_REVIEW", "REVIEW_APPROVED", "APPROVED"], (await App.ReadAsync(id)).States());
    }

    [Theory]
    [InlineData("none")]
    [InlineData("application_6f9619ff-8b86-4011-b42d-00c04fc964ff")]
    public async Task Restart_OfNoApplication_Is404(string id) => await (await RestartAsync(id)).AssertProblemAsync(HttpStatusCode.NotFound);

    private Task<HttpResponseMessage> RestartAsync(string id) => App.Http.PostAsync($"/api/applications/{id}/restart", null);

    private async Task EndAsync(string id, bool purge)
    {
        await App.PostAsync($"{AppClient.Workflows}/instances/{id}/terminate", "{}");
        await App.InstanceUntilAsync(id, "Terminated");
        if (purge)
            Assert.Equal(HttpStatusCode.OK, (await App.Http.DeleteAsync($"{AppClient.Workflows}/instances/{id}")).StatusCode);
    }
}
