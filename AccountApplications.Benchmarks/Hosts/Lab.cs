using Azure.Data.Tables;

namespace AccountApplications.Benchmarks;

/// <summary>A storage of its own, and on it the app and its floor, each on a host of its own.</summary>
internal sealed record Lab(StorageFolder Storage, LocalHostProcess AppHost, LocalHostProcess FloorHost) : IAsyncDisposable
{
    public const string AppHub = "App";

    private CountedHosts? _counted;

    public static async Task<Lab> StartAsync()
    {
        var storage = await StorageFolder.StartAsync();
        // The floor's reads go there.
        await new TableServiceClient(storage.ConnectionString).CreateTableIfNotExistsAsync("Floor");
        return new Lab(
            storage,
            await LocalHostProcess.StartAsync(LocalHostProcess.AppFolder, storage.ConnectionString, AppHub),
            await LocalHostProcess.StartAsync(LocalHostProcess.FloorFolder, storage.ConnectionString, "Floor"));
    }

    /// <summary>Two more hosts, whose requests to the same storage are counted.</summary>
    public async Task<CountedHosts> CountAsync(BenchmarkOptions options) =>
        _counted ??= await CountedHosts.StartAsync(Storage.ConnectionString, TimeSpan.FromSeconds(options.Times(30, 10)));

    public async ValueTask DisposeAsync()
    {
        if (_counted is not null)
            await _counted.DisposeAsync();
        await AppHost.DisposeAsync();
        await FloorHost.DisposeAsync();
        await Storage.DisposeAsync();
    }
}
