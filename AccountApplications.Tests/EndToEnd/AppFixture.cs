using AccountApplications.Tests.Fixtures;

namespace AccountApplications.Tests.EndToEnd;

/// <summary>The app on a host that all tests share; each makes applications of its own. It ends with the test process.</summary>
public sealed class AppFixture : IAsyncLifetime
{
    private static readonly Lazy<Task<TestHost>> Shared = new(StartAsync);

    private readonly AzuriteFixture _azurite = new();

    public string ConnectionString => _azurite.ConnectionString;

    internal TestHost App { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        await _azurite.InitializeAsync();
        App = await Shared.Value;
    }

    public Task DisposeAsync() => Task.CompletedTask;

    private static async Task<TestHost> StartAsync()
    {
        var azurite = new AzuriteFixture();
        await azurite.InitializeAsync();
        return await TestHost.StartAppAsync(azurite.ConnectionString, TestHost.NewHub());
    }
}
