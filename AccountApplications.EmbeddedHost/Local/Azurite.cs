using System.ComponentModel;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;

namespace AccountApplications.EmbeddedHost.Local;

/// <summary>A tool of the developer's machine (Node.js, npm, Azurite) is missing or failed; the message says what to do about it.</summary>
internal sealed class LocalToolException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Where an <see cref="Azurite"/> runs and what it serves.</summary>
internal sealed record AzuriteOptions
{
    /// <summary>The folder with the package.json that pins Azurite, as <see cref="Azurite.FindRoot"/> finds it.</summary>
    public required string Root { get; init; }

    /// <summary>Where the data is kept. Default: a temporary folder that is removed when Azurite ends, however it ends.</summary>
    public string? Folder { get; init; }

    /// <summary>The port of the table service on 127.0.0.1. Default: 0, a free one.</summary>
    public int TablePort { get; init; }

    /// <summary>
    /// Whether the blob and queue services run too (on the two ports below the table's, or on free ones).
    /// Default: the table service alone, which starts a third faster.
    /// </summary>
    public bool AllServices { get; init; }

    /// <summary>Takes what the user should know, a line at a time. Default: standard output.</summary>
    public Action<string> Say { get; init; } = Console.WriteLine;

    /// <summary>The command that runs Node.js.</summary>
    public IReadOnlyList<string> Node { get; init; } = ["node"];

    /// <summary>The command that runs npm, which is a batch file on Windows.</summary>
    public IReadOnlyList<string> Npm { get; init; } = OperatingSystem.IsWindows() ? ["cmd", "/c", "npm"] : ["npm"];

    /// <summary>All services, on the development storage's ports 10000 to 10002, with the data in <c>.azurite</c> under the root.</summary>
    public static AzuriteOptions DevelopmentStorage(string root) =>
        new() { Root = root, Folder = Path.Combine(root, ".azurite"), TablePort = 10002, AllServices = true };
}

/// <summary>
/// The Azure Storage emulator as a child process: installed from npm when it is not there, and ended with its owner, even one
/// that is killed. It saves its tables when it ends.
/// </summary>
internal sealed class Azurite : IAsyncDisposable
{
    private const int OldestNode = 20;

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(5);

    // Runs inside Azurite's process, before Azurite.
    private const string Guard = """
        import { Server } from 'node:net';

        // The owner's end, however it comes, closes the pipe. Then Azurite saves and ends, as its own "shutdown" message asks;
        // a client that keeps its connection open does not hold it up for ever.
        process.stdin.on('error', () => {}).on('close', () => {
          if (!process.emit('message', 'shutdown')) process.exit();
          setTimeout(() => process.exit(), 4000).unref();
        }).resume();

        // A terminal's Ctrl+C and a supervisor's stop reach the whole process group, and the owner needs its storage to shut down.
        for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']) process.on(signal, () => {});
        const once = process.once;
        process.once = (event, listener) => String(event).startsWith('SIG') ? process : once.call(process, event, listener);

        // Nobody may be left to read what Azurite says.
        for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

        const listen = Server.prototype.listen;
        Server.prototype.listen = function (...where) {
          this.once('listening', () => console.log('listening ' + this.address().port));
          return listen.apply(this, where);
        };
        """;

    private const string FolderRemover = """
        import { rmSync } from 'node:fs';

        const folder = process.argv[process.argv.indexOf('--location') + 1];
        process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
        """;

