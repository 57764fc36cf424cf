namespace AccountApplications.EmbeddedHost.Engine;

/// <summary>
/// Runs an orchestrator's code on the thread that applies its events, and nowhere else: continuations that come from another thread,
/// or after the turn, are not run but reported.
/// </summary>
internal sealed class OrchestratorThread : SynchronizationContext
{
    private readonly Queue<(SendOrPostCallback Callback, object? State)> _ready = [];
    private int _threadId;

    /// <summary>Called when the orchestrator awaited something foreign; from that thing's thread.</summary>
    public Action? Left { private get; set; }

    public bool IsCurrent => _threadId == Environment.CurrentManagedThreadId;

    public void Run(Action step)
    {
        var previous = Current;
        SetSynchronizationContext(this);
        _threadId = Environment.CurrentManagedThreadId;
        try
        {
            step();
            while (_ready.TryDequeue(out var next)) next.Callback(next.State);
        }
        finally
        {
            _threadId = 0;
            SetSynchronizationContext(previous);
        }
    }

    /// <summary>Notices an orchestrator that ends on another thread, as it does after ConfigureAwait(false) on something foreign.</summary>
    public void Watch(Task execution) => execution.ContinueWith(
        _ =>
        {
            if (!IsCurrent) Left?.Invoke();
        },
        CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    public override void Post(SendOrPostCallback d, object? state)
    {
        if (IsCurrent) _ready.Enqueue((d, state));
        else Left?.Invoke();
    }

    public override void Send(SendOrPostCallback d, object? state)
    {
        if (IsCurrent) d(state);
        else Left?.Invoke();
    }

    public override SynchronizationContext CreateCopy() => this;
}
