using System.Text.Json;
using AccountApplications.Tests.Fixtures;
using static AccountApplications.Tests.Embedded.Semantics.SemanticsFunctions;

namespace AccountApplications.Tests.Embedded.Semantics;

/// <summary>Calling activities: names, payloads, failures, retries.</summary>
public sealed class ActivityTests(SemanticsHost host) : IClassFixture<SemanticsHost>
{
    private const string Specific = "AccountApplications.Tests.Embedded.Semantics.SpecificException";

    [Fact]
    public async Task Failure_OfAnActivity_TellsTypeMessageAndWhatWasBehindIt() =>
        Assert.Equal(
            new Outcome(
                "Completed",
                $"\"Fail #0 | {Specific} | it broke | itself True, base True, inner False | System.FormatException\""),
            await host.RunAsync(nameof(DescribeFailure)));

    [Fact]
    public async Task Failure_Uncaught_FailsTheInstanceInPlainTextAndKeepsItsStatus()
    {
        var id = await host.StartAsync(nameof(LeaveFailureUncaught));
        Assert.Equal(
            new Outcome(
                "Failed",
                "\"Microsoft.DurableTask.TaskFailedException: Task 'Fail' (#0) failed with an unhandled exception: it broke\"",
                "\"set before\""),
            await host.EndAsync(id));

        var failure = (await host.Durable.GetInstanceAsync(id, getInputsAndOutputs: true))!.FailureDetails!;
        Assert.Equal("Microsoft.DurableTask.TaskFailedException", failure.ErrorType);
        Assert.Equal(Specific, failure.InnerFailure!.ErrorType);
    }

    [Theory]
    [InlineData(nameof(Throw), "thrown by the orchestrator", "\"set before\"")]
    [InlineData(nameof(ThrowAtOnce), "thrown before anything else", "null")]
    public async Task Failure_OfTheOrchestrator_IsItsOutput(string orchestrator, string message, string customStatus) =>
        Assert.Equal(new Outcome("Failed", $"\"{Specific}: {message}\"", customStatus), await host.RunAsync(orchestrator));

    [Fact]
    public async Task UnknownActivity_IsAFailureThatCanBeCaught() =>
        Assert.Equal(new Outcome("Completed", "\"caught NobodyWroteThis\""), await host.RunAsync(nameof(CallUnknownActivity)));

    [Fact]
    public async Task ActivityName_IsTheAttributesInAnyCase() =>
        Assert.Equal(new Outcome("Completed", """["of another name","of another name"]"""), await host.RunAsync(nameof(CallByOtherNames)));

    [Fact]
    public async Task Result_ThatDoesNotFit_ThrowsWhatCanBeCaught() =>
        Assert.Equal(new Outcome("Completed", "\"caught System.Text.Json.JsonException\""), await host.RunAsync(nameof(ResultThatDoesNotFit)));

    [Fact]
    public async Task Nothing_AsInput_IsUndefinedZeroAndNull() =>
        Assert.Equal(new Outcome("Completed", "\"Undefined 0 null\""), await host.RunAsync(nameof(NoInput)));

    [Fact]
    public async Task Nothing_AsResult_IsUndefinedZeroAndNull() =>
        Assert.Equal(new Outcome("Completed", "\"Undefined 0 null\""), await host.RunAsync(nameof(NoResult)));

    [Theory]
    [InlineData(true, "first in the list, second in time")]
    [InlineData(false, "second in the list, first in time")] // .NET's own difference between Task<T> and Task
    public async Task WhenAll_TwoFail_ThrowsOneWhenAllHaveFinished(bool haveResults, string thrown)
    {
        var id = await host.StartAsync(nameof(TwoFail), haveResults);
        await Eventually.Async(() => host.HistoryAsync(id), history => history.Contains("TaskFailed"));
        Assert.Equal("Running", (await host.OutcomeAsync(id)).Status);
        await host.RunAsync(nameof(Open), id);
        Assert.Equal(new Outcome("Completed", $"\"{thrown}; all finished: True\""), await host.EndAsync(id));
    }

    [Theory]
    [InlineData(0, "succeeded in call 1, calls 1")]
    [InlineData(2, "succeeded in call 3, calls 3")]
    [InlineData(3, "failed with 'call 3', calls 3")]
    public async Task RetryPolicy_MaxNumberOfAttempts_CountsTheFirst(int failures, string output) =>
        Assert.Equal(output, JsonSerializer.Deserialize<string>((await host.RunAsync(nameof(RetryByPolicy), failures)).Output));

    [Theory]
    [InlineData(true, "succeeded in call 3, calls 3")]
    [InlineData(false, "failed with 'call 1', calls 1")]
    public async Task RetryPolicy_HandleFailure_DecidesByBaseType(bool handle, string output) =>
        Assert.Equal(output, JsonSerializer.Deserialize<string>((await host.RunAsync(nameof(RetryWhatIsHandled), handle)).Output));

    [Theory]
    [InlineData(9, "succeeded in call 4, calls 4, asked after 1: call 1, 2: call 2, 3: call 3")]
    [InlineData(2, "failed with 'call 2', calls 2, asked after 1: call 1, 2: call 2")]
    public async Task RetryHandler_IsAskedAfterEveryFailure(int attempts, string output) =>
        Assert.Equal(output, JsonSerializer.Deserialize<string>((await host.RunAsync(nameof(RetryByHandler), attempts)).Output));

    [Fact]
    public async Task RetryHandler_RetriesAtOnce()
    {
        var id = await host.StartAsync(nameof(RetryByHandler), 9);
        await host.EndAsync(id);
        Assert.DoesNotContain("TimerCreated", await host.HistoryAsync(id));
    }

    [Fact]
    public async Task RetryHandler_AwaitsATimer_RetriesWhenItFires()
    {
        var id = await host.StartAsync(nameof(RetryByHandlerThatWaits));
        Assert.Equal(new Outcome("Completed", "\"succeeded in call 3, calls 3\""), await host.EndAsync(id));
        Assert.Equal(2, (await host.HistoryAsync(id)).Count(name => name == "TimerFired"));
    }

    [Theory]
    [InlineData( // what is missing is as it is initialised
        """{}""",
        """{"Name":"nobody","Colour":2,"Numbers":[1],"Nested":null,"At":null}""")]
    [InlineData( // read in any case, written as declared
        """{"NAME":"Käthe \"🚀\" <b>","colour":0,"numbers":[],"nested":{"name":null},"at":"2026-11-22T13:00:00+02:00"}""",
        """{"Name":"Käthe \"🚀\" <b>","Colour":0,"Numbers":[],"Nested":{"Name":null,"Colour":2,"Numbers":[1],"Nested":null,"At":null},"At":"2026-11-22T13:00:00+02:00"}""")]
    public async Task Payload_ThereAndBack_IsAsTheWorkerWritesIt(string input, string output)
    {
        var outcome = await host.RunAsync(nameof(PassThrough), JsonDocument.Parse(input).RootElement);
        Assert.Equal("Completed", outcome.Status);
        var (expected, actual) = (JsonDocument.Parse(output).RootElement, JsonDocument.Parse(outcome.Output).RootElement);
        Assert.True(JsonElement.DeepEquals(expected, actual), outcome.Output);
    }
}
