using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;

namespace AccountApplications.EmbeddedHost.Engine;

/// <summary>What a turn comes to.</summary>
/// <param name="Events">To append to the history; empty when nothing happened.</param>
/// <param name="Status">Of the instance after the turn.</param>
/// <param name="Output">JSON of a result, plain text of a failure; null while it runs.</param>
/// <param name="CustomStatus">JSON, or null.</param>
/// <param name="Failure">Why it failed, where it did.</param>
/// <param name="OpenWork">The <see cref="TaskScheduled"/> and <see cref="TimerCreated"/> whose outcome is outstanding.</param>
internal sealed record TurnResult(
    IReadOnlyList<HistoryEvent> Events,
    OrchestrationRuntimeStatus Status,
    string? Output,
    string? CustomStatus,
    TaskFailureDetails? Failure,
    IReadOnlyList<HistoryEvent> OpenWork)
{
    /// <summary>The instance fails, whatever its orchestrator thinks of it.</summary>
    public static TurnResult FailedBy(Exception cause, IEnumerable<HistoryEvent> happened, DateTime now, string? customStatus = null)
    {
        var failure = TaskFailureDetails.FromException(cause);
        if (cause is TaskFailedException task) failure = failure with { InnerFailure = task.FailureDetails };
        return Ended(OrchestrationRuntimeStatus.Failed, $"{failure.ErrorType}: {failure.ErrorMessage}", happened, now, customStatus, failure);
    }

    public static TurnResult Ended(
        OrchestrationRuntimeStatus status, string? output, IEnumerable<HistoryEvent> happened, DateTime now, string? customStatus,
        TaskFailureDetails? failure = null) =>
        new([new TurnStarted(now), .. happened, new ExecutionCompleted(now, status, output, failure)], status, output, customStatus, failure, []);
}

/// <summary>A turn: history and fresh events in, new history out. Pure but for what the orchestrator logs.</summary>
internal sealed class OrchestrationTurn(Orchestrator orchestrator, DataConverter converter, ILoggerFactory loggers)
{
    /// <param name="instanceId">Whose turn it is.</param>
    /// <param name="history">What earlier turns committed.</param>
    /// <param name="fresh">What has happened since, oldest first.</param>
    /// <param name="now">UTC; the orchestrator's clock in this turn.</param>
    /// <param name="leftThread">Called, during the turn or any time after it, when the orchestrator goes on on a foreign thread.</param>
    public TurnResult Run(
        string instanceId, IReadOnlyList<HistoryEvent> history, IReadOnlyList<HistoryEvent> fresh, DateTime now, Action? leftThread = null)
    {
        var left = false;
        var context = new ReplayContext(instanceId, converter, loggers)
        {
            Orchestrator = orchestrator,
            LeftThread = () =>
            {
                left = true;
                leftThread?.Invoke();
            },
        };
        try
        {
            foreach (var happened in history) context.Apply(happened);
            context.EndReplay(now);
            foreach (var happened in fresh)
            {
                if (happened is ExecutionTerminated terminated)
                {
                    return TurnResult.Ended(
                        OrchestrationRuntimeStatus.Terminated, terminated.Output, fresh, now, context.SerializedCustomStatus);
                }

                context.Apply(happened);
            }

            if (left || context.IsStuck) throw new InvalidOperationException(ReplayContext.ForeignAwait);
        }
        catch (Exception e)
        {
            // Not the orchestrator's own doing, so it could not catch it: no custom status survives this.
            return TurnResult.FailedBy(e, fresh, now);
        }

        HistoryEvent[] happenings = [.. fresh, .. context.Decisions];
        var customStatus = context.SerializedCustomStatus;
        var openWork = context.OpenWork.ToList();
        if (context.Execution is { IsCompleted: true } execution && openWork.Count == 0 && !context.IsSuspended)
        {
            try
            {
                // Completed, so this does not block; it throws what the orchestrator threw.
                var output = converter.Serialize(execution.GetAwaiter().GetResult());
                return TurnResult.Ended(OrchestrationRuntimeStatus.Completed, output, happenings, now, customStatus);
            }
            catch (Exception e)
            {
                return TurnResult.FailedBy(e, happenings, now, customStatus);
            }
        }

        var status = context.IsSuspended ? OrchestrationRuntimeStatus.Suspended
            : context.Execution is null ? OrchestrationRuntimeStatus.Pending
            : OrchestrationRuntimeStatus.Running;
        var reason = context.IsSuspended ? history.Concat(fresh).OfType<ExecutionSuspended>().Last().Reason : null;
        return new(
            happenings.Length == 0 ? [] : [new TurnStarted(now), .. happenings], status, reason, customStatus, null, openWork);
    }
}
