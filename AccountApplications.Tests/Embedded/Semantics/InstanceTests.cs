using System.Net;
using System.Text.Json;
using AccountApplications.Tests.Fixtures;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using static AccountApplications.Tests.Embedded.Semantics.SemanticsFunctions;

namespace AccountApplications.Tests.Embedded.Semantics;

/// <summary>Starting, suspending, ending instances, and what keeps them running.</summary>
public sealed class InstanceTests(SemanticsHost host) : IClassFixture<SemanticsHost>
{
    [Fact]
    public async Task Start_IdThatRuns_IsRefused()
    {
        var id = await host.StartAsync(nameof(EventAsJson));
        using var answer = await host.Http.PostAsync($"/runtime/webhooks/durabletask/orchestrators/{nameof(EventAsJson)}/{id}", null);
        Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
        await Assert.ThrowsAnyAsync<Exception>(() => host.Durable.ScheduleNewOrchestrationInstanceAsync(
            nameof(EventAsJson), null, new StartOrchestrationOptions(id)));
        await host.RaiseAsync(id, "E", 1);
        Assert.Equal(new Outcome("Completed", "\"Number\""), await host.EndAsync(id));
    }

    [Fact]
    public async Task Start_IdThatHasCompleted_RunsAgainFromNothing()
    {
        var id = await host.StartAsync(nameof(EventAsJson));
        await host.RaiseAsync(id, "E", 1);
        Assert.Equal(new Outcome("Completed", "\"Number\""), await host.EndAsync(id));

        await host.StartAsync(nameof(EventAsJson), id: id);
        Assert.Equal(new Outcome("Running", "null"), await host.OutcomeAsync(id));
        await host.RaiseAsync(id, "E", "text");
        Assert.Equal(new Outcome("Completed", "\"String\""), await host.EndAsync(id));
        Assert.Equal(["ExecutionStarted", "EventRaised", "ExecutionCompleted"], await host.HistoryAsync(id));
    }

    [Fact]
    public async Task Start_IdThatFailed_LeavesNothingOfTheFailure()
    {
        var id = await host.StartAsync(nameof(Throw));
        Assert.Equal("Failed", (await host.EndAsync(id)).Status);
        await host.StartAsync(nameof(NoInput), id: id);
        Assert.Equal(new Outcome("Completed", "\"Undefined 0 null\""), await host.EndAsync(id));
        Assert.Null((await host.Durable.GetInstanceAsync(id))!.FailureDetails);
    }

    [Fact]
    public async Task Start_UnknownOrchestrator_IsAcceptedThenFails()
    {
        var outcome = await host.RunAsync("NobodyWroteThis");
        Assert.Equal("Failed", outcome.Status);
        Assert.Contains("NobodyWroteThis", outcome.Output);
    }

    [Fact]
    public async Task Start_OrchestratorNameInAnotherCase_Runs() =>
        Assert.Equal(new Outcome("Completed", "\"Undefined 0 null\""), await host.RunAsync(nameof(NoInput).ToUpperInvariant()));

    [Fact]
    public async Task Start_InputThatDoesNotFit_IsAcceptedThenFails()
    {
        var outcome = await host.RunAsync(nameof(PassThrough), "no payload");
        Assert.Equal("Failed", outcome.Status);
        Assert.StartsWith("\"System.Text.Json.JsonException: ", outcome.Output);
    }

