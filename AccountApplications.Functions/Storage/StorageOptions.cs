using System.ComponentModel.DataAnnotations;
using Azure.Core;
using Azure.Data.Tables;
using Azure.Identity;
using Microsoft.Extensions.Configuration;

namespace AccountApplications.Functions.Storage;

/// <summary>Where applications are kept: the storage account that the Functions host itself uses.</summary>
public sealed class StorageOptions : IValidatableObject
{
    private const string Connection = "AzureWebJobsStorage";

    /// <summary><c>AzureWebJobsStorage</c>: a connection string, or <c>UseDevelopmentStorage=true</c>.</summary>
    public string? ConnectionString { get; set; }

    /// <summary><c>AzureWebJobsStorage:tableServiceUri</c>: for a managed identity, in place of a connection string.</summary>
    public Uri? TableServiceUri { get; set; }

    /// <summary><c>AzureWebJobsStorage:clientId</c>: the identity, if it is a user-assigned one.</summary>
    public string? ClientId { get; set; }

    /// <summary><c>AccountApplications:TablePrefix</c>: put before the names of the tables. Empty unless set.</summary>
    [RegularExpression("[A-Za-z][A-Za-z0-9]{0,35}", ErrorMessage = "AccountApplications:TablePrefix must be up to 36 letters and digits.")]
    public string TablePrefix { get; set; } = "";

    public static void Read(StorageOptions options, IConfiguration configuration)
    {
        options.ConnectionString = configuration[Connection];
        options.TableServiceUri = configuration.GetValue<Uri>($"{Connection}:tableServiceUri");
        options.ClientId = configuration[$"{Connection}:clientId"];
        options.TablePrefix = configuration["AccountApplications:TablePrefix"] ?? options.TablePrefix;
    }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (string.IsNullOrWhiteSpace(ConnectionString) && TableServiceUri is null)
            yield return new ValidationResult(
                $"No storage: set {Connection} (to UseDevelopmentStorage=true for Azurite) or {Connection}__tableServiceUri.");
        else if (!CanCreateClient())
            yield return new ValidationResult(
                $"{Connection} is no connection string for Table Storage, or its tableServiceUri is no https address.");
    }

    private bool CanCreateClient()
    {
        if (TableServiceUri is { } uri && !(uri.IsAbsoluteUri && uri.Scheme == Uri.UriSchemeHttps))
            return false;
        try
        {
            CreateClient();
            return true;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidOperationException)
        {
            return false;
        }
    }

    /// <param name="tableMissing">Called when a table is missing that had been created.</param>
    public TableServiceClient CreateClient(Action? tableMissing = null) => TableServiceUri is { } uri
        ? new TableServiceClient(
            uri, new DefaultAzureCredential(new DefaultAzureCredentialOptions { ManagedIdentityClientId = ClientId }), ClientOptions(tableMissing))
        : new TableServiceClient(ConnectionString, ClientOptions(tableMissing));

    /// <summary>Three tries of at most 2.5 s: an HTTP request has to be answered within 10 s, a workflow tries again itself.</summary>
    public static TableClientOptions ClientOptions(Action? tableMissing = null)
    {
        var options = new TableClientOptions
        {
            Retry =
            {
                Mode = RetryMode.Exponential,
                MaxRetries = 2,
                Delay = TimeSpan.FromMilliseconds(100),
                MaxDelay = TimeSpan.FromMilliseconds(500),
                NetworkTimeout = TimeSpan.FromSeconds(2.5),
            },
        };
        options.AddPolicy(new StorageUnavailablePolicy(tableMissing), HttpPipelinePosition.PerCall);
        return options;
    }
}
