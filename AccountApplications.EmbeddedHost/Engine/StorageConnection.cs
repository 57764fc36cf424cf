using Azure.Core;
using Azure.Data.Tables;
using Azure.Identity;
using Microsoft.Extensions.Configuration;

namespace AccountApplications.EmbeddedHost.Engine;

/// <summary>The account that the setting AzureWebJobsStorage names.</summary>
internal static class StorageConnection
{
    public const string Setting = "AzureWebJobsStorage";

    /// <summary>A turn that storage does not take is tried again by the loop; callers are answered within seconds.</summary>
    public static TableClientOptions ClientOptions() => new()
    {
        Retry = { MaxRetries = 2, Mode = RetryMode.Exponential, Delay = TimeSpan.FromMilliseconds(100), NetworkTimeout = TimeSpan.FromSeconds(2.5) },
    };

    /// <exception cref="HostStartException">The setting is missing or cannot be read.</exception>
    public static TableServiceClient Connect(IConfiguration configuration)
    {
        var options = ClientOptions();
        if (configuration[Setting] is { Length: > 0 } connectionString)
        {
            try
            {
                return new TableServiceClient(connectionString, options);
            }
            catch (Exception e) when (e is FormatException or ArgumentException or InvalidOperationException)
            {
                throw new HostStartException($"{Setting} is not a connection string of a storage account: {e.Message}", e);
            }
        }

        if (configuration[$"{Setting}:tableServiceUri"] is not { Length: > 0 } uri)
        {
            throw new HostStartException(
                $"{Setting} is not set. Set it to a connection string (UseDevelopmentStorage=true for Azurite), or {Setting}__tableServiceUri to the account's table endpoint.");
        }

        if (!Uri.TryCreate(uri, UriKind.Absolute, out var endpoint)) throw new HostStartException($"{Setting}__tableServiceUri is '{uri}', which is no URI.");
        return new TableServiceClient(endpoint, new DefaultAzureCredential(new DefaultAzureCredentialOptions
        {
            ManagedIdentityClientId = configuration[$"{Setting}:clientId"],
        }), options);
    }
}
