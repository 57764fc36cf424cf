using System.Text.Json;
using System.Text.Json.Nodes;
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
        // The second release's, with terms.
        "terms-approved", "terms-two-approvals", "terms-rejected", "terms-withdrawn", "terms-expired", "terms-kept-withdrawal",
    ];

    [Theory]
    [MemberData(nameof(Names))]
    public void History_ReplayedTurnByTurn_LeadsToTheRecordedActions(string name)
    {
        var turns = Read(name);

        Assert.InRange(turns.Count, 3, 40);
        // Whatever is deployed later, all executions of an instance are of the version in which it began.
        Assert.Single(turns.SelectMany(turn => turn.Request.PastEvents.Concat(turn.Request.NewEvents)).Where(past => past.ExecutionStarted is not null)
            .Select(past => past.ExecutionStarted.Version).Distinct());
        for (var turn = 0; turn < turns.Count; turn++)
        {
            var difference = Compare(ToJson(turns[turn].Response), ToJson(Replay(turns[turn].Request)), "response", mayGrow: false);
            Assert.True(
                difference is null,
                $"Turn {turn + 1} of {name}: {difference}. Workflows that are under way when this is deployed would fail: put the change behind a version.");
        }

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

    /// <summary>The first release knew no withdrawals, and what it left waiting takes them all the same.</summary>
    [Fact]
    public void History_OfTheFirstReleaseInTheMiddleOfItsWait_TakesAWithdrawal()
    {
        var (request, _) = Read("flagged-and-approved").First(turn => turn.Request.NewEvents.Any(past => past.EventRaised is not null));
        request.NewEvents.Single(past => past.EventRaised is not null).EventRaised.Name = Inbox.WithdrawalEvent;

        var action = Assert.Single(Replay(request).Actions);

        Assert.Equal(nameof(RecordWithdrawal), action.ScheduleTask.Name);
    }

    private static OrchestratorResponse Replay(OrchestratorRequest request) =>
        OrchestratorResponse.Parser.ParseFrom(Convert.FromBase64String(GrpcOrchestrationRunner.LoadAndRun<WorkflowInput, ApplicationState>(
            Convert.ToBase64String(request.ToByteArray()), (context, application) => ProcessApplication.Run(context, application!))));

    private static List<(OrchestratorRequest Request, OrchestratorResponse Response)> Read(string name)
    {
        using var file = typeof(RecordedHistoryTests).Assembly.GetManifestResourceStream($"{typeof(RecordedHistoryTests).Namespace}.Histories.{name}.json")!;
        return [.. JsonSerializer.Deserialize<JsonElement>(file).EnumerateArray().Select(turn => (
            JsonParser.Default.Parse<OrchestratorRequest>(turn.GetProperty("request").GetRawText()),
            JsonParser.Default.Parse<OrchestratorResponse>(turn.GetProperty("response").GetRawText())))];
    }

    /// <summary>Lines of code come and go.</summary>
    private static JsonNode ToJson(OrchestratorResponse response)
    {
        var bare = response.Clone();
        bare.CompletionToken = "";
        foreach (var completion in bare.Actions.Select(action => action.CompleteOrchestration).Where(completion => completion is not null))
        {
            for (var failure = completion.FailureDetails; failure is not null; failure = failure.InnerFailure)
                failure.StackTrace = "";
            completion.Details = null;
        }

        return JsonNode.Parse(JsonFormatter.Default.Format(bare))!;
    }

    /// <summary>Actions must be the same; what they carry, which is JSON in text, may have got more members.</summary>
    /// <returns>The first difference, in words; null if there is none.</returns>
    private static string? Compare(JsonNode? then, JsonNode? now, string path, bool mayGrow) => (then, now) switch
    {
        (JsonObject one, JsonObject other) => one.Select(member => member.Key).Union(mayGrow ? [] : other.Select(member => member.Key))
            .Select(key => Compare(one[key], other[key], $"{path}.{key}", mayGrow)).FirstOrDefault(difference => difference is not null),
        (JsonArray one, JsonArray other) when one.Count == other.Count => one.Zip(other)
            .Select((pair, i) => Compare(pair.First, pair.Second, $"{path}[{i}]", mayGrow)).FirstOrDefault(difference => difference is not null),
        (JsonValue one, JsonValue other) when !mayGrow && Carried(one) is { } content && Carried(other) is { } changed => Compare(content, changed, path, mayGrow: true),
        _ when JsonNode.DeepEquals(then, now) => null,
        _ => $"{path} was {then?.ToJsonString() ?? "nothing"} and is {now?.ToJsonString() ?? "nothing"}",
    };

    private static JsonNode? Carried(JsonValue value) =>
        value.GetValueKind() == JsonValueKind.String && value.GetValue<string>() is ['{' or '[', ..] text ? JsonNode.Parse(text) : null;
}
