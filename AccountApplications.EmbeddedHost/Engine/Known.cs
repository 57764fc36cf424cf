namespace AccountApplications.EmbeddedHost.Engine;

/// <summary>An instance as a host remembers it between turns.</summary>
/// <param name="Instance">As it was committed last.</param>
/// <param name="History">Of its current execution.</param>
/// <param name="Live">Its orchestrator as the last turn left it; null if it has to be replayed.</param>
/// <param name="Bytes">About what it takes to remember all that.</param>
internal sealed record Known(Instance Instance, List<HistoryEvent> History, ReplayContext? Live, long Bytes)
{
    // Of an orchestrator under way, and of an event beside its payload.
    private const long BytesOfAnOrchestrator = 8 * 1024;
    private const long BytesOfAnEvent = 256;

    public static Known From(Instance instance, List<HistoryEvent> history) =>
        new(instance, history, null, BytesOfAnOrchestrator + BytesOf(history));

    /// <summary>After a turn whose events were committed with <paramref name="instance"/>.</summary>
    public Known After(Instance instance, IReadOnlyList<HistoryEvent> events)
    {
        History.AddRange(events);
        return this with { Instance = instance, Bytes = Bytes + BytesOf(events) };
    }

    private static long BytesOf(IReadOnlyList<HistoryEvent> events) => events.Sum(happened => BytesOfAnEvent + (sizeof(char) * PayloadOf(happened).Length));

    private static string PayloadOf(HistoryEvent happened) => happened switch
    {
        ExecutionStarted started => started.Input,
        TaskScheduled task => task.Input,
        TaskCompleted task => task.Result,
        EventRaised raised => raised.Input,
        _ => null,
    } ?? "";
}
