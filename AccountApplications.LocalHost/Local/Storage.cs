using Azure.Storage.Queues;

namespace AccountApplications.LocalHost;

/// <summary>The storage account that AzureWebJobsStorage names. Before anything waits for it, it is asked whether it is there.</summary>
internal static class Storage
{
    private const int FirstPort = 10000;

    // A proxy from the environment knows nothing of this machine's ports.
    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false });

    /// <summary>Starts Azurite where the development storage is meant and nothing answers there.</summary>
    /// <returns>null where none was needed.</returns>
    /// <exception cref="LocalHostException">Storage does not answer, or Azurite cannot be started.</exception>
    public static async Task<Azurite?> EnsureAsync(Settings settings, CancellationToken cancellation)
    {
        var queues = QueueServiceOf(settings);
        if (queues is null || await AnswersAsync(queues, settings.StorageLimit, cancellation))
            return null;
        if (!IsDevelopmentStorage(settings.Storage))
            throw new LocalHostException(
                $"Storage does not answer at {queues.GetLeftPart(UriPartial.Authority)} within {settings.StorageLimit.TotalSeconds:0.#} s. Check AzureWebJobsStorage.");

        var root = Azurite.FindRoot(AppContext.BaseDirectory)
            ?? throw new LocalHostException("No package.json above this host names Azurite: start a storage emulator, or set AzureWebJobsStorage.");
        var folder = settings.Configuration["LocalHost:AzuriteFolder"] ?? Path.Combine(root, ".storage");
        return await Azurite.StartAsync(root, folder, FirstPort, Console.WriteLine, cancellation);
    }

    private static bool IsDevelopmentStorage(string? storage) =>
        storage?.Trim().TrimEnd(';').Equals("UseDevelopmentStorage=true", StringComparison.OrdinalIgnoreCase) == true;

    private static Uri? QueueServiceOf(Settings settings)
    {
        if (settings.Configuration["AzureWebJobsStorage:queueServiceUri"] is { Length: > 0 } address)
            return Uri.TryCreate(address, UriKind.Absolute, out var uri) ? uri : throw new LocalHostException("AzureWebJobsStorage__queueServiceUri is no address.");
        if (settings.Configuration["AzureWebJobsStorage:accountName"] is { Length: > 0 } account)
            return new Uri($"https://{account}.queue.core.windows.net");
        try
        {
            return string.IsNullOrEmpty(settings.Storage) ? null : new QueueServiceClient(settings.Storage).Uri;
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            throw new LocalHostException($"AzureWebJobsStorage is no connection string: {e.Message}", e);
        }
    }

    /// <summary>Whether anything answers there, whatever it answers.</summary>
    private static async Task<bool> AnswersAsync(Uri address, TimeSpan limit, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(limit);
        while (true)
        {
            try
            {
                using var answer = await Http.GetAsync(address, patience.Token);
                return true;
            }
            catch (HttpRequestException) when (address.IsLoopback)
            {
                return false;
            }
            catch (HttpRequestException)
            {
                await Task.WhenAny(Task.Delay(500, patience.Token));
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                return false;
            }
        }
    }
}
