using Azure.Storage.Queues;

namespace AccountApplications.LocalHost;

/// <summary>The storage account that AzureWebJobsStorage names. Before anything waits for it, it is asked whether it is there.</summary>
internal static class Storage
{
    private static readonly TimeSpan ClosingLimit = TimeSpan.FromSeconds(6);

    // A proxy from the environment knows nothing of this machine's ports.
    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false });

    /// <summary>Starts Azurite where the development storage is meant and nothing answers there.</summary>
    /// <returns>null where none was needed.</returns>
    /// <exception cref="LocalHostException">Storage does not answer, or Azurite cannot be started.</exception>
    public static async Task<Azurite?> EnsureAsync(Settings settings, CancellationToken cancellation)
    {
        if (QueueServiceOf(settings) is not { } queues)
            return null;
        var root = queues is { IsLoopback: true, AbsolutePath: "/" + Azurite.Account } ? Azurite.FindRoot(AppContext.BaseDirectory) : null;
        var folder = Path.GetFullPath(settings.Configuration["LocalHost:AzuriteFolder"] ?? Path.Combine(root ?? "", ".storage"));
        var owner = Path.Combine(folder, "owner.pid");
        if (root is not null && WasLeftBehind(owner) && await AnswersAsync(queues, ClosingLimit, cancellation))
        {
            Console.WriteLine("The Azurite of a host that was killed is closing: it is waited for.");
            for (var since = Stopwatch.StartNew(); since.Elapsed < ClosingLimit && await AnswersAsync(queues, ClosingLimit, cancellation);)
                await Task.Delay(100, cancellation);
        }

        if (await AnswersAsync(queues, settings.StorageLimit, cancellation))
            return null;
        if (root is null)
            throw new LocalHostException(
                $"Storage does not answer at {queues.GetLeftPart(UriPartial.Authority)} within {settings.StorageLimit.TotalSeconds:0.#} s. "
                + "Check AzureWebJobsStorage.");
        Directory.CreateDirectory(folder);
        var azurite = await Azurite.StartAsync(root, folder, queues.Port - 1, Console.WriteLine, cancellation: cancellation);
        await File.WriteAllTextAsync(owner, $"{Environment.ProcessId}", cancellation);
        _ = azurite.Ended.ContinueWith(_ => File.Delete(owner), TaskScheduler.Default);
        return azurite;
    }

    /// <summary>Whether the host that started the folder's Azurite was killed: that is closing then, if it still answers.</summary>
    private static bool WasLeftBehind(string ownerFile)
    {
        if (!File.Exists(ownerFile) || !int.TryParse(File.ReadAllText(ownerFile), out var id) || Process.GetProcesses().Any(process => process.Id == id))
            return false;
        File.Delete(ownerFile);
        return true;
    }

    private static Uri? QueueServiceOf(Settings settings)
    {
        try
        {
            return settings.Configuration["AzureWebJobsStorage:queueServiceUri"] is { Length: > 0 } address ? new Uri(address)
                : settings.Configuration["AzureWebJobsStorage"] is { Length: > 0 } connection ? new QueueServiceClient(connection).Uri
                : null;
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            throw new LocalHostException($"AzureWebJobsStorage is no connection string, or its queueServiceUri no address: {e.Message}", e);
        }
    }

    /// <summary>Whether anything answers there, whatever it answers.</summary>
    private static async Task<bool> AnswersAsync(Uri address, TimeSpan limit, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(limit);
        try
        {
            using var answer = await Http.GetAsync(address, patience.Token);
            return true;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            return false;
        }
    }
}
