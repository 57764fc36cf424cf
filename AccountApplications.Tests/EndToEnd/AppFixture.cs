using AccountApplications.Tests.Fixtures;

namespace AccountApplications.Tests.EndToEnd;

/// <summary>The app on a host that all tests share; each makes applications of its own. It ends with the test process.</summary>
public sealed class AppFixture : IAsyncLifetime
{
    private static readonly AzuriteFixture Azurite = new();
    private static readonly Lazy<Task<TestHost>> Shared = new(StartAsync);

    public string ConnectionString { get; private set; } = "";

    internal TestHost App { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        App = await Shared.Value;
        ConnectionString = Azurite.ConnectionString;
    }

    public Task DisposeAsync() => Task.CompletedTask;

    private static async Task<TestHost> StartAsync()
    {
        await Azurite.InitializeAsync();
        return await TestHost.StartAppAsync(Azurite.ConnectionString, TestHost.NewHub());
    }
}
