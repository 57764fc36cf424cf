using Azure;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace AccountApplications.EmbeddedHost.Engine;

/// <summary>The status row of an orchestration instance.</summary>
internal sealed record Instance(string Id, string Name, DateTimeOffset CreatedAt, string? Input)
{
    public OrchestrationRuntimeStatus Status { get; init; } = OrchestrationRuntimeStatus.Pending;

    /// <summary>When a scheduled start is due; null when it started at once.</summary>
    public DateTimeOffset? StartAt { get; init; }

    public DateTimeOffset LastUpdatedAt { get; init; } = CreatedAt;

    /// <summary>JSON, or the plain text of a failure or of a reason.</summary>
    public string? Output { get; init; }

    public string? CustomStatus { get; init; }

    public TaskFailureDetails? Failure { get; init; }

    /// <summary>Each start of the id is an execution with a history of its own; no other ever has this name.</summary>
    public Guid Execution { get; init; } = Guid.NewGuid();

    /// <summary>The execution whose place this one takes with its first commit, history and all; null afterwards.</summary>
    public Guid? Replaces { get; init; }

    /// <summary>Commits of this execution so far.</summary>
    public int Commits { get; init; }

    /// <summary>Whether activities, timers or the start itself are outstanding, so that a host that starts has to go on with them.</summary>
    public bool HasOpenWork { get; init; }

    /// <summary>The version that the next commit replaces; default before the first.</summary>
    public ETag ETag { get; init; }

    public bool HasEnded => Status is OrchestrationRuntimeStatus.Completed or OrchestrationRuntimeStatus.Failed
        or OrchestrationRuntimeStatus.Terminated;
}
