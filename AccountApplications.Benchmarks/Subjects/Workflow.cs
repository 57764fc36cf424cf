namespace AccountApplications.Benchmarks;

internal enum Stage
{
    Waiting,
    Done,
}

/// <summary>What is measured, or its floor: a workflow that ends by itself or waits for a decision first.</summary>
internal abstract class Workflow
{
    // What a crash left under way may come back after five minutes.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(8);

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(10);

    /// <summary>Between two questions of all clients of a burst together: a question is two queries, for which Azurite looks at every row.</summary>
    private static readonly TimeSpan BurstPollInterval = TimeSpan.FromMilliseconds(20);

    public abstract Task<string> StartAsync(bool waits);

    public abstract Task DecideAsync(string id);

    public async Task WaitAsync(string id, Stage stage, TimeSpan? pollInterval = null)
    {
        for (var since = Stopwatch.StartNew(); !await HasReachedAsync(id, stage); await Task.Delay(pollInterval ?? PollInterval))
            if (since.Elapsed > Patience)
                throw new TimeoutException($"{id} is not {stage} after {Patience.TotalMinutes:0} min.");
    }

    /// <summary>From start to end.</summary>
    public async Task RunAsync(TimeSpan? pollInterval = null) => await WaitAsync(await StartAsync(waits: false), Stage.Done, pollInterval);

    /// <summary>From the decision to the end.</summary>
    public async Task DecideAndWaitAsync(string id)
    {
        await DecideAsync(id);
        await WaitAsync(id, Stage.Done);
    }

    /// <summary>Starts some that wait.</summary>
    /// <returns>Their ids, when all wait.</returns>
    public async Task<IReadOnlyList<string>> StartWaitingAsync(int count)
    {
        var ids = await Task.WhenAll(Enumerable.Range(0, count).Select(_ => StartAsync(waits: true)));
        foreach (var id in ids)
            await WaitAsync(id, Stage.Waiting);
        return ids;
    }

    /// <summary>So many runs by so many clients, each beginning its next when its last has ended.</summary>
    public Task BurstAsync(int count, int clients) => Parallel.ForEachAsync(
        Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = clients }, async (_, _) => await RunAsync(BurstPollInterval * clients));

    protected abstract Task<bool> HasReachedAsync(string id, Stage stage);
}
