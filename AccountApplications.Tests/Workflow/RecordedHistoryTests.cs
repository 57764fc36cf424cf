using System.Text.Json;
using AccountApplications.Functions.Applications;
using AccountApplications.Functions.Workflow;
using Google.Protobuf;
using Microsoft.DurableTask.Protobuf;
using Microsoft.DurableTask.Worker.Grpc;

namespace AccountApplications.Tests.Workflow;

/// <summary>
/// Histories as the durable extension recorded them, turn by turn: what it gave to the worker, and the actions that came back. The workflow
/// as it is now must do in every turn what it did then, or instances that are under way would fail when it is deployed. A change that has
/// to break one of these has to stand behind a version.
/// </summary>
public sealed class RecordedHistoryTests
{
    private const string Altered = "approved-altered";

    public static TheoryData<string> Names =>
    [
        "approved", "approved-at-the-second-attempt", "unprocessable", "flagged-and-approved", "flagged-and-rejected", "decided-before-it-was-flagged",
        "kept-decision-approved", "kept-decision-failed",
    ];

    [Theory]
    [MemberData(nameof(Names))]
    public void History_ReplayedTurnByTurn_LeadsToTheRecordedActions(string name)
    {
        var turns = Read(name);

        Assert.InRange(turns.Count, 3, 40);
        foreach (var (request, response) in turns)
            Assert.Equal(WithoutStacks(response), WithoutStacks(Replay(request)));
        Assert.Contains(turns[^1].Response.Actions, action => action.CompleteOrchestration is not null);
    }

    [Fact]
    public void History_Altered_IsNoticed()
    {
        var (request, _) = Read(Altered)[^1];

        var completion = Assert.Single(Replay(request).Actions, action => action.CompleteOrchestration is not null).CompleteOrchestration;

        Assert.Equal(OrchestrationStatus.Failed, completion.OrchestrationStatus);
        Assert.Contains("NonDeterministicOrchestrationException", completion.FailureDetails.ErrorType, StringComparison.Ordinal);
        Assert.Contains("CheckAge", completion.FailureDetails.ErrorMessage, StringComparison.Ordinal);
    }

    private static OrchestratorResponse Replay(OrchestratorRequest request) =>
        OrchestratorResponse.Parser.ParseFrom(Convert.FromBase64String(GrpcOrchestrationRunner.LoadAndRun<AccountApplication, ApplicationState>(
            Convert.ToBase64String(request.ToByteArray()), (context, application) => ProcessApplication.Run(context, application!))));

    private static List<(OrchestratorRequest Request, OrchestratorResponse Response)> Read(string name)
    {
        using var file = typeof(RecordedHistoryTests).Assembly.GetManifestResourceStream($"{typeof(RecordedHistoryTests).Namespace}.Histories.{name}.json")!;
        return [.. JsonSerializer.Deserialize<JsonElement>(file).EnumerateArray().Select(turn => (
            JsonParser.Default.Parse<OrchestratorRequest>(turn.GetProperty("request").GetRawText()),
            JsonParser.Default.Parse<OrchestratorResponse>(turn.GetProperty("response").GetRawText())))];
    }

    /// <summary>Lines of code come and go.</summary>
    private static string WithoutStacks(OrchestratorResponse response)
    {
        var bare = response.Clone();
        bare.CompletionToken = "";
        foreach (var completion in bare.Actions.Select(action => action.CompleteOrchestration).Where(completion => completion is not null))
        {
            for (var failure = completion.FailureDetails; failure is not null; failure = failure.InnerFailure)
                failure.StackTrace = "";
            completion.Details = null;
        }

        return JsonFormatter.Default.Format(bare);
    }
}
