using System.ComponentModel;

namespace AccountApplications.LocalHost;

/// <summary>
/// The Azure Storage emulator as a child process: installed from npm if it is not there, and ended with its owner, even one that is
/// killed. It saves its data when it ends. azurite.mjs does all that.
/// </summary>
internal sealed class Azurite : IAsyncDisposable
{
    /// <summary>The account that every storage emulator has; its key is public.</summary>
    public const string Account = "devstoreaccount1";

    private const string Key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(6);

    private readonly Process _process;
    private readonly TaskCompletionSource _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Azurite(ProcessStartInfo start, Action<string> say)
    {
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Read(line.Data ?? "", say);
        try
        {
            _process.Start();
        }
        catch (Win32Exception e)
        {
            throw new LocalHostException("Node.js is missing: Azurite needs version 20 or later, with npm. Or set AzureWebJobsStorage to an account.", e);
        }

        _process.BeginOutputReadLine();
        Ended = EndAsync();
    }

    /// <summary>Completes, always successfully, when the process has ended.</summary>
    public Task Ended { get; }

    /// <summary>A connection string for its blob, queue and table services.</summary>
    public string ConnectionString { get; private set; } = "";

    public static string ConnectionStringFor(int blobPort, int queuePort, int tablePort) =>
        $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={Key};BlobEndpoint=http://127.0.0.1:{blobPort}/{Account};"
        + $"QueueEndpoint=http://127.0.0.1:{queuePort}/{Account};TableEndpoint=http://127.0.0.1:{tablePort}/{Account};";

    /// <summary>The nearest folder, from <paramref name="start"/> upward, whose package.json names Azurite; null if there is none.</summary>
    public static string? FindRoot(string start)
    {
        var folder = new DirectoryInfo(start);
        while (folder is not null && !(File.Exists(Path.Combine(folder.FullName, "package.json"))
            && File.ReadAllText(Path.Combine(folder.FullName, "package.json")).Contains("\"azurite\"", StringComparison.Ordinal)))
            folder = folder.Parent;
        return folder?.FullName;
    }

    /// <summary>Starts blob, queue and table service; returns when all three listen on 127.0.0.1.</summary>
    /// <param name="root">The folder with the package.json that pins Azurite.</param>
    /// <param name="folder">Where the data is kept; null for a folder that goes with it; nothing for memory, which suits many rows and few messages.</param>
    /// <param name="firstPort">The blob service's; queue and table follow. 0 for any three that are free.</param>
    /// <param name="say">Takes a line that the user should know.</param>
    /// <exception cref="LocalHostException">Node.js or npm is missing or failed, or Azurite did not start within 30 s.</exception>
    public static async Task<Azurite> StartAsync(
        string root, string? folder, int firstPort, Action<string> say, CancellationToken cancellation = default)
    {
        string[] services = ["blob", "queue", "table"];
        var start = new ProcessStartInfo("node",
        [
            Path.Combine(AppContext.BaseDirectory, "azurite.mjs"), root, "--silent", "--skipApiVersionCheck", "--disableTelemetry",
            .. folder switch { null => Array.Empty<string>(), "" => ["--inMemoryPersistence"], _ => ["--location", folder] },
            .. services.SelectMany((service, i) => (string[])
                [$"--{service}Host", "127.0.0.1", $"--{service}Port", (firstPort == 0 ? 0 : firstPort + i).ToString(CultureInfo.InvariantCulture)]),
        ])
        { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        var azurite = new Azurite(start, say);
        await azurite._listening.Task.WaitAsync(cancellation);
        return azurite;
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await Task.WhenAny(Ended, Task.Delay(StopLimit));
        if (!Ended.IsCompleted)
            _process.Kill(entireProcessTree: true);
        await Ended;
        _process.Dispose();
    }

    private void Read(string line, Action<string> say)
    {
        if (line.Split(' ') is not ["Listening", var blob, var queue, var table])
        {
            if (line.Length > 0)
                say(line);
            return;
        }

        ConnectionString = ConnectionStringFor(Port(blob), Port(queue), Port(table));
        _listening.TrySetResult();

        static int Port(string port) => int.Parse(port, CultureInfo.InvariantCulture);
    }

    private async Task EndAsync()
    {
        var errors = (await _process.StandardError.ReadToEndAsync()).Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        await _process.WaitForExitAsync();
        _listening.TrySetException(new LocalHostException(Array.Find(errors, line => line.Contains("EADDRINUSE", StringComparison.Ordinal)) is { } taken
            ? $"Azurite does not start, a port is taken: {taken}" : string.Join(' ', errors.Take(3))));
        // Nobody may be waiting any more.
        _ = _listening.Task.Exception;
    }
}
