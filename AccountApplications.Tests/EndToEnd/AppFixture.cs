using AccountApplications.Tests.Embedded;
using AccountApplications.Tests.Fixtures;

namespace AccountApplications.Tests.EndToEnd;

/// <summary>The app on a host that a class's tests share; each makes applications of its own.</summary>
public sealed class AppFixture : IAsyncLifetime
{
    private readonly AzuriteFixture _azurite = new();

    public string ConnectionString => _azurite.ConnectionString;

    internal TestHost App { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        await _azurite.InitializeAsync();
        App = await TestHost.StartAppAsync(ConnectionString, TestHost.NewHub());
    }

    public async Task DisposeAsync() => await App.DisposeAsync();
}
