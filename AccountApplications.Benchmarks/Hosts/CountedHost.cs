namespace AccountApplications.Benchmarks;

/// <summary>A host behind a proxy that counts what it asks of storage.</summary>
internal sealed class CountedHost(CountingProxy proxy, LocalHostProcess host) : IAsyncDisposable
{
    public HttpClient Http => host.Http;

    /// <summary>Requests a second while nothing is asked of it.</summary>
    public IReadOnlyDictionary<StorageRequest, double> Idle { get; private set; } = new Dictionary<StorageRequest, double>();

    /// <inheritdoc cref="LocalHostProcess.StartAsync"/>
    public static async Task<CountedHost> StartAsync(
        string folder, string storage, string hub, int port = 0, IReadOnlyDictionary<string, string>? durable = null)
    {
        var proxy = await CountingProxy.StartAsync(storage, hub);
        return new CountedHost(proxy, await LocalHostProcess.StartAsync(folder, proxy.ConnectionString, hub, port, durable));
    }

    public async Task WatchIdleAsync(TimeSpan time)
    {
        proxy.Reset();
        await Task.Delay(time);
        Idle = proxy.Counts.ToDictionary(count => count.Key, count => count.Value / time.TotalSeconds);
    }

    /// <summary>What each of some actions costs beyond idleness, by kind of request.</summary>
    /// <param name="pause">After each: what it sets going has to come to its end.</param>
    public async Task<IReadOnlyDictionary<StorageRequest, double>> CountAsync(int times, TimeSpan pause, Func<int, Task> action)
    {
        proxy.Reset();
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < times; i++)
        {
            await action(i);
            await Task.Delay(pause);
        }

        var (seconds, counts) = (watch.Elapsed.TotalSeconds, proxy.Counts);
        return counts.ToDictionary(count => count.Key, count => (count.Value - Idle.GetValueOrDefault(count.Key) * seconds) / times);
    }

    public async ValueTask DisposeAsync()
    {
        await host.DisposeAsync();
        await proxy.DisposeAsync();
    }
}
