namespace AccountApplications.Benchmarks;

/// <summary>The app and its floor, each behind a proxy that counts what it asks of storage.</summary>
internal sealed record CountedHosts(CountedHost App, CountedHost Floor) : IAsyncDisposable
{
    // By then they look for work as rarely as they do when there is none.
    private static readonly TimeSpan CalmAfter = TimeSpan.FromSeconds(10);

    /// <param name="idle">For how long to watch them do nothing.</param>
    public static async Task<CountedHosts> StartAsync(string storage, TimeSpan idle)
    {
        var app = await CountedHost.StartAsync(LocalHostProcess.AppFolder, storage, "CountedApp");
        var floor = await CountedHost.StartAsync(LocalHostProcess.FloorFolder, storage, "CountedFloor");
        await Task.Delay(CalmAfter);
        await Task.WhenAll(app.WatchIdleAsync(idle), floor.WatchIdleAsync(idle));
        return new CountedHosts(app, floor);
    }

    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        await Floor.DisposeAsync();
    }
}

/// <summary>A host behind a proxy that counts what it asks of storage.</summary>
internal sealed class CountedHost(CountingProxy proxy, LocalHostProcess host) : IAsyncDisposable
{
    public HttpClient Http => host.Http;

    /// <summary>Requests a second while nothing is asked of it.</summary>
    public IReadOnlyDictionary<StorageRequest, double> Idle { get; private set; } = new Dictionary<StorageRequest, double>();

    /// <inheritdoc cref="LocalHostProcess.StartAsync"/>
    public static async Task<CountedHost> StartAsync(string folder, string storage, string hub, int port = 0)
    {
        var proxy = await CountingProxy.StartAsync(storage, hub);
        return new CountedHost(proxy, await LocalHostProcess.StartAsync(folder, proxy.ConnectionString, hub, port));
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