    [Fact]
    public async Task Start_BrokenJson_IsRefused()
    {
        using var broken = new StringContent("{", System.Text.Encoding.UTF8, "application/json");
        using var answer = await host.Http.PostAsync($"/runtime/webhooks/durabletask/orchestrators/{nameof(PassThrough)}", broken);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public async Task Context_DescribesItsInstance()
    {
        var id = await host.StartAsync(nameof(DescribeItself));
        Assert.Equal(new Outcome("Completed", $"\"{nameof(DescribeItself)} {id} True 0\""), await host.EndAsync(id));
    }

    [Fact]
    public async Task Completion_ActivityStillOpen_WaitsForIt()
    {
        var id = await host.StartAsync(nameof(LeaveActivityOpen));
        Assert.Equal(new Outcome("Running", "null"), await host.OutcomeAsync(id));
        await host.RunAsync(nameof(Open), id);
        Assert.Equal(new Outcome("Completed", "\"returned\""), await host.EndAsync(id));
    }

    [Fact]
    public async Task Completion_UnobservedFailure_IsCompleted() =>
        Assert.Equal(new Outcome("Completed", "\"returned\""), await host.RunAsync(nameof(LeaveFailureUnobserved)));

    [Fact]
    public async Task Completion_WaitStillOpen_DoesNotCount() =>
        Assert.Equal(new Outcome("Completed", "\"returned\""), await host.RunAsync(nameof(LeaveWaitOpen)));

    [Fact]
    public async Task Suspended_EventsAreKeptAndTurnsWait_UntilResumed()
    {
        var id = await host.StartAsync(nameof(EventsBeforeTheWait));
        using var suspended = await host.PostAsync(id, "suspend?reason=lunch");
        Assert.Equal(HttpStatusCode.Accepted, suspended.StatusCode);
        Assert.Equal(new Outcome("Suspended", "\"lunch\""), await host.OutcomeAsync(id));

        await host.RaiseAsync(id, "Go", "");
        foreach (var number in new[] { 1, 2, 3 })
            await host.RaiseAsync(id, "E", number);
        Assert.Equal(new Outcome("Suspended", "\"lunch\""), await host.OutcomeAsync(id));

        using var resumed = await host.PostAsync(id, "resume?reason=done");
        Assert.Equal(HttpStatusCode.Accepted, resumed.StatusCode);
        Assert.Equal(new Outcome("Completed", "[1,2,3]"), await host.EndAsync(id));
    }

    [Fact]
    public async Task Suspended_ActivityFinishes_ItsResultIsUsedOnResume()
    {
        var id = await host.StartAsync(nameof(LeaveActivityOpen));
        await host.Durable.SuspendInstanceAsync(id, "lunch");
        await host.RunAsync(nameof(Open), id);
        await Eventually.Async(() => host.HistoryAsync(id), history => history.Contains("TaskCompleted"));
        Assert.Equal("Suspended", (await host.OutcomeAsync(id)).Status);
        await host.Durable.ResumeInstanceAsync(id);
        Assert.Equal(new Outcome("Completed", "\"returned\""), await host.EndAsync(id));
    }

    [Fact]
    public async Task Suspended_Terminated_Ends()
    {
        var id = await host.StartAsync(nameof(EventAsJson));
        await host.Durable.SuspendInstanceAsync(id);
        await host.Durable.TerminateInstanceAsync(id, (object)"enough");
        Assert.Equal(new Outcome("Terminated", "\"enough\""), await host.EndAsync(id));
    }

    [Fact]
    public async Task Terminated_ByHttp_OutputIsTheReason()
    {
        var id = await host.StartAsync(nameof(WaitForANumber));
        using var answer = await host.PostAsync(id, "terminate?reason=enough%20is%20enough");
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.Equal(new Outcome("Terminated", "\"enough is enough\"", "\"waiting\""), await host.EndAsync(id));
    }

    [Fact]
    public async Task Terminated_ByTheClient_OutputIsJson()
    {
        var id = await host.StartAsync(nameof(EventAsJson));
        await host.Durable.TerminateInstanceAsync(id, new TerminateInstanceOptions(new { Why = "enough" }));
        Assert.Equal(new Outcome("Terminated", """{"Why":"enough"}"""), await host.EndAsync(id));
    }

    [Theory]
    [InlineData("raiseEvent/E", "1")]
    [InlineData("terminate?reason=x", null)]
    [InlineData("suspend?reason=x", null)]
    [InlineData("resume?reason=x", null)]
    public async Task Ended_ToldSomething_IsGone(string action, string? body)
    {
        var id = await host.StartAsync(nameof(NoInput));
        var before = await host.EndAsync(id);
        using var answer = await host.PostAsync(id, action, body);
        Assert.Equal(HttpStatusCode.Gone, answer.StatusCode);
        Assert.Equal(before, await host.OutcomeAsync(id));
    }

    [Fact]
    public async Task Ended_ThroughTheClient_ThrowsAndPurgesOnce()
    {
        var id = await host.StartAsync(nameof(NoInput));
        await host.EndAsync(id);
        await Assert.ThrowsAnyAsync<Exception>(() => host.Durable.TerminateInstanceAsync(id));
        await Assert.ThrowsAnyAsync<Exception>(() => host.Durable.SuspendInstanceAsync(id));
        await Assert.ThrowsAnyAsync<Exception>(() => host.Durable.ResumeInstanceAsync(id));
        Assert.Equal(1, (await host.Durable.PurgeInstanceAsync(id)).PurgedInstanceCount);
        Assert.Equal(0, (await host.Durable.PurgeInstanceAsync(id)).PurgedInstanceCount);
        Assert.Null(await host.Durable.GetInstanceAsync(id));
    }

    [Fact]
    public async Task Purge_InstanceThatRuns_IsRefused()
    {
        var id = await host.StartAsync(nameof(EventAsJson));
        await Assert.ThrowsAsync<InvalidOperationException>(() => host.Durable.PurgeInstanceAsync(id));
        Assert.Equal("Running", (await host.OutcomeAsync(id)).Status);
    }

    [Fact]
    public async Task CustomStatus_LastOfATurn_IsSeenWhileRunningAndCleared()
    {
        var id = await host.StartAsync(nameof(SetStatuses));
        var status = JsonDocument.Parse((await host.OutcomeAsync(id)).CustomStatus).RootElement;
        Assert.Equal(("set", 1), (status.GetProperty("Name").GetString(), status.GetProperty("Colour").GetInt32()));
        await host.RaiseAsync(id, "Go", "");
        Assert.Equal(new Outcome("Running", "null", "null"), await host.OutcomeAsync(id));
        await host.RaiseAsync(id, "Go", "");
        Assert.Equal(new Outcome("Completed", "null", "\"kept\""), await host.EndAsync(id));
    }

    [Fact]
    public async Task Client_WaitsForStartAndCompletion_ReadsWhatWasAskedFor()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var id = await host.Durable.ScheduleNewOrchestrationInstanceAsync(nameof(PassThrough), new Payload { Name = "Ada" });
        Assert.Equal(nameof(PassThrough), (await host.Durable.WaitForInstanceStartAsync(id, limit.Token)).Name);
        var ended = await host.Durable.WaitForInstanceCompletionAsync(id, getInputsAndOutputs: true, limit.Token);
        Assert.Equal((OrchestrationRuntimeStatus.Completed, "Ada"), (ended.RuntimeStatus, ended.ReadOutputAs<Payload>()!.Name));
        Assert.Equal("Ada", ended.ReadInputAs<Payload>()!.Name);
        Assert.Null((await host.Durable.GetInstanceAsync(id))!.SerializedOutput);
    }
}
