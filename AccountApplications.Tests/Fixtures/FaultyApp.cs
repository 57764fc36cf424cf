namespace AccountApplications.Tests.Fixtures;

/// <summary>The app on a host of its class, whose storage does what a test wants.</summary>
public sealed class FaultyApp : IAsyncLifetime
{
    internal FaultyStorage Storage { get; private set; } = null!;

    internal TestHost App { get; private set; } = null!;

    public string Hub { get; } = TestHost.NewHub();

    public async Task InitializeAsync()
    {
        var azurite = new AzuriteFixture();
        await azurite.InitializeAsync();
        Storage = await FaultyStorage.StartAsync(azurite.ConnectionString);
        App = await TestHost.StartAppAsync(Storage.ConnectionString, Hub);
    }

    public async Task DisposeAsync()
    {
        await App.DisposeAsync();
        await Storage.DisposeAsync();
    }
}
