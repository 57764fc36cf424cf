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

    /// <summary>How often one client asks how far a workflow is; several ask as often together, since asking costs as well.</summary>
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(10);

    private static readonly TimeSpan LongestPollInterval = TimeSpan.FromMilliseconds(500);

    public abstract Task<string> StartAsync(bool waits);

    public abstract Task DecideAsync(string id);

    /// <param name="clients">How many ask at the same time.</param>
    public async Task WaitAsync(string id, Stage stage, int clients = 1)
    {
        var interval = PollInterval * clients < LongestPollInterval ? PollInterval * clients : LongestPollInterval;
        for (var since = Stopwatch.StartNew(); !await HasReachedAsync(id, stage); await Task.Delay(interval))
            if (since.Elapsed > Patience)
                throw new TimeoutException($"{id} is not {stage} after {Patience.TotalMinutes:0} min.");
    }

    /// <summary>From start to end.</summary>
    public async Task RunAsync(int clients = 1) => await WaitAsync(await StartAsync(waits: false), Stage.Done, clients);

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
        Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = clients }, async (_, _) => await RunAsync(clients));

    protected abstract Task<bool> HasReachedAsync(string id, Stage stage);
}
