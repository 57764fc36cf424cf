using AccountApplications.Tests.Fixtures;
using Microsoft.AspNetCore.Http;

namespace AccountApplications.Tests.EndToEnd;

/// <summary>The app as it should be, and in two conditions in which it should not.</summary>
public sealed class OpenApiFixture : IAsyncLifetime
{
    private FaultyStorage _storage = null!;

    /// <summary>By itself: what is claimed here is nobody else's.</summary>
    internal TestHost App { get; private set; } = null!;

    /// <summary>Storage refuses whatever is about its records.</summary>
    internal TestHost WithoutStorage { get; private set; } = null!;

    /// <summary>Storage takes it for a stranger: nobody has foreseen that.</summary>
    internal TestHost WithAWrongKey { get; private set; } = null!;

    /// <summary>The id of an application that a test has erased, for the others.</summary>
    internal string? Erased { get; set; }

    public async Task InitializeAsync()
    {
        var azurite = new AzuriteFixture();
        await azurite.InitializeAsync();
        App = await TestHost.StartAppAsync(azurite.ConnectionString, TestHost.NewHub());
        _storage = await FaultyStorage.StartAsync(azurite.ConnectionString);
        var (busy, strange) = (TestHost.NewHub(), TestHost.NewHub());
        _storage.OnRequest = request =>
            request.IsOfApp(busy) ? request.RefuseAsync()
            : request.IsOfApp(strange) ? request.RefuseAsync(StatusCodes.Status403Forbidden, "AuthenticationFailed")
            : request.SendAsync();
        WithoutStorage = await TestHost.StartAppAsync(_storage.ConnectionString, busy);
        WithAWrongKey = await TestHost.StartAppAsync(_storage.ConnectionString, strange);
    }

    public async Task DisposeAsync()
    {
        await App.DisposeAsync();
        await WithoutStorage.DisposeAsync();
        await WithAWrongKey.DisposeAsync();
        await _storage.DisposeAsync();
    }
}
