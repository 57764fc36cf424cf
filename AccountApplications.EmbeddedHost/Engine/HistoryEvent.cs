using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace AccountApplications.EmbeddedHost.Engine;

/// <summary>One thing that happened to an instance or that its orchestrator decided. An instance is the fold over these.</summary>
/// <param name="Timestamp">UTC, by the clock of the host that committed the event.</param>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "$event")]
[JsonDerivedType(typeof(TurnStarted), nameof(TurnStarted))]
[JsonDerivedType(typeof(ExecutionStarted), nameof(ExecutionStarted))]
[JsonDerivedType(typeof(TaskScheduled), nameof(TaskScheduled))]
[JsonDerivedType(typeof(TaskCompleted), nameof(TaskCompleted))]
[JsonDerivedType(typeof(TaskFailed), nameof(TaskFailed))]
[JsonDerivedType(typeof(TimerCreated), nameof(TimerCreated))]
[JsonDerivedType(typeof(TimerFired), nameof(TimerFired))]
[JsonDerivedType(typeof(EventRaised), nameof(EventRaised))]
[JsonDerivedType(typeof(ExecutionSuspended), nameof(ExecutionSuspended))]
[JsonDerivedType(typeof(ExecutionResumed), nameof(ExecutionResumed))]
[JsonDerivedType(typeof(ExecutionTerminated), nameof(ExecutionTerminated))]
[JsonDerivedType(typeof(ExecutionCompleted), nameof(ExecutionCompleted))]
internal abstract record HistoryEvent(DateTime Timestamp);

/// <summary>A turn began: the orchestrator's clock stands at <see cref="HistoryEvent.Timestamp"/> until the next one.</summary>
internal sealed record TurnStarted(DateTime Timestamp) : HistoryEvent(Timestamp);

internal sealed record ExecutionStarted(DateTime Timestamp, string Name, string? Input) : HistoryEvent(Timestamp);

/// <summary>The orchestrator called an activity; <paramref name="TaskId"/> counts its actions from 0.</summary>
internal sealed record TaskScheduled(DateTime Timestamp, int TaskId, string Name, string? Input) : HistoryEvent(Timestamp);

internal sealed record TaskCompleted(DateTime Timestamp, int TaskId, string? Result) : HistoryEvent(Timestamp);

internal sealed record TaskFailed(DateTime Timestamp, int TaskId, TaskFailureDetails Failure) : HistoryEvent(Timestamp);

internal sealed record TimerCreated(DateTime Timestamp, int TaskId, DateTime FireAt) : HistoryEvent(Timestamp);

internal sealed record TimerFired(DateTime Timestamp, int TaskId, DateTime FireAt) : HistoryEvent(Timestamp);

internal sealed record EventRaised(DateTime Timestamp, string Name, string? Input) : HistoryEvent(Timestamp);

internal sealed record ExecutionSuspended(DateTime Timestamp, string? Reason) : HistoryEvent(Timestamp);

internal sealed record ExecutionResumed(DateTime Timestamp, string? Reason) : HistoryEvent(Timestamp);

internal sealed record ExecutionTerminated(DateTime Timestamp, string? Output) : HistoryEvent(Timestamp);

/// <summary>The end, whichever: <paramref name="Status"/> is Completed, Failed or Terminated.</summary>
internal sealed record ExecutionCompleted(DateTime Timestamp, OrchestrationRuntimeStatus Status, string? Output, TaskFailureDetails? Failure)
    : HistoryEvent(Timestamp);

/// <summary>How histories are stored.</summary>
internal static class HistoryJson
{
    private const int MaxCauses = 10;

    public static readonly JsonSerializerOptions Options = new()
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        // Payloads are JSON within JSON: they are escaped no more than they must be.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>An exception as a history has it: with its outermost causes only, since JSON is not endlessly deep.</summary>
    public static TaskFailureDetails FailureOf(Exception exception) => Shallow(TaskFailureDetails.FromException(exception), MaxCauses);

    /// <summary>What a payload takes in a history, in bytes.</summary>
    public static int BytesOf(string payload) => JsonEncodedText.Encode(payload, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes.Length;

    private static TaskFailureDetails Shallow(TaskFailureDetails failure, int causes) =>
        failure with { InnerFailure = causes > 0 && failure.InnerFailure is { } inner ? Shallow(inner, causes - 1) : null };
}
