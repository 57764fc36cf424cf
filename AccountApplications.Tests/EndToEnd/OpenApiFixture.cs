using System.Text.RegularExpressions;
using AccountApplications.Functions.Storage;
using AccountApplications.Tests.Embedded;
using AccountApplications.Tests.Fixtures;
using Azure.Data.Tables;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace AccountApplications.Tests.EndToEnd;

/// <summary>The app as it should be, and in two conditions in which it should not.</summary>
public sealed class OpenApiFixture : IAsyncLifetime
{
    private readonly AzuriteFixture _azurite = new();

    internal TestHost App { get; private set; } = null!;

    /// <summary>Nothing answers where its records should be.</summary>
    internal TestHost WithoutStorage { get; private set; } = null!;

    /// <summary>Storage takes it for a stranger: nobody has foreseen that.</summary>
    internal TestHost WithAWrongKey { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        await _azurite.InitializeAsync();
        var storage = _azurite.ConnectionString;
        App = await StartAsync(storage);
        WithoutStorage = await StartAsync(Regex.Replace(storage, "(?<=TableEndpoint=http://127.0.0.1):[0-9]+", ":1"));
        WithAWrongKey = await StartAsync(Regex.Replace(storage, "(?<=AccountKey=)[^;]+", Convert.ToBase64String(new byte[64])));
    }

    public async Task DisposeAsync()
    {
        await App.DisposeAsync();
        await WithoutStorage.DisposeAsync();
        await WithAWrongKey.DisposeAsync();
    }

    /// <param name="records">The connection string of the storage for records; that for workflows is as it should be.</param>
    private Task<TestHost> StartAsync(string records)
    {
        var hub = TestHost.NewHub();
        return TestHost.StartAppAsync(_azurite.ConnectionString, hub, builder =>
        {
            builder.Services.AddSingleton(new Tables(new TableServiceClient(records, StorageOptions.ClientOptions()), hub));
            // Nobody wants to wait the usual 5 s for a body that does not come.
            builder.Services.Configure<KestrelServerOptions>(kestrel =>
                kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(1.1)));
        });
    }
}
