using System.Collections.ObjectModel;
using System.Runtime.CompilerServices;
using System.Text;

namespace Microsoft.DurableTask.Client;

/// <summary>What is known about an instance from outside.</summary>
public sealed class OrchestrationMetadata(string name, string instanceId)
{
    // A payload can be megabytes; a log line should not be.
    private const int ShownPayloadLength = 50;

    /// <summary>The orchestrator's name.</summary>
    public string Name { get; } = name;

    public string InstanceId { get; } = instanceId;

    /// <summary>Null where inputs and outputs were not asked for.</summary>
    public DataConverter? DataConverter { get; init; }

    public OrchestrationRuntimeStatus RuntimeStatus { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset LastUpdatedAt { get; init; }

    public string? SerializedInput { get; init; }

    public string? SerializedOutput { get; init; }

    public string? SerializedCustomStatus { get; init; }

    public IReadOnlyDictionary<string, string> Tags { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>Null unless the status is Failed.</summary>
    public TaskFailureDetails? FailureDetails { get; init; }

    public bool IsRunning => RuntimeStatus == OrchestrationRuntimeStatus.Running;

    /// <summary>Whether it has ended, well or not.</summary>
    public bool IsCompleted => RuntimeStatus is
        OrchestrationRuntimeStatus.Completed or OrchestrationRuntimeStatus.Failed or OrchestrationRuntimeStatus.Terminated;

    /// <exception cref="InvalidOperationException">Inputs and outputs were not asked for.</exception>
    public T? ReadInputAs<T>() => Read<T>(SerializedInput);

    /// <inheritdoc cref="ReadInputAs"/>
    public T? ReadOutputAs<T>() => Read<T>(SerializedOutput);

    /// <inheritdoc cref="ReadInputAs"/>
    public T? ReadCustomStatusAs<T>() => Read<T>(SerializedCustomStatus);

    public override string ToString()
    {
        var text = new StringBuilder($"[Name: '{Name}', ID: '{InstanceId}', RuntimeStatus: {RuntimeStatus}")
            .Append($", CreatedAt: {CreatedAt:s}, LastUpdatedAt: {LastUpdatedAt:s}");
        if (SerializedInput is not null) text.Append($", Input: '{Shorten(SerializedInput)}'");
        if (SerializedOutput is not null) text.Append($", Output: '{Shorten(SerializedOutput)}'");
        if (FailureDetails is { } failure) text.Append($", FailureDetails: '{failure.ErrorType} - {Shorten(failure.ErrorMessage)}'");
        return text.Append(']').ToString();
    }

    private static string Shorten(string payload) =>
        payload.Length > ShownPayloadLength ? $"{payload.AsSpan(0, ShownPayloadLength)}..." : payload;

    private T? Read<T>(string? data, [CallerMemberName] string method = "") =>
        DataConverter is { } converter
            ? converter.Deserialize<T>(data)
            : throw new InvalidOperationException($"{method} needs an instance that was fetched with its inputs and outputs.");
}

/// <summary>How far an instance has come.</summary>
public enum OrchestrationRuntimeStatus
{
    Running = 0,
    Completed = 1,

    [Obsolete("The ContinuedAsNew status is obsolete and exists only for compatibility reasons.")]
    ContinuedAsNew = 2,

    Failed = 3,

    [Obsolete("The Canceled status is not currently used and exists only for compatibility reasons.")]
    Canceled = 4,

    Terminated = 5,
    Pending = 6,
    Suspended = 7,
}
