using AccountApplications.EmbeddedHost.Local;

namespace AccountApplications.Tests.Fixtures;

/// <summary>
/// The test run's one Azurite, shared by every class that takes this as its <see cref="IClassFixture{TFixture}"/>; so each test keeps to
/// tables, or partitions, of its own. Nothing stops it: it ends with the test process, however that ends, and takes its data along.
/// </summary>
public sealed class AzuriteFixture : IAsyncLifetime
{
    private static readonly Lazy<Task<Azurite>> Shared =
        new(() => Azurite.StartAsync(new AzuriteOptions { Root = Azurite.FindRoot(AppContext.BaseDirectory) }));

    /// <summary>A full connection string for the table service, with the development account.</summary>
    public string ConnectionString { get; private set; } = "";

    /// <summary>A table name that no other test has.</summary>
    public static string NewTableName() => $"T{Guid.NewGuid():N}";

    public async Task InitializeAsync() => ConnectionString = (await Shared.Value).ConnectionString;

    public Task DisposeAsync() => Task.CompletedTask;
}
