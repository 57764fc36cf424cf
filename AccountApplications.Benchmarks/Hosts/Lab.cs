namespace AccountApplications.Benchmarks;

/// <summary>A storage of its own, and on it the app and its floor, each on a host of its own.</summary>
internal sealed record Lab(MeteredAzurite Storage, LocalHostProcess AppHost, LocalHostProcess FloorHost) : IAsyncDisposable
{
    /// <summary>The floor reads in its tables.</summary>
    public const string AppHub = "App";

    // By then hosts look for work as rarely as they do when there is none.
    private static readonly TimeSpan CalmAfter = TimeSpan.FromSeconds(10);

    private (CountedHost App, CountedHost Floor)? _counted;

    public static async Task<Lab> StartAsync()
    {
        var storage = await MeteredAzurite.StartAsync();
        return new Lab(
            storage,
            await LocalHostProcess.StartAsync(LocalHostProcess.AppFolder, storage.ConnectionString, AppHub),
            await LocalHostProcess.StartAsync(LocalHostProcess.FloorFolder, storage.ConnectionString, "Floor"));
    }

    /// <summary>Two more hosts, whose requests to the same storage are counted.</summary>
    public async Task<(CountedHost App, CountedHost Floor)> CountAsync(BenchmarkOptions options)
    {
        if (_counted is { } counted)
            return counted;
        var app = await CountedHost.StartAsync(LocalHostProcess.AppFolder, Storage.ConnectionString, "CountedApp");
        var floor = await CountedHost.StartAsync(LocalHostProcess.FloorFolder, Storage.ConnectionString, "CountedFloor");
        _counted = (app, floor);
        await Task.Delay(CalmAfter);
        var idle = TimeSpan.FromSeconds(options.Times(30, 10));
        await Task.WhenAll(app.WatchIdleAsync(idle), floor.WatchIdleAsync(idle));
        return (app, floor);
    }

    public async ValueTask DisposeAsync()
    {
        if (_counted is (var app, var floor))
        {
            await app.DisposeAsync();
            await floor.DisposeAsync();
        }

        await AppHost.DisposeAsync();
        await FloorHost.DisposeAsync();
        await Storage.DisposeAsync();
    }
}
