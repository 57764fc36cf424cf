namespace AccountApplications.EmbeddedHost.Engine;

/// <summary>Does what instances have open: runs their activities, arms their timers, and posts what comes of it.</summary>
/// <param name="functions">Has the activities.</param>
/// <param name="time">For the timers.</param>
/// <param name="underWay">Where activities run.</param>
/// <param name="post">Takes a message for an instance.</param>
/// <param name="stopping">The host stops: what is not done then, the next host does.</param>
internal sealed class WorkDispatcher(
    IFunctions functions, TimeProvider time, BackgroundTasks underWay, Action<string, Message> post, CancellationToken stopping)
    : IDisposable
{
    /// <summary>The task id under which the start of a scheduled instance is in flight; the orchestrator's own count from 0.</summary>
    public const int StartTaskId = -1;

    // The platform's timers run for 49 days at most and stand still while a machine sleeps: longer ones are armed again.
    private static readonly TimeSpan LongestTimer = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim _activities = new(10 * Environment.ProcessorCount);

    /// <summary>Sees to it that exactly the open work is in flight.</summary>
    /// <param name="mailbox">Of the instance, in the caller's hand.</param>
    /// <param name="instance">As it was committed; null where there is none, and so no work.</param>
    /// <param name="openWork">The <see cref="TaskScheduled"/> and <see cref="TimerCreated"/> whose outcome is outstanding.</param>
    public void Dispatch(Mailbox mailbox, Instance? instance, IReadOnlyList<HistoryEvent> openWork)
    {
        var open = openWork.ToDictionary(work => (instance!.Execution, TaskIdOf(work)));
        foreach (var (key, timer) in mailbox.InFlight.Where(entry => !open.ContainsKey(entry.Key)).ToList())
        {
            timer?.Dispose();
            mailbox.InFlight.Remove(key);
        }

        foreach (var (key, work) in open.Where(entry => !mailbox.InFlight.ContainsKey(entry.Key)))
        {
            mailbox.InFlight.Add(key, work is TimerCreated timer ? Arm(instance!, timer) : null);
            if (work is TaskScheduled task) underWay.Run(() => RunActivityAsync(instance!, task));
        }
    }

    public void Dispose() => _activities.Dispose();

    private async Task RunActivityAsync(Instance instance, TaskScheduled task)
    {
        HistoryEvent outcome;
        try
        {
            await _activities.WaitAsync(stopping);
            try
            {
                var output = await functions.RunActivityAsync(task.Name, task.Input, instance.Id, stopping);
                outcome = new TaskCompleted(default, task.TaskId, output);
            }
            finally
            {
                _activities.Release();
            }
        }
        catch (Exception) when (stopping.IsCancellationRequested)
        {
            return; // the next host runs it again
        }
        catch (Exception e)
        {
            outcome = new TaskFailed(default, task.TaskId, HistoryJson.FailureOf(e));
        }

        post(instance.Id, new Outcome(instance.Execution, outcome));
    }

    private ITimer Arm(Instance instance, TimerCreated timer)
    {
        ITimer? armed = null;
        armed = time.CreateTimer(_ =>
        {
            if (Due() > TimeSpan.Zero) armed!.Change(NextStep(), Timeout.InfiniteTimeSpan);
            else post(instance.Id, new Outcome(instance.Execution, Fired()));
        }, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        armed.Change(NextStep(), Timeout.InfiniteTimeSpan);
        return armed;

        TimeSpan Due() => timer.FireAt - time.GetUtcNow().UtcDateTime;

        TimeSpan NextStep() => Due() switch
        {
            var due when due <= TimeSpan.Zero => TimeSpan.Zero,
            var due when due > LongestTimer => LongestTimer,
            var due => TimeSpan.FromMilliseconds(Math.Ceiling(due.TotalMilliseconds)),
        };

        HistoryEvent Fired() => timer.TaskId == StartTaskId
            ? new ExecutionStarted(default, instance.Name, instance.Input)
            : new TimerFired(default, timer.TaskId, timer.FireAt);
    }

    private static int TaskIdOf(HistoryEvent work) => work switch
    {
        TaskScheduled task => task.TaskId,
        TimerCreated timer => timer.TaskId,
        _ => throw new ArgumentOutOfRangeException(nameof(work)),
    };
}
