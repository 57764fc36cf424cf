using AccountApplications.Tests.Fixtures;
using Microsoft.Playwright;

namespace AccountApplications.Tests.Browser;

/// <summary>One browser for all its tests, one after the other: two at a time would only take each other's processor.</summary>
[CollectionDefinition(Name)]
public sealed class BrowserTests : ICollectionFixture<BrowserFixture>
{
    public const string Name = "Browser";
}

/// <summary>A browser, and an app for the tests that need no queue of their own.</summary>
public sealed class BrowserFixture : IAsyncLifetime
{
    private readonly AzuriteFixture _azurite = new();
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    internal TestHost App { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        await _azurite.InitializeAsync();
        App = await TestHost.StartAppAsync(_azurite.ConnectionString, TestHost.NewHub());
        if (Chromium.Path is null)
            return;
        _playwright = await Playwright.CreateAsync();
        _browser = await Chromium.LaunchAsync(_playwright);
        Assertions.SetDefaultExpectTimeout(20_000);
    }

    /// <summary>The app, with nothing in its lists.</summary>
    internal async Task<TestHost> EmptyAppAsync()
    {
        await App.ClearListsAsync();
        return App;
    }

    /// <summary>Somebody at a browser with nothing in it, whom the shared app is for if no other is given.</summary>
    internal Task<Visitor> VisitAsync(TestHost? app = null, BrowserNewContextOptions? options = null, bool complaining = true) =>
        Visitor.StartAsync(_browser!, (app ?? App).Http.BaseAddress!, options, complaining);

    public async Task DisposeAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        _playwright?.Dispose();
        await App.DisposeAsync();
    }
}
