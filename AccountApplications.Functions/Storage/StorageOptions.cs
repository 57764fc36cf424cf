using System.ComponentModel.DataAnnotations;
using AccountApplications.Functions.Telemetry;
using Azure.Core;
using Azure.Data.Tables;
using Azure.Identity;
using Azure.Storage.Queues;
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

    /// <summary><c>AzureWebJobsStorage:queueServiceUri</c>: for a managed identity and <see cref="EventsQueue"/>.</summary>
    public Uri? QueueServiceUri { get; set; }

    /// <summary><c>AzureWebJobsStorage:clientId</c>: the identity, if it is a user-assigned one.</summary>
    public string? ClientId { get; set; }

    /// <summary><c>AccountApplications:TablePrefix</c>: put before the names of the tables. Empty unless set.</summary>
    [RegularExpression("[A-Za-z][A-Za-z0-9]{0,35}", ErrorMessage = "AccountApplications:TablePrefix must be up to 36 letters and digits.")]
    public string TablePrefix { get; set; } = "";

    /// <summary><c>AccountApplications:EventsQueue</c>: the queue for <see cref="EventQueue"/>. Nobody is told unless it is set.</summary>
    [RegularExpression("(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*", ErrorMessage =
        "AccountApplications__EventsQueue must be 3 to 63 lower-case letters, digits and single hyphens between them.")]
    public string? EventsQueue { get; set; }

    private DefaultAzureCredential Identity => new(new DefaultAzureCredentialOptions { ManagedIdentityClientId = ClientId });

    public static void Read(StorageOptions options, IConfiguration configuration)
    {
        options.ConnectionString = configuration[Connection];
        options.TableServiceUri = configuration.GetValue<Uri>($"{Connection}:tableServiceUri");
        options.ClientId = configuration[$"{Connection}:clientId"];
        options.QueueServiceUri = configuration.GetValue<Uri>($"{Connection}:queueServiceUri");
        options.EventsQueue = configuration["AccountApplications:EventsQueue"];
        options.TablePrefix = configuration["AccountApplications:TablePrefix"] ?? options.TablePrefix;
    }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (string.IsNullOrWhiteSpace(ConnectionString) && TableServiceUri is null)
            yield return new ValidationResult(
                $"No storage: set {Connection} (to UseDevelopmentStorage=true for Azurite) or {Connection}__tableServiceUri.");
        else if (!string.IsNullOrEmpty(EventsQueue) && TableServiceUri is not null && QueueServiceUri is null)
            yield return new ValidationResult($"AccountApplications__EventsQueue is set, so {Connection}__queueServiceUri must be set as well.");
        else if (!CanCreateClient())
            yield return new ValidationResult(
                $"{Connection} is no connection string for Table Storage, or its tableServiceUri or queueServiceUri is no https address.");
    }

    private bool CanCreateClient()
    {
        if (!((Uri?[])[TableServiceUri, QueueServiceUri]).All(uri => uri is null or { IsAbsoluteUri: true, Scheme: "https" }))
            return false;
        try
        {
            CreateClient();
            CreateEventsClient();
            return true;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidOperationException)
        {
            return false;
        }
    }

    /// <param name="tableMissing">Called when a table is missing that had been created.</param>
    public TableServiceClient CreateClient(Action? tableMissing = null) => TableServiceUri is { } uri
        ? new TableServiceClient(uri, Identity, ClientOptions(tableMissing))
        : new TableServiceClient(ConnectionString, ClientOptions(tableMissing));

    /// <returns>null if nobody is to be told.</returns>
    public QueueClient? CreateEventsClient()
    {
        var options = WithRetries(new QueueClientOptions(), new StorageUnavailablePolicy("Queue Storage"));
        return string.IsNullOrEmpty(EventsQueue) ? null
            : QueueServiceUri is { } uri ? new QueueServiceClient(uri, Identity, options).GetQueueClient(EventsQueue)
            : new QueueClient(ConnectionString, EventsQueue, options);
    }

    /// <summary>Three tries of at most 2.5 s: an HTTP request has to be answered within 10 s, a workflow tries again itself.</summary>
    public static TableClientOptions ClientOptions(Action? tableMissing = null) =>
        WithRetries(new TableClientOptions(), new StorageUnavailablePolicy("Table Storage", tableMissing));

    private static T WithRetries<T>(T options, StorageUnavailablePolicy policy) where T : ClientOptions
    {
        options.Retry.Mode = RetryMode.Exponential;
        options.Retry.MaxRetries = 2;
        options.Retry.Delay = TimeSpan.FromMilliseconds(100);
        options.Retry.MaxDelay = TimeSpan.FromMilliseconds(500);
        options.Retry.NetworkTimeout = TimeSpan.FromSeconds(2.5);
        options.AddPolicy(policy, HttpPipelinePosition.PerCall);
        options.AddPolicy(RetryCounter.Instance, HttpPipelinePosition.PerRetry);
        return options;
    }
}
