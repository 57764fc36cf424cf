using System.Security.Cryptography;
using System.Text;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using Microsoft.Extensions.Logging;

namespace AccountApplications.EmbeddedHost.Engine;

/// <summary>
/// What an orchestrator sees of its instance. It knows no I/O and no clock: history events go in through <see cref="Apply"/>,
/// the orchestrator's decisions come out of <see cref="Decisions"/>, everything on one thread.
/// </summary>
internal sealed class ReplayContext(string instanceId, DataConverter converter, ILoggerFactory loggers)
    : TaskOrchestrationContext, IHasFunctionContext
{
    /// <summary>What the real runtime says when an orchestrator awaits something that is not its context's.</summary>
    internal const string ForeignAwait =
        "An invalid asynchronous invocation was detected. An orchestrator may await only what its TaskOrchestrationContext returns: " +
        "replace Task.Delay by CreateTimer, and move Task.Run, HttpClient and other I/O into an activity.";

    private readonly SortedDictionary<int, HistoryEvent> _decisions = [];
    private readonly Dictionary<int, OpenTask> _open = [];
    private readonly Dictionary<string, Stack<IEventWait>> _waits = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, Queue<string?>> _bufferedEvents = new(StringComparer.OrdinalIgnoreCase);
    private readonly Queue<HistoryEvent> _whileSuspended = [];
    private readonly OrchestratorThread _thread = new();

    private string? _name;
    private string? _input;
    private DateTime _now;
    private bool _isReplaying = true;
    private object? _customStatus;
    private (string? Input, bool KeepsEvents)? _next;
    private int _nextTaskId;
    private int _guids;

    public override TaskName Name => new(_name!);

    public override string InstanceId => instanceId;

    public override ParentOrchestrationInstance? Parent => null;

    public override DateTime CurrentUtcDateTime => _now;

    public override bool IsReplaying => _isReplaying;

    protected override ILoggerFactory LoggerFactory => loggers;

    public FunctionContext? FunctionContext { get; set; }

    /// <summary>The orchestrator function; null while the instance has not been started.</summary>
    internal Task<object?>? Execution { get; private set; }

    internal bool IsSuspended { get; private set; }

    /// <summary>Calls the orchestrator function of a name.</summary>
    internal required Orchestrator Orchestrator { get; init; }

    /// <summary>Called, from any thread, when the orchestrator went on where it must not.</summary>
    internal Action? LeftThread { set => _thread.Left = value; }

    /// <summary>The orchestrator's decisions that no history event has confirmed yet, in order.</summary>
    internal IReadOnlyCollection<HistoryEvent> Decisions => _decisions.Values;

    /// <summary>Activities and timers whose outcome is outstanding.</summary>
    internal IEnumerable<HistoryEvent> OpenWork
    {
        get
        {
            var arrived = _whileSuspended.Select(e => e switch
            {
                TaskCompleted completed => completed.TaskId,
                TaskFailed failed => failed.TaskId,
                TimerFired fired => fired.TaskId,
                _ => -1,
            }).ToHashSet();
            return _open.Values.Select(task => task.Decision).Where(decision => !arrived.Contains(TaskIdOf(decision)));
        }
    }

    /// <summary>True when neither a result nor an event could make the orchestrator go on, so it awaits something foreign.</summary>
    internal bool IsStuck => Execution is { IsCompleted: false } && !IsSuspended && _open.Count == 0
        && !_waits.Values.Any(stack => stack.Any(wait => wait.IsOpen));

    internal string? SerializedCustomStatus => converter.Serialize(_customStatus);

    /// <summary>What an execution that takes this one's place begins with, if the orchestrator asked for one.</summary>
    internal IReadOnlyList<HistoryEvent>? Next => _next is not var (input, keepsEvents) ? null :
    [
        new ExecutionStarted(_now, _name!, input),
        .. keepsEvents
            ? _bufferedEvents.SelectMany(buffered => buffered.Value.Select(payload => new EventRaised(_now, buffered.Key, payload)))
            : [],
    ];

    /// <summary>The history has been replayed; what follows is new, and happens at <paramref name="now"/>.</summary>
    /// <exception cref="NonDeterministicOrchestrationException">The orchestrator decided more than its history has.</exception>
    internal void EndReplay(DateTime now)
    {
        if (_decisions.Count > 0)
        {
            throw new NonDeterministicOrchestrationException(
                $"On replay the orchestrator {Describe(_decisions.Values.First())}, which its history does not have. {CodeChanged}");
        }

        _isReplaying = false;
        _now = now;
    }

    /// <summary>What it decided has been committed; what follows happens at <paramref name="now"/>.</summary>
    internal void GoOn(DateTime now)
    {
        _decisions.Clear();
        _now = now;
    }

    /// <summary>Lets one event happen and the orchestrator go on as far as it can.</summary>
    /// <exception cref="NonDeterministicOrchestrationException">The history has a decision that the orchestrator did not take.</exception>
    /// <exception cref="System.Text.Json.JsonException">An event's payload does not fit the wait that is open for it.</exception>
    internal void Apply(HistoryEvent happened) => _thread.Run(() => ApplyNow(happened));

    public override T? GetInput<T>() where T : default
    {
        EnsureOnThread();
        return Deserialize<T>(_input);
    }

    /// <summary>The input as the orchestrator function's second parameter has it.</summary>
    internal object? GetInput(Type type) =>
        _input is not null ? converter.Deserialize(_input, type)
        : type.IsValueType ? Activator.CreateInstance(type)
        : null;

    public override async Task<TResult> CallActivityAsync<TResult>(TaskName name, object? input = null, TaskOptions? options = null)
    {
        EnsureOnThread();
        if (input is TaskOptions && options is null)
        {
            throw new ArgumentException(
                $"The {nameof(TaskOptions)} were given as the activity's input. Name the argument: {nameof(options)}: …", nameof(input));
        }

        return options?.Retry switch
        {
            { Policy: { } policy } => await WithPolicyAsync(() => CallOnceAsync<TResult>(name, input), policy),
            { Handler: { } handler } => await WithHandlerAsync(() => CallOnceAsync<TResult>(name, input), handler),
            _ => await CallOnceAsync<TResult>(name, input),
        };
    }

    public override Task CreateTimer(DateTime fireAt, CancellationToken cancellationToken)
    {
        EnsureOnThread();
        var taskId = _nextTaskId;
        var timer = Decide(new TimerCreated(_now, taskId, fireAt.ToUniversalTime()));
        cancellationToken.Register(() =>
        {
            // The runtime forgets a cancelled timer; it no longer keeps the instance running.
            if (timer.TrySetCanceled(cancellationToken)) _open.Remove(taskId);
        });
        return timer.Task;
    }

    public override Task<T> WaitForExternalEvent<T>(string eventName, CancellationToken cancellationToken = default)
    {
        EnsureOnThread();
        if (!_waits.TryGetValue(eventName, out var stack)) _waits[eventName] = stack = [];
        if (stack.TryPeek(out var open) && open is not EventWait<T>)
        {
            throw new ArgumentException(
                $"Event '{eventName}' is awaited already as {open.PayloadType.FullName}; it cannot be awaited as {typeof(T).FullName} too.");
        }

        var wait = new EventWait<T>();
        stack.Push(wait);
        if (_bufferedEvents.TryGetValue(eventName, out var buffered) && buffered.TryDequeue(out var payload))
            Deliver(eventName, payload);
        cancellationToken.Register(() => wait.TrySetCanceled(cancellationToken));
        return wait.Task;
    }

    public override void SetCustomStatus(object? customStatus)
    {
        EnsureOnThread();
        _customStatus = customStatus;
    }

    public override Guid NewGuid()
    {
        EnsureOnThread();
#pragma warning disable CA5350 // version 5 is defined by SHA-1; nothing is protected by it
        var hash = SHA1.HashData(Encoding.UTF8.GetBytes($"AccountApplications.EmbeddedHost/{instanceId}/{_now:O}/{_guids++}"));
#pragma warning restore CA5350
        hash[6] = (byte)((hash[6] & 0x0F) | 0x50); // version 5
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80); // variant of RFC 9562
        return new Guid(hash.AsSpan(0, 16), bigEndian: true);
    }

    public override Task<TResult> CallSubOrchestratorAsync<TResult>(TaskName orchestratorName, object? input = null, TaskOptions? options = null) =>
        throw Unsupported.Feature("Sub-orchestrations");

    public override void ContinueAsNew(object? newInput = null, bool preserveUnprocessedEvents = true)
    {
        EnsureOnThread();
        _next = (converter.Serialize(newInput), preserveUnprocessedEvents);
    }

    public override void SendEvent(string instanceId, string eventName, object payload) =>
        throw Unsupported.Feature("Sending events from an orchestrator");

    private const string CodeChanged = "Was its code changed while the instance was running, or does it use a clock, random numbers or I/O?";

    private void ApplyNow(HistoryEvent happened)
    {
        if (happened is TaskScheduled or TimerCreated)
        {
            Confirm(happened);
            return;
        }

        if (IsSuspended && happened is not (TurnStarted or ExecutionResumed or ExecutionSuspended))
        {
            _whileSuspended.Enqueue(happened);
            return;
        }

        switch (happened)
        {
            case TurnStarted:
                _now = happened.Timestamp;
                break;
            case ExecutionStarted started when Execution is null:
                (_name, _input) = (started.Name, started.Input);
                Execution = Orchestrator(this, started.Name);
                _thread.Watch(Execution);
                break;
            case TaskCompleted completed when _open.Remove(completed.TaskId, out var task):
                task.Outcome.SetResult(completed.Result);
                break;
            case TaskFailed failed when _open.Remove(failed.TaskId, out var task):
                task.Outcome.SetException(new TaskFailedException(((TaskScheduled)task.Decision).Name, failed.TaskId, failed.Failure));
                break;
            case TimerFired fired when _open.Remove(fired.TaskId, out var task):
                task.Outcome.TrySetResult(null);
                break;
            case EventRaised raised:
                Deliver(raised.Name, raised.Input);
                break;
            case ExecutionSuspended:
                IsSuspended = true;
                break;
            case ExecutionResumed:
                IsSuspended = false;
                while (!IsSuspended && _whileSuspended.TryDequeue(out var waiting)) ApplyNow(waiting);
                break;
        }
    }

    private void Confirm(HistoryEvent inHistory)
    {
        var taskId = TaskIdOf(inHistory);
        if (!_decisions.Remove(taskId, out var decision))
        {
            throw new NonDeterministicOrchestrationException(
                $"The history says that the orchestrator {Describe(inHistory)}, but on replay it has not. {CodeChanged}");
        }

        var isSame = (inHistory, decision) switch
        {
            (TaskScheduled was, TaskScheduled now) => string.Equals(was.Name, now.Name, StringComparison.OrdinalIgnoreCase),
            _ => inHistory.GetType() == decision.GetType(),
        };
        if (!isSame)
        {
            throw new NonDeterministicOrchestrationException(
                $"The history says that the orchestrator {Describe(inHistory)}, but on replay it {Describe(decision)}. {CodeChanged}");
        }
    }

    private static string Describe(HistoryEvent decision) => decision switch
    {
        TaskScheduled task => $"called activity '{task.Name}' as step #{task.TaskId}",
        TimerCreated timer => $"created a timer as step #{timer.TaskId}",
        _ => throw new ArgumentOutOfRangeException(nameof(decision)),
    };

    private static int TaskIdOf(HistoryEvent decision) => decision switch
    {
        TaskScheduled task => task.TaskId,
        TimerCreated timer => timer.TaskId,
        _ => throw new ArgumentOutOfRangeException(nameof(decision)),
    };

    private TaskCompletionSource<string?> Decide(HistoryEvent decision)
    {
        // Continuations must run inside SetResult: WhenAll and WhenAny would leave the thread otherwise.
        var task = new OpenTask(decision, new TaskCompletionSource<string?>());
        _decisions.Add(_nextTaskId, decision);
        _open.Add(_nextTaskId++, task);
        return task.Outcome;
    }

    private async Task<T> CallOnceAsync<T>(TaskName name, object? input)
    {
        var result = await Decide(new TaskScheduled(_now, _nextTaskId, name.Name, converter.Serialize(input))).Task;
        return Deserialize<T>(result)!;
    }

    private async Task<T> WithPolicyAsync<T>(Func<Task<T>> call, RetryPolicy policy)
    {
        var startedAt = _now;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await call();
            }
            catch (TaskFailedException e) when (attempt < policy.MaxNumberOfAttempts && policy.Handle(e)
                && (policy.RetryTimeout == Timeout.InfiniteTimeSpan || _now - startedAt < policy.RetryTimeout))
            {
            }

            await CreateTimer(_now + DelayAfter(attempt, policy), CancellationToken.None);
        }
    }

    private static TimeSpan DelayAfter(int attempt, RetryPolicy policy)
    {
        var delay = policy.FirstRetryInterval.TotalMilliseconds * Math.Pow(policy.BackoffCoefficient, attempt - 1);
        var longest = policy.MaxRetryInterval == Timeout.InfiniteTimeSpan ? TimeSpan.FromDays(3650) : policy.MaxRetryInterval;
        return delay < longest.TotalMilliseconds ? TimeSpan.FromMilliseconds(delay) : longest;
    }

    private async Task<T> WithHandlerAsync<T>(Func<Task<T>> call, AsyncRetryHandler handler)
    {
        var startedAt = _now;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await call();
            }
            catch (TaskFailedException e)
            {
                var context = new Microsoft.DurableTask.RetryContext(this, attempt, e.FailureDetails, _now - startedAt, CancellationToken.None);
                if (!await handler(context)) throw;
            }
        }
    }

    private void Deliver(string name, string? payload)
    {
        // The newest wait gets the event, even one that was cancelled or abandoned.
        if (_waits.TryGetValue(name, out var stack) && stack.TryPop(out var wait))
        {
            wait.Complete(payload, converter);
            return;
        }

        if (!_bufferedEvents.TryGetValue(name, out var buffered)) _bufferedEvents[name] = buffered = [];
        buffered.Enqueue(payload);
    }

    private T? Deserialize<T>(string? json) => json is null ? default : converter.Deserialize<T>(json);

    private void EnsureOnThread()
    {
        if (!_thread.IsCurrent) throw new InvalidOperationException(ForeignAwait);
    }

    private sealed record OpenTask(HistoryEvent Decision, TaskCompletionSource<string?> Outcome);

    private interface IEventWait
    {
        Type PayloadType { get; }

        bool IsOpen { get; }

        void Complete(string? payload, DataConverter converter);
    }

    private sealed class EventWait<T> : TaskCompletionSource<T>, IEventWait
    {
        public Type PayloadType => typeof(T);

        public bool IsOpen => !Task.IsCompleted;

        // No payload at all is null, which no plain value type takes: as in the real one, that is an exception.
        public void Complete(string? payload, DataConverter converter) => TrySetResult(converter.Deserialize<T>(payload)!);
    }
}

/// <summary>Calls the orchestrator function of a name; whatever is wrong with the call is in the task.</summary>
internal delegate Task<object?> Orchestrator(ReplayContext context, string name);

/// <summary>The orchestrator did not do what its history says that it did.</summary>
internal sealed class NonDeterministicOrchestrationException(string message) : Exception(message);
