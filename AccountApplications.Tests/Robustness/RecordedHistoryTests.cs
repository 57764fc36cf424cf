using System.Text.Json;
using AccountApplications.EmbeddedHost.Engine;
using AccountApplications.Functions.Applications;
using AccountApplications.Functions.Workflow;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.DurableTask.Converters;
using Microsoft.Extensions.Logging.Abstractions;

namespace AccountApplications.Tests.Robustness;

/// <summary>
/// Histories as a host recorded them: the workflow as it is now must do in every turn what it did then, or instances that are under way
/// would fail when it is deployed. A change that has to break one of these has to wait for them, or to be made another way.
/// </summary>
public sealed class RecordedHistoryTests
{
    private const string Prefix = "Histories.";

    private static readonly OrchestrationTurn Turn = new(
        async (context, _) => await ProcessApplication.Run(context, context.GetInput<AccountApplication>()!),
        new JsonDataConverter(new JsonSerializerOptions { PropertyNameCaseInsensitive = true }), NullLoggerFactory.Instance);

    public static TheoryData<string> Names =>
        ["approved", "flagged-and-approved", "flagged-and-rejected", "unprocessable", "kept-decision-failed", "kept-decision-approved"];

    [Theory]
    [MemberData(nameof(Names))]
    public void History_ReplayedUpToAnyTurn_LeadsToTheNext(string name)
    {
        var (id, turns) = Read(name);

        Assert.InRange(turns.Count, 3, 20);
        for (var turn = 0; turn < turns.Count; turn++)
            AssertSame(turns[turn], Replay(id, turns, turn).Events);
    }

    [Fact]
    public void History_Altered_FailsWithBothSidesAndTheStep()
    {
        var (id, turns) = Read("approved-altered");

        var result = Replay(id, turns, turns.Count - 1);

        Assert.Equal(OrchestrationRuntimeStatus.Failed, result.Status);
        Assert.Contains(nameof(NonDeterministicOrchestrationException), result.Output, StringComparison.Ordinal);
        Assert.Contains("'CheckAge' as step #1", result.Output, StringComparison.Ordinal);
        Assert.Contains("'CheckAddress' as step #1", result.Output, StringComparison.Ordinal);
    }

    /// <summary>Runs a turn again: after all turns before it, with what happened in it.</summary>
    private static TurnResult Replay(string id, List<List<HistoryEvent>> turns, int turn) => Turn.Run(
        id,
        [.. turns.Take(turn).SelectMany(events => events)],
        [.. turns[turn].Where(happened => happened is not (TurnStarted or TaskScheduled or TimerCreated or ExecutionCompleted))],
        turns[turn][0].Timestamp);

    private static (string Id, List<List<HistoryEvent>> Turns) Read(string name)
    {
        using var file = typeof(RecordedHistoryTests).Assembly.GetManifestResourceStream(
            $"{typeof(RecordedHistoryTests).Namespace}.{Prefix}{name}.json")!;
        List<List<HistoryEvent>> turns = [];
        foreach (var happened in JsonSerializer.Deserialize<List<HistoryEvent>>(file)!)
        {
            if (happened is TurnStarted)
                turns.Add([]);
            turns[^1].Add(happened);
        }

        var input = turns[0].OfType<ExecutionStarted>().Single().Input!;
        return (JsonSerializer.Deserialize<JsonElement>(input).GetProperty("Id").GetString()!, turns);
    }

    private static void AssertSame(IReadOnlyList<HistoryEvent> expected, IReadOnlyList<HistoryEvent> actual) =>
        Assert.Equal(expected.Select(Write), actual.Select(Write));

    private static string Write(HistoryEvent happened) => JsonSerializer.Serialize(
        happened is ExecutionCompleted { Failure: { } failure } end ? end with { Failure = WithoutStack(failure) } : happened);

    // Lines of code come and go.
    private static TaskFailureDetails WithoutStack(TaskFailureDetails failure) =>
        failure with { StackTrace = null, InnerFailure = failure.InnerFailure is { } inner ? WithoutStack(inner) : null };
}
