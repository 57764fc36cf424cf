using AccountApplications.Tests.Fixtures;
using Microsoft.AspNetCore.Http;

namespace AccountApplications.Tests.EndToEnd;

/// <summary>The app as it should be, and in two conditions in which it should not.</summary>
public sealed class OpenApiFixture : IAsyncLifetime
{
    private readonly AppFixture _app = new();
    private FaultyStorage _storage = null!;

    internal TestHost App => _app.App;

    /// <summary>Storage refuses whatever is about its records.</summary>
    internal TestHost WithoutStorage { get; private set; } = null!;

    /// <summary>Storage takes it for a stranger: nobody has foreseen that.</summary>
    internal TestHost WithAWrongKey { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        await _app.InitializeAsync();
        _storage = await FaultyStorage.StartAsync(_app.ConnectionString);
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
        await WithoutStorage.DisposeAsync();
        await WithAWrongKey.DisposeAsync();
        await _storage.DisposeAsync();
    }
}