    // The account that every storage emulator has; its key is public.
    private const string Account = "devstoreaccount1";
    private const string AccountKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    // A proxy from the environment knows nothing of this machine's ports.
    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(2) };

    private readonly Process _process;
    private readonly StreamWriter _lifeline;
    private readonly string? _temporaryFolder;
    private readonly TaskCompletionSource<int> _tablePort = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Azurite(Process process, int services, string? temporaryFolder)
    {
        _process = process;
        _lifeline = process.StandardInput;
        _temporaryFolder = temporaryFolder;
        ProcessId = process.Id;
        Ended = FollowAsync(services);
    }

    /// <summary>The table service's address, with the account: <c>http://127.0.0.1:{port}/devstoreaccount1</c>.</summary>
    public Uri TableEndpoint { get; private set; } = null!;

    /// <summary>A full connection string for the table service.</summary>
    public string ConnectionString => ConnectionStringFor(TableEndpoint);

    /// <summary>The process that Azurite runs in.</summary>
    public int ProcessId { get; }

    /// <summary>Completes, always successfully, when Azurite's process has ended.</summary>
    public Task Ended { get; }

    /// <summary>The nearest folder, from <paramref name="start"/> upward, whose package.json names Azurite.</summary>
    /// <exception cref="LocalToolException">There is none.</exception>
    public static string FindRoot(string start)
    {
        for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
        {
            if (PinnedVersion(folder.FullName) is not null)
                return folder.FullName;
        }

        throw new LocalToolException(
            $"Azurite cannot be found: no package.json at or above {start} names it. Start a storage emulator yourself, or set AzureWebJobsStorage.");
    }

    /// <summary>
    /// Whether a connection string means the emulator on this machine, and where that has its table service:
    /// <c>UseDevelopmentStorage=true</c>, or the emulator's account on a loopback address.
    /// </summary>
    public static bool IsDevelopmentStorage(string connectionString, [NotNullWhen(true)] out Uri? tableEndpoint)
    {
        var settings = connectionString
            .Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(setting => setting.Split('=', 2, StringSplitOptions.TrimEntries))
            .Where(setting => setting.Length == 2)
            .ToLookup(setting => setting[0], setting => setting[1], StringComparer.OrdinalIgnoreCase);
        string? Setting(string name) => settings[name].FirstOrDefault();

        var address = string.Equals(Setting("UseDevelopmentStorage"), "true", StringComparison.OrdinalIgnoreCase)
            ? $"{Setting("DevelopmentStorageProxyUri")?.TrimEnd('/') ?? "http://127.0.0.1"}:10002/{Account}"
            : Setting("AccountName") == Account ? Setting("TableEndpoint") : null;
        tableEndpoint = Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.IsLoopback ? uri : null;
        return tableEndpoint is not null;
    }

    /// <summary>A full connection string for an emulator's table service, with the account that every emulator has.</summary>
    public static string ConnectionStringFor(Uri tableEndpoint) =>
        $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={AccountKey};TableEndpoint={tableEndpoint};";

    /// <summary>
    /// Whether an emulator's table service is there. Another program on that port does not count, but one that says nothing within 2 s
    /// does: an emulator that is busy must not get a second one beside it.
    /// </summary>
    public static async Task<bool> IsThereAsync(Uri tableEndpoint, CancellationToken cancellationToken = default)
    {
        try
        {
            using var response = await Http.GetAsync(tableEndpoint, cancellationToken);
            return response.Headers.Server.ToString().Contains("Table", StringComparison.Ordinal);
        }
        catch (HttpRequestException)
        {
            return false;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return true;
        }
    }

    /// <summary>Starts Azurite, installed first if need be; returns when its table service can be used.</summary>
    /// <exception cref="LocalToolException">Node.js is missing or too old, npm failed, or Azurite did not start within 30 s.</exception>
    public static async Task<Azurite> StartAsync(AzuriteOptions options, CancellationToken cancellationToken = default)
    {
        await RequireNodeAsync(options, cancellationToken);
        await EnsureInstalledAsync(options, cancellationToken);

        var folder = options.Folder ?? Directory.CreateTempSubdirectory("azurite-").FullName;
        var process = Launch(CommandLine(options, folder), options.Root);
        var azurite = new Azurite(process, options.AllServices ? 3 : 1, options.Folder is null ? folder : null);
        try
        {
            var port = await azurite._tablePort.Task.WaitAsync(StartLimit, cancellationToken);
            azurite.TableEndpoint = new Uri($"http://127.0.0.1:{port}/{Account}");
            return azurite;
        }
        catch (Exception e)
        {
            await azurite.DisposeAsync();
            if (e is TimeoutException)
                throw new LocalToolException($"Azurite was not ready within {StartLimit.TotalSeconds} s.", e);
            throw;
        }
    }

    /// <summary>Installs the version of Azurite that package.json pins, unless it is there. Two starts at once install it once.</summary>
    /// <exception cref="LocalToolException">npm is missing or failed.</exception>
    public static async Task EnsureInstalledAsync(AzuriteOptions options, CancellationToken cancellationToken = default)
    {
        if (IsInstalled(options.Root))
            return;

        using var installing = await LockAsync(Path.Combine(options.Root, ".azurite", "install.lock"), options.Say, cancellationToken);
        if (IsInstalled(options.Root))
            return;

        var version = PinnedVersion(options.Root);
        options.Say($"Installing Azurite {version} from npm, once…");
        var watch = Stopwatch.StartNew();
        var command = File.Exists(Path.Combine(options.Root, "package-lock.json")) ? "ci" : "install";
        // Azurite is a development dependency, which npm leaves out where NODE_ENV is production.
        var (exitCode, _, errors) = await RunAsync(
            [.. options.Npm, command, "--include=dev", "--no-audit", "--no-fund"], options.Root, cancellationToken);
        if (exitCode != 0)
            throw new LocalToolException($"Azurite could not be installed: npm {command} failed with {exitCode}: {NpmErrors(errors)}");
        if (!IsInstalled(options.Root))
            throw new LocalToolException($"npm {command} ran, but node_modules has no Azurite {version}: package.json must pin an exact version.");

        options.Say($"Azurite {version} is installed ({watch.Elapsed.TotalSeconds.ToString("F0", CultureInfo.InvariantCulture)} s).");
    }

    /// <summary>What starts Azurite on a folder, program first. Its standard input must be a pipe: Azurite ends when that does.</summary>
    internal static IReadOnlyList<string> CommandLine(AzuriteOptions options, string folder)
    {
        static string Port(int port) => port.ToString(CultureInfo.InvariantCulture);
        static string Import(string script) => $"--import=data:text/javascript,{Uri.EscapeDataString(script)}";

        var source = Path.Combine(options.Root, "node_modules", "azurite", "dist", "src");
        return
        [
            .. options.Node, Import(Guard), .. options.Folder is null ? [Import(FolderRemover)] : Array.Empty<string>(),
            options.AllServices ? Path.Combine(source, "azurite.js") : Path.Combine(source, "table", "main.js"),
            "--location", folder, "--silent", "--skipApiVersionCheck", "--disableTelemetry",
            "--tableHost", "127.0.0.1", "--tablePort", Port(options.TablePort),
            .. options.AllServices
                ? ["--blobHost", "127.0.0.1", "--blobPort", Port(Math.Max(options.TablePort - 2, 0)),
                    "--queueHost", "127.0.0.1", "--queuePort", Port(Math.Max(options.TablePort - 1, 0))]
                : Array.Empty<string>(),
        ];
    }

    /// <summary>Lets Azurite save and end; kills it if that takes longer than 5 s.</summary>
    public async Task StopAsync()
    {
        _lifeline.Close();
        try
        {
            await Ended.WaitAsync(StopLimit);
        }
        catch (TimeoutException)
        {
            _process.Kill(entireProcessTree: true);
            await Ended;
        }

        if (_temporaryFolder is not null && Directory.Exists(_temporaryFolder))
            Directory.Delete(_temporaryFolder, recursive: true);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _process.Dispose();
    }

    // Reads both pipes to their end, so that Azurite never waits for a reader.
    private async Task FollowAsync(int services)
    {
        var errors = _process.StandardError.ReadToEndAsync();
        for (var listening = 0; await _process.StandardOutput.ReadLineAsync() is { } line;)
        {
            if (line.Split(' ') is ["listening", var port] && ++listening == services)
                _tablePort.TrySetResult(int.Parse(port, CultureInfo.InvariantCulture));
        }

        var lines = (await errors).Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        await _process.WaitForExitAsync();
        var reason = lines.FirstOrDefault(line => line.Contains("error", StringComparison.OrdinalIgnoreCase)) ?? lines.FirstOrDefault();
        _tablePort.TrySetException(new LocalToolException($"Azurite did not start: {reason ?? $"it ended with {_process.ExitCode}"}"));
    }

    private static async Task RequireNodeAsync(AzuriteOptions options, CancellationToken cancellationToken)
    {
        var (_, output, _) = await RunAsync([.. options.Node, "--version"], options.Root, cancellationToken);
        var version = output.Trim();
        if (!int.TryParse(version.TrimStart('v').Split('.')[0], CultureInfo.InvariantCulture, out var major) || major < OldestNode)
            throw new LocalToolException($"Azurite needs Node.js {OldestNode} or newer, and this is '{version}': install a newer one from https://nodejs.org.");
    }

    private static string? PinnedVersion(string folder) =>
        Read(Path.Combine(folder, "package.json")) is { } package
            ? Member(Member(package, "devDependencies"), "azurite")?.GetString() ?? Member(Member(package, "dependencies"), "azurite")?.GetString()
            : null;

    // npm writes .package-lock.json last: without it, an installation was broken off.
    private static bool IsInstalled(string root)
    {
        var modules = Path.Combine(root, "node_modules");
        return File.Exists(Path.Combine(modules, ".package-lock.json"))
            && Member(Read(Path.Combine(modules, "azurite", "package.json")), "version")?.GetString() == PinnedVersion(root);
    }

    private static JsonElement? Read(string file)
    {
        try
        {
            return JsonSerializer.Deserialize<JsonElement>(File.ReadAllText(file));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or JsonException)
        {
            return null;
        }
    }

    private static JsonElement? Member(JsonElement? element, string name) =>
        element is { ValueKind: JsonValueKind.Object } parent && parent.TryGetProperty(name, out var member) ? member : null;

    private static async Task<FileStream> LockAsync(string file, Action<string> say, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        for (var waiting = false; ; waiting = true)
        {
            try
            {
                return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (File.Exists(file))
            {
                if (!waiting)
                    say("Waiting for another start, which is installing Azurite…");
                await Task.Delay(TimeSpan.FromMilliseconds(200), cancellationToken);
            }
        }
    }

    private static string NpmErrors(string errors)
    {
        var lines = errors.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var marked = lines.Where(line => line.StartsWith("npm err", StringComparison.OrdinalIgnoreCase)).Take(3).ToArray();
        return string.Join("; ", marked.Length > 0 ? marked : lines.TakeLast(1));
    }

    private static async Task<(int ExitCode, string Output, string Errors)> RunAsync(
        IReadOnlyList<string> command, string folder, CancellationToken cancellationToken)
    {
        using var process = Launch(command, folder);
        process.StandardInput.Close();
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            var errors = process.StandardError.ReadToEndAsync(cancellationToken);
            await Task.WhenAll(output, errors, process.WaitForExitAsync(cancellationToken));
            return (process.ExitCode, await output, await errors);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    private static Process Launch(IReadOnlyList<string> command, string folder)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            CreateNoWindow = true,
        };
        // They would take the well-known account away, and the data elsewhere.
        foreach (var variable in (string[])["AZURITE_ACCOUNTS", "AZURITE_DB"])
            start.Environment.Remove(variable);

        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new LocalToolException(
                $"'{command[0]}' cannot be started: install Node.js {OldestNode} or newer (https://nodejs.org), which brings npm.", e);
        }
    }
}
