using AccountApplications.EmbeddedHost.Engine;
using Microsoft.DurableTask.Client;

namespace AccountApplications.Tests.Embedded.Engine;

/// <summary>A store that fails as a test likes: before or after it has done what it was asked.</summary>
internal sealed class FailingInstanceStore(IInstanceStore store) : IInstanceStore
{
    private int _commits;
    private int _reads;

    /// <summary>Which commits fail without being written, by number, the first being 1.</summary>
    public Func<int, bool> FailsBefore { get; set; } = _ => false;

    /// <summary>Which commits are written although they fail.</summary>
    public Func<int, bool> FailsAfter { get; set; } = _ => false;

    /// <summary>Which reads of an instance fail.</summary>
    public Func<int, bool> FailsReading { get; set; } = _ => false;

    /// <summary>What somebody else does just before a commit.</summary>
    public Func<int, Task> Before { get; set; } = _ => Task.CompletedTask;

    /// <summary>What somebody else does just after a list was read.</summary>
    public Func<Task> AfterQuery { get; set; } = () => Task.CompletedTask;

    public int Commits => _commits;

    public async Task<Instance> CommitAsync(Instance instance, IReadOnlyList<HistoryEvent> events, CancellationToken cancellation)
    {
        var number = Interlocked.Increment(ref _commits);
        await Before(number);
        FailIf(FailsBefore(number));
        var committed = await store.CommitAsync(instance, events, cancellation);
        FailIf(FailsAfter(number));
        return committed;
    }

    public Task<Instance?> FindAsync(string id, CancellationToken cancellation)
    {
        FailIf(FailsReading(Interlocked.Increment(ref _reads)));
        return store.FindAsync(id, cancellation);
    }

    public Task<(Instance Instance, List<HistoryEvent> History)?> LoadAsync(string id, CancellationToken cancellation)
    {
        FailIf(FailsReading(Interlocked.Increment(ref _reads)));
        return store.LoadAsync(id, cancellation);
    }

    public Task PurgeAsync(Instance instance, CancellationToken cancellation) => store.PurgeAsync(instance, cancellation);

    public async Task<(IReadOnlyList<Instance> Instances, string? ContinuationToken)> QueryAsync(
        OrchestrationQuery filter, CancellationToken cancellation)
    {
        var page = await store.QueryAsync(filter, cancellation);
        await AfterQuery();
        return page;
    }

    public IAsyncEnumerable<string> FindOpenWorkAsync(CancellationToken cancellation) => store.FindOpenWorkAsync(cancellation);

    private static void FailIf(bool fails)
    {
        if (fails) throw new InstanceStoreUnavailableException("The test wants it so.");
    }
}
