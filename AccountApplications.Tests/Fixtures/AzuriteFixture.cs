using AccountApplications.LocalHost;

namespace AccountApplications.Tests.Fixtures;

/// <summary>
/// One of the test run's Azurites, shared by the classes that take this as their <see cref="IClassFixture{TFixture}"/>; so each test keeps to
/// tables, or partitions, of its own. They are some because what Azurite does takes the longer the more messages all its queues have. Nothing
/// stops them: they end with the test process, however that ends, and take their data along.
/// </summary>
public sealed class AzuriteFixture : IAsyncLifetime
{
    private static readonly Lazy<Task<Azurite>>[] Shared = [.. Enumerable.Range(0, 4).Select(_ => new Lazy<Task<Azurite>>(() => StartAsync()))];

    private static int _last;

    /// <summary>A connection string for the blob, queue and table services, with the development account.</summary>
    public string ConnectionString { get; private set; } = "";

    /// <summary>A table name that no other test has.</summary>
    public static string NewTableName() => $"T{Guid.NewGuid():N}";

    /// <summary>Another Azurite, to be stopped and started.</summary>
    /// <param name="folder">Where it keeps its data; null for a temporary folder.</param>
    /// <param name="firstPort">The first of its three ports; 0 for any.</param>
    internal static Task<Azurite> StartAsync(string? folder = null, int firstPort = 0) =>
        Azurite.StartAsync(Azurite.FindRoot(AppContext.BaseDirectory)!, folder, firstPort, Console.WriteLine);

    public async Task InitializeAsync() =>
        ConnectionString = (await Shared[(uint)Interlocked.Increment(ref _last) % Shared.Length].Value).ConnectionString;

    public Task DisposeAsync() => Task.CompletedTask;
}
