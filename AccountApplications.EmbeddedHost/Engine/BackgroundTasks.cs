using System.Collections.Concurrent;

namespace AccountApplications.EmbeddedHost.Engine;

/// <summary>Tasks that nobody awaits, until the host stops.</summary>
internal sealed class BackgroundTasks
{
    private readonly ConcurrentDictionary<Task, string> _underWay = [];

    public void Run(Func<Task> work)
    {
        var task = Task.Run(work);
        _underWay.TryAdd(task, "");
        task.ContinueWith(done => _underWay.TryRemove(done, out _), TaskScheduler.Default);
    }

    /// <summary>Waits for those that are under way, however they end, or until it is cancelled.</summary>
    public async Task EndAsync(CancellationToken cancellation) =>
        await Task.WhenAll(_underWay.Keys).WaitAsync(cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
