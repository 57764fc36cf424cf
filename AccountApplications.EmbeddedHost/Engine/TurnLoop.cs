using System.Collections.Concurrent;
using System.Diagnostics;
using Azure;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AccountApplications.EmbeddedHost.Engine;

/// <summary>
/// Advances instances, one turn at a time each: takes what waits in the mailbox, runs the turn, commits it, and only then answers those
/// who asked, dispatches activities and arms timers. The inbox is not stored: a sender is answered by the commit that takes its message,
/// and what this host owes itself is in the history as open work.
/// </summary>
internal sealed partial class TurnLoop(
    IInstanceStore store,
    IFunctions functions,
    DataConverter converter,
    TimeProvider time,
    ILoggerFactory loggers,
    ILogger<TurnLoop> log) : BackgroundService
{
    // Storage answers a few dozen at a time best; more would only queue there.
    private const int ConcurrentTurns = 64;

    // What an earlier host left must not be in the way of what is asked now.
    private const int ConcurrentRecoveries = 16;

    // Bytes, about. What does not fit any more is loaded and replayed when it is needed.
    private const long RememberedBytes = 64 * 1024 * 1024;

    // An orchestrator that goes on as new for ever and waits for nothing would never come to a commit.
    private const int IdleExecutionsPerTurn = 100;

    // Turns in a row; one that cannot even be failed is left alone until somebody asks again.
    private const int FailuresToGiveUp = 3;

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    // An HTTP request is to be answered within 10 s.
    private static readonly TimeSpan Patience = Debugger.IsAttached ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(8);

    private static readonly TimeSpan OutageLogInterval = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, Mailbox> _mailboxes = new(StringComparer.Ordinal);
    private readonly BackgroundTasks _underWay = new();
    private readonly SemaphoreSlim _turns = new(ConcurrentTurns);
    private readonly CancellationTokenSource _stopping = new();
    private readonly OrchestrationTurn _turn = new(functions.RunOrchestratorAsync, converter, loggers);
    private readonly MemoryCache _remembered = new(new MemoryCacheOptions { SizeLimit = RememberedBytes });
    private long _outageLoggedAt = long.MinValue / 2;
    private int _waits;
    private WorkDispatcher? _work;

    /// <summary>
    /// Whether an orchestrator is replayed from its start in every turn, so that it cannot hide that it is not deterministic. Otherwise one
    /// that this host remembers goes on where it was, and a long history costs no more than a short one.
    /// </summary>
    public bool ReplaysEveryTurn { get; set; }

    private WorkDispatcher Work =>
        LazyInitializer.EnsureInitialized(ref _work, () => new WorkDispatcher(functions, time, _underWay, Post, _stopping.Token));

    /// <summary>Called after every commit with what was committed, before its sender is answered; be brief.</summary>
    public event Action<Instance>? Committed;

    /// <exception cref="OrchestrationAlreadyExistsException">An instance of that id is pending or running.</exception>
    public Task StartInstanceAsync(string id, string name, string? input, DateTimeOffset? startAt) =>
        AskAsync(id, new Start(name, input, startAt));

    /// <exception cref="InstanceNotFoundException">No such instance.</exception>
    /// <exception cref="InstanceEndedException">It can be told nothing any more.</exception>
    public Task TellAsync(string id, Func<DateTime, HistoryEvent> happened) => AskAsync(id, new Tell(happened));

    /// <exception cref="InstanceNotFoundException">No such instance.</exception>
    /// <exception cref="InvalidOperationException">It has not ended.</exception>
    public Task PurgeAsync(string id) => AskAsync(id, new Purge());

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await base.StopAsync(cancellationToken);
        // What is under way may finish; whoever still waits is told that nobody will come.
        await _underWay.EndAsync(cancellationToken);
        foreach (var timer in _mailboxes.Values.SelectMany(mailbox => mailbox.InFlight.Values)) timer?.Dispose();
    }

    public override void Dispose()
    {
        _stopping.Dispose();
        _remembered.Dispose();
        _work?.Dispose();
        base.Dispose();
    }

    /// <summary>Goes on with what an earlier host left, while this one already serves.</summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        for (var failures = 1; !stoppingToken.IsCancellationRequested; failures++)
        {
            try
            {
                await Parallel.ForEachAsync(
                    store.FindOpenWorkAsync(stoppingToken),
                    new ParallelOptions { MaxDegreeOfParallelism = ConcurrentRecoveries, CancellationToken = stoppingToken },
                    async (id, _) => await AskAsync(id, new WakeUp()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing));
                return;
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                LogRecoveryFailed(e.Message);
                await PauseAsync(failures);
            }
        }
    }

    /// <exception cref="InstanceStoreUnavailableException">Storage does not answer; what was asked may be done all the same.</exception>
    private async Task AskAsync(string id, Request request)
    {
        Post(id, request);
        try
        {
            await request.Stored.WaitAsync(Patience);
        }
        catch (TimeoutException e)
        {
            throw new InstanceStoreUnavailableException($"Storage did not take it within {Patience.TotalSeconds} s.", e);
        }
    }

    private void Post(string id, Message message)
    {
        while (true)
        {
            var mailbox = _mailboxes.GetOrAdd(id, static id => new Mailbox(id));
            if (!mailbox.TryPost(message, out var takeInHand)) continue;
            if (takeInHand) _underWay.Run(() => EmptyAsync(mailbox));
            return;
        }
    }

    private async Task EmptyAsync(Mailbox mailbox)
    {
        bool isRetired;
        while (mailbox.Take(out isRetired) is { Count: > 0 } messages)
        {
            if (_stopping.IsCancellationRequested)
            {
                foreach (var request in messages.OfType<Request>())
                    request.Reject(new InstanceStoreUnavailableException("The host is stopping."));
                continue;
            }

            await _turns.WaitAsync();
            try
            {
                var taken = await AdvanceAsync(mailbox, messages);
                mailbox.Return(messages[taken..]);
                mailbox.Recover();
                continue;
            }
            catch (InstanceChangedException)
            {
                mailbox.Return(messages);
                // Once is a race. Who loses it again and again must not keep storage busy.
                if (++mailbox.Failures == 1) continue;
            }
            catch (PayloadTooLargeException) when (messages.Count > 1)
            {
                mailbox.Return(messages);
                mailbox.TurnSize = messages.Count / 2;
                continue;
            }
            catch (Exception e) when (_stopping.IsCancellationRequested || e is InstanceStoreUnavailableException or RequestFailedException)
            {
                mailbox.Failures++;
                foreach (var request in messages.OfType<Request>()) request.Reject(e);
                // Storage may have taken the turn and lost the answer: its work has to be found and done.
                mailbox.Return([.. messages, new WakeUp()]);
                if (!_stopping.IsCancellationRequested) LogOutage(mailbox.InstanceId, e.Message);
            }
            catch (Exception e)
            {
                LogTurnFailed(mailbox.InstanceId, e.GetType().Name, e.Message);
                if (++mailbox.Failures < FailuresToGiveUp)
                {
                    // It would fail again: the next turn fails the instance in its place.
                    mailbox.Broken = e;
                    mailbox.Return(messages);
                    continue;
                }

                mailbox.Recover();
                foreach (var request in messages.OfType<Request>()) request.Reject(e);
                continue;
            }
            finally
            {
                _turns.Release();
            }

            await PauseAsync(mailbox.Failures);
        }

        if (isRetired) _mailboxes.TryRemove(new(mailbox.InstanceId, mailbox));
    }

    /// <summary>One line now and then: in an outage every instance that has work would write its own.</summary>
    private void LogOutage(string instanceId, string reason)
    {
        var waits = Interlocked.Increment(ref _waits);
        var (now, last) = (Environment.TickCount64, Interlocked.Read(ref _outageLoggedAt));
        if (now - last < OutageLogInterval.TotalMilliseconds || Interlocked.CompareExchange(ref _outageLoggedAt, now, last) != last) return;
        Interlocked.Add(ref _waits, -waits);
        LogStorageUnavailable(waits, instanceId, reason);
    }

    /// <summary>Waits longer after every failure, and never as long as everybody else.</summary>
    private Task PauseAsync(int failures)
    {
        var longest = Math.Min(LongestPause.TotalMilliseconds, 100 * Math.Pow(2, Math.Min(failures, 10)));
        var pause = TimeSpan.FromMilliseconds(longest * (0.5 + (Random.Shared.NextDouble() / 2)));
        return Task.Delay(pause, time, _stopping.Token).ContinueWith(_ => { }, TaskScheduler.Default);
    }

    /// <summary>As this host committed it last, or from storage. It is remembered again only when the turn that asks has gone well.</summary>
    private async Task<Known?> RecallAsync(string id)
    {
        if (_remembered.TryGetValue<Known>(id, out var known))
        {
            _remembered.Remove(id);
            return known;
        }

        return await store.LoadAsync(id, _stopping.Token) is var (instance, history) ? Known.From(instance, history) : null;
    }

    private void Remember(Known known)
    {
        if (known.Instance.HasEnded) return;
        if (ReplaysEveryTurn) known = known with { Live = null };
        _remembered.Set(known.Instance.Id, known, new MemoryCacheEntryOptions { Size = known.Bytes });
    }

    /// <returns>How many of the messages the turn has dealt with.</returns>
    private async Task<int> AdvanceAsync(Mailbox mailbox, List<Message> messages)
    {
        if (messages[0] is Purge purge)
        {
            await PurgeAsync(mailbox, purge);
            return 1;
        }

        // A commit notices that another host has changed the instance; a refused start has none.
        if (messages.Any(message => message is Start)) _remembered.Remove(mailbox.InstanceId);
        var known = mailbox.Broken is null ? await RecallAsync(mailbox.InstanceId)
            : await store.FindAsync(mailbox.InstanceId, _stopping.Token) is { } broken ? Known.From(broken, [])
            : null;
        var instance = known?.Instance;
        var now = time.GetUtcNow().UtcDateTime;
        List<HistoryEvent> fresh = [];
        List<Request> accepted = [];
        List<WakeUp> woken = [];
        var hasLeftThread = false;
        var taken = 0;
        for (var isFull = false; taken < messages.Count && !isFull; taken++)
        {
            switch (messages[taken])
            {
                case Start start when instance is { HasEnded: false }:
                    start.Reject(new OrchestrationAlreadyExistsException(mailbox.InstanceId));
                    break;
                case Start start:
                    instance = new Instance(mailbox.InstanceId, start.Name, now, start.Input)
                    {
                        StartAt = start.StartAt > now ? start.StartAt : null,
                        Replaces = instance?.Execution,
                        ETag = instance?.ETag ?? default,
                    };
                    known = null;
                    accepted.Add(start);
                    if (instance.StartAt is null) fresh.Add(new ExecutionStarted(now, start.Name, start.Input));
                    break;
                case WakeUp wakeUp:
                    woken.Add(wakeUp);
                    break;
                case Request request when instance is null:
                    request.Reject(new InstanceNotFoundException(mailbox.InstanceId));
                    break;
                case Tell tell when instance.HasEnded:
                    tell.Reject(new InstanceEndedException(instance));
                    break;
                case Tell tell:
                    fresh.Add(tell.Event(now));
                    accepted.Add(tell);
                    isFull = fresh[^1] is ExecutionTerminated;
                    break;
                case Purge:
                    (taken, isFull) = (taken - 1, true);
                    break;
                case Outcome outcome when instance is { HasEnded: false } && instance.Execution == outcome.Execution:
                    fresh.Add(outcome.Event with { Timestamp = now });
                    break;
                case LeftThread left when instance is { HasEnded: false } && instance.Execution == left.Execution:
                    hasLeftThread = true;
                    break;
            }
        }

        if (instance is null || (instance.HasEnded && accepted.Count == 0))
        {
            Work.Dispatch(mailbox, instance, []);
            foreach (var wakeUp in woken) wakeUp.Accept();
            return taken;
        }

        // What the last execution left is nothing to one that starts.
        var cause = known is null && mailbox.Broken is SpoiltHistoryException ? null : mailbox.Broken;
        known = (known ?? Known.From(instance, [])) with { Instance = instance };
        (known, var result) = cause is not null ? (known, TurnResult.FailedBy(cause, [], now))
            : hasLeftThread ? (known, TurnResult.FailedBy(new InvalidOperationException(ReplayContext.ForeignAwait), fresh, now))
            : await RunAsync(known, fresh, now);
        if (result.Events.Count > 0 || accepted.Count > 0)
        {
            instance = await CommitAsync(known.Instance, result, now);
            known = known.After(instance, result.Events);
            if (instance.Status == OrchestrationRuntimeStatus.Failed) LogFailed(instance.Name, instance.Id, instance.Output);
            Committed?.Invoke(instance);
        }

        Remember(known with { Live = result.Context });
        Work.Dispatch(mailbox, known.Instance, result.OpenWork);
        foreach (var request in accepted.Concat(woken)) request.Accept();
        return taken;
    }

    /// <summary>The turn, and the first one of whatever execution takes the place of the one before.</summary>
    private async Task<(Known Known, TurnResult Result)> RunAsync(Known known, List<HistoryEvent> fresh, DateTime now)
    {
        for (var idle = 0; ;)
        {
            var instance = known.Instance;
            var result = await _turn.RunAsync(
                instance.Id, known.History, fresh, now, () => Post(instance.Id, new LeftThread(instance.Execution)), known.Live);
            if (result.Next is not [ExecutionStarted started, ..] next)
            {
                return result.Status == OrchestrationRuntimeStatus.Pending && instance.StartAt is { } startAt
                    ? (known, result with { OpenWork = [new TimerCreated(now, WorkDispatcher.StartTaskId, startAt.UtcDateTime)] })
                    : (known, result);
            }

            // What is new has a clock of its own, and whatever is made of the time is another.
            now = now.AddTicks(1);
            known = Known.From(
                instance with
                {
                    Input = started.Input,
                    CreatedAt = now,
                    StartAt = null,
                    Execution = Guid.NewGuid(),
                    Replaces = instance.Commits == 0 ? instance.Replaces : instance.Execution,
                    Commits = 0,
                },
                []);
            // Otherwise it took an event that waited.
            idle = next.Count < fresh.Count ? 0 : idle + 1;
            fresh = [.. next];
            if (idle == IdleExecutionsPerTurn)
            {
                return (known, TurnResult.FailedBy(
                    new InvalidOperationException(
                        $"Orchestrator '{instance.Name}' continued as new {idle} times in a row and waited for nothing. Await a timer or an event first."),
                    fresh, now));
            }
        }
    }

    private Task<Instance> CommitAsync(Instance instance, TurnResult turn, DateTime now) => store.CommitAsync(
        instance with
        {
            Status = turn.Status,
            Output = turn.Output,
            CustomStatus = turn.CustomStatus,
            Failure = turn.Failure,
            LastUpdatedAt = now,
            HasOpenWork = turn.OpenWork.Count > 0,
        },
        turn.Events, CancellationToken.None);

    private async Task PurgeAsync(Mailbox mailbox, Purge purge)
    {
        _remembered.Remove(mailbox.InstanceId);
        var instance = await store.FindAsync(mailbox.InstanceId, _stopping.Token);
        if (instance is null)
        {
            purge.Reject(new InstanceNotFoundException(mailbox.InstanceId));
        }
        else if (!instance.HasEnded)
        {
            purge.Reject(new InvalidOperationException($"Instance '{instance.Id}' is {instance.Status}; only an ended one can be purged."));
        }
        else
        {
            await store.PurgeAsync(instance, CancellationToken.None);
            purge.Accept();
        }
    }

    [LoggerMessage(LogLevel.Error, "{Orchestrator} {InstanceId} failed: {Reason}")]
    private partial void LogFailed(string orchestrator, string instanceId, string? reason);

    [LoggerMessage(LogLevel.Error, "A turn of {InstanceId} cannot be run: {Exception}: {Reason}")]
    private partial void LogTurnFailed(string instanceId, string exception, string reason);

    [LoggerMessage(LogLevel.Warning, "{Count} turns wait for storage, the last of {InstanceId}: {Reason}")]
    private partial void LogStorageUnavailable(int count, string instanceId, string reason);

    [LoggerMessage(LogLevel.Warning, "Work that an earlier host left waits: {Reason}")]
    private partial void LogRecoveryFailed(string reason);
}
