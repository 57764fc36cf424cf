using AccountApplications.LocalHost;

namespace AccountApplications.Tests.Fixtures;

/// <summary>
/// The test run's one Azurite, shared by every class that takes this as its <see cref="IClassFixture{TFixture}"/>; so each test keeps to
/// tables, or partitions, of its own. Nothing stops it: it ends with the test process, however that ends, and takes its data along.
/// </summary>
public sealed class AzuriteFixture : IAsyncLifetime
{
    private static readonly Lazy<Task<Azurite>> Shared = new(() => StartAsync());

    /// <summary>A connection string for the blob, queue and table services, with the development account.</summary>
    public string ConnectionString { get; private set; } = "";

    /// <summary>A table name that no other test has.</summary>
    public static string NewTableName() => $"T{Guid.NewGuid():N}";

    /// <summary>Another Azurite, to be stopped and started.</summary>
    /// <param name="folder">Where it keeps its data; null for a temporary folder.</param>
    /// <param name="firstPort">The first of its three ports; 0 for any.</param>
    internal static Task<Azurite> StartAsync(string? folder = null, int firstPort = 0) =>
        Azurite.StartAsync(Azurite.FindRoot(AppContext.BaseDirectory)!, folder, firstPort, Console.WriteLine);

    public async Task InitializeAsync() => ConnectionString = (await Shared.Value).ConnectionString;

    public Task DisposeAsync() => Task.CompletedTask;
}
