using System.Collections.Concurrent;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;

namespace Floor;

/// <summary>
/// A workflow of the app's shape with nothing of its own: two activities at the same time, a decision from outside if it waits for one, and an
/// activity after. It keeps no records; what has run is remembered in memory.
/// </summary>
public static class BareWorkflow
{
    public const string Decision = "Decision";

    private static readonly ConcurrentDictionary<string, string> Last = new();

    /// <summary>The last of its activities that has run; null if none has.</summary>
    public static string? LastOf(string id) => Last.GetValueOrDefault(id);

    [Function(nameof(BareWorkflow))]
    public static async Task Run([OrchestrationTrigger] TaskOrchestrationContext context, bool waits)
    {
        var id = context.InstanceId;
        await Task.WhenAll(context.CallActivityAsync(nameof(FirstCheck), id), context.CallActivityAsync(nameof(SecondCheck), id));
        if (waits)
            await context.WaitForExternalEvent<object?>(Decision);
        await context.CallActivityAsync(nameof(Finish), id);
    }

    [Function(nameof(FirstCheck))]
    public static void FirstCheck([ActivityTrigger] string id) => Last.TryAdd(id, nameof(FirstCheck));

    [Function(nameof(SecondCheck))]
    public static void SecondCheck([ActivityTrigger] string id) => Last.TryAdd(id, nameof(SecondCheck));

    [Function(nameof(Finish))]
    public static void Finish([ActivityTrigger] string id) => Last[id] = nameof(Finish);
}
