using System.Diagnostics;
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
    /// <summary>What happens first to the execution that takes this one's place; null if none does.</summary>
    public IReadOnlyList<HistoryEvent>? Next { get; init; }

    /// <summary>The orchestrator as the turn left it, from which the next turn may go on once this one is committed; null if it has ended.</summary>
    public ReplayContext? Context { get; init; }

    /// <summary>The instance fails, whatever its orchestrator thinks of it.</summary>
    public static TurnResult FailedBy(Exception cause, IEnumerable<HistoryEvent> happened, DateTime now, string? customStatus = null)
    {
        var failure = HistoryJson.FailureOf(cause);
        if (cause is TaskFailedException task) failure = failure with { InnerFailure = task.FailureDetails };
        return Ended(OrchestrationRuntimeStatus.Failed, $"{failure.ErrorType}: {failure.ErrorMessage}", happened, now, customStatus, failure);
    }

    public static TurnResult Ended(
        OrchestrationRuntimeStatus status, string? output, IEnumerable<HistoryEvent> happened, DateTime now, string? customStatus,
        TaskFailureDetails? failure = null) =>
        new([new TurnStarted(now), .. happened, new ExecutionCompleted(now, status, output, failure)], status, output, customStatus, failure, []);
}

/// <summary>A turn: history and fresh events in, new history out. Pure but for what the orchestrator logs.</summary>
internal sealed partial class OrchestrationTurn(Orchestrator orchestrator, DataConverter converter, ILoggerFactory loggers)
{
    private readonly ILogger _log = loggers.CreateLogger<OrchestrationTurn>();

    // A process that was stopped for minutes finds one of these over when it wakes, not all.
    private const int Intervals = 5;

    /// <summary>How long a turn may take; 5 s unless set. It has nothing to wait for, so a turn takes milliseconds.</summary>
    public TimeSpan Limit { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The turn, or a failure in its place if the orchestrator does not give its thread back: nobody can stop that thread, but what comes
    /// of it is not looked at any more, and other instances go on. A debugger may hold it as long as it likes.
    /// </summary>
    /// <inheritdoc cref="Run" path="/param"/>
    public async Task<TurnResult> RunAsync(
        string instanceId, IReadOnlyList<HistoryEvent> history, IReadOnlyList<HistoryEvent> fresh, DateTime now, Action? leftThread = null,
        ReplayContext? live = null)
    {
        // A machine that is short of threads may take its time to begin.
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        // On a thread of its own: one that never gives it back takes none from anybody else.
        var turn = Task.Factory.StartNew(
            () =>
            {
                begun.SetResult();
                return Run(instanceId, live is null ? [.. history] : history, [.. fresh], now, leftThread, live);
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await begun.Task;
        for (var interval = 0; interval < Intervals || Debugger.IsAttached; interval++)
        {
            if (await Task.WhenAny(turn, Task.Delay(Limit / Intervals)) == turn) return await turn;
        }

        var name = history.Concat(fresh).OfType<ExecutionStarted>().First().Name;
        LogBlocked(name, instanceId, Limit.TotalSeconds);
        return TurnResult.FailedBy(
            new TimeoutException(
                $"Orchestrator '{name}' did not give its thread back within {Limit.TotalSeconds} s. It must not block (Thread.Sleep, .Result, " +
                ".Wait(), a lock) nor compute for long: use CreateTimer, await what the context returns, and move work into activities."),
            fresh, now);
    }

    /// <param name="instanceId">Whose turn it is.</param>
    /// <param name="history">What earlier turns committed.</param>
    /// <param name="fresh">What has happened since, oldest first.</param>
    /// <param name="now">UTC; the orchestrator's clock in this turn.</param>
    /// <param name="leftThread">Called, during the turn or any time after it, when the orchestrator goes on on a foreign thread.</param>
    /// <param name="live">The <see cref="TurnResult.Context"/> of the turn before, if that is to go on instead of a replay.</param>
    public TurnResult Run(
        string instanceId, IReadOnlyList<HistoryEvent> history, IReadOnlyList<HistoryEvent> fresh, DateTime now, Action? leftThread = null,
        ReplayContext? live = null)
    {
        var left = false;
        var context = live ?? new ReplayContext(instanceId, converter, loggers) { Orchestrator = orchestrator };
        context.LeftThread = () =>
        {
            left = true;
            leftThread?.Invoke();
        };
        try
        {
            if (live is null)
            {
                foreach (var happened in history) context.Apply(happened);
                context.EndReplay(now);
            }
            else
            {
                context.GoOn(now);
            }

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
        string? customStatus;
        try
        {
            customStatus = context.SerializedCustomStatus;
        }
        catch (Exception e)
        {
            return TurnResult.FailedBy(e, happenings, now);
        }

        var openWork = context.OpenWork.ToList();
        if (context.Execution is { IsCompleted: true } execution && openWork.Count == 0 && !context.IsSuspended)
        {
            try
            {
                // Completed, so this does not block; it throws what the orchestrator threw.
                var output = converter.Serialize(execution.GetAwaiter().GetResult());
                return TurnResult.Ended(OrchestrationRuntimeStatus.Completed, output, happenings, now, customStatus) with
                {
                    Next = context.Next,
                };
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
            happenings.Length == 0 ? [] : [new TurnStarted(now), .. happenings], status, reason, customStatus, null, openWork)
        {
            Context = context,
        };
    }

    [LoggerMessage(LogLevel.Error, "Orchestrator {Orchestrator} blocks: {InstanceId} has not given its thread back for {Seconds} s, and fails.")]
    private partial void LogBlocked(string orchestrator, string instanceId, double seconds);
}
