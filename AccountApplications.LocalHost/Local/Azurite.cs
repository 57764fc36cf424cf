using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace AccountApplications.LocalHost;

/// <summary>
/// The Azure Storage emulator as a child process: installed from npm if it is not there, and ended with its owner, even one that is
/// killed. It saves its data when it ends.
/// </summary>
internal sealed partial class Azurite : IAsyncDisposable
{
    // The account that every storage emulator has; its key is public.
    private const string Account = "devstoreaccount1";
    private const string Key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(6);

    private readonly Process _process;
    private readonly Dictionary<string, int> _ports = [];
    private readonly TaskCompletionSource _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<string> _errors = [];

    private Azurite(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Read(line.Data);
        process.ErrorDataReceived += (_, line) => { if (line.Data is { Length: > 0 } error) lock (_errors) _errors.Add(error); };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        Ended = EndAsync();
    }

    /// <summary>Completes, always successfully, when the process has ended.</summary>
    public Task Ended { get; }

    /// <summary>A connection string for its blob, queue and table services.</summary>
    public string ConnectionString => ConnectionStringFor(_ports["Blob"], _ports["Queue"], _ports["Table"]);

    public static string ConnectionStringFor(int blobPort, int queuePort, int tablePort) =>
        $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={Key};BlobEndpoint=http://127.0.0.1:{blobPort}/{Account};"
        + $"QueueEndpoint=http://127.0.0.1:{queuePort}/{Account};TableEndpoint=http://127.0.0.1:{tablePort}/{Account};";

    /// <summary>The nearest folder, from <paramref name="start"/> upward, whose package.json names Azurite; null if there is none.</summary>
    public static string? FindRoot(string start)
    {
        for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
            if (PinnedVersion(folder.FullName) is not null)
                return folder.FullName;
        return null;
    }

    /// <summary>Starts blob, queue and table service, installed first if need be; returns when all three listen on 127.0.0.1.</summary>
    /// <param name="root">The folder with the package.json that pins Azurite.</param>
    /// <param name="folder">Where the data is kept; null for a temporary folder that goes with it.</param>
    /// <param name="firstPort">The blob service's; queue and table follow. 0 for any three that are free.</param>
    /// <param name="say">Takes a line that the user should know.</param>
    /// <exception cref="LocalHostException">Node.js is missing or too old, npm failed, or Azurite did not start within 30 s.</exception>
    public static async Task<Azurite> StartAsync(
        string root, string? folder, int firstPort, Action<string> say, CancellationToken cancellation = default)
    {
        await InstallAsync(root, say, cancellation);
        string[] services = ["blob", "queue", "table"];
        var ports = services.SelectMany((service, i) => new[]
        {
            $"--{service}Host", "127.0.0.1", $"--{service}Port", (firstPort == 0 ? 0 : firstPort + i).ToString(CultureInfo.InvariantCulture),
        });
        var start = new ProcessStartInfo("node",
        [
            Path.Combine(AppContext.BaseDirectory, "azurite.mjs"), Path.Combine(root, "node_modules", "azurite", "dist", "src", "azurite.js"),
            "--location", folder ?? Directory.CreateTempSubdirectory("azurite-").FullName, .. ports,
            "--silent", "--skipApiVersionCheck", "--disableTelemetry",
        ]);
        start.Environment["TEMPORARY"] = folder is null ? "1" : "0";
        var azurite = new Azurite(Run(start));
        try
        {
            await azurite._listening.Task.WaitAsync(StartLimit, cancellation);
            return azurite;
        }
        catch (TimeoutException e)
        {
            await azurite.DisposeAsync();
            throw new LocalHostException($"Azurite was not ready within {StartLimit.TotalSeconds} s.", e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        try
        {
            await Ended.WaitAsync(StopLimit);
        }
        catch (TimeoutException)
        {
            _process.Kill(entireProcessTree: true);
            await Ended;
        }

        _process.Dispose();
    }

    /// <summary>Installs the version that package.json pins, unless it is there. Of two at once the second waits.</summary>
    private static async Task InstallAsync(string root, Action<string> say, CancellationToken cancellation)
    {
        if (IsInstalled(root))
            return;

        using var alone = await LockAsync(Path.Combine(Directory.CreateDirectory(Path.Combine(root, ".storage")).FullName, "install.lock"), cancellation);
        if (IsInstalled(root))
            return;
        say($"Installing Azurite {PinnedVersion(root)} from npm, once…");
        // A development dependency: npm leaves those out where NODE_ENV is production.
        string[] npm = [.. OperatingSystem.IsWindows() ? ["cmd", "/c", "npm"] : new[] { "npm" }, "ci", "--include=dev", "--no-audit", "--no-fund"];
        using var process = Run(new ProcessStartInfo(npm[0], npm[1..]) { WorkingDirectory = root });
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(cancellation);
        var errors = await process.StandardError.ReadToEndAsync(cancellation);
        await process.WaitForExitAsync(cancellation);
        if (process.ExitCode != 0)
            throw new LocalHostException($"Azurite cannot be installed: npm ci failed with {process.ExitCode}: {FirstOf(errors.Split('\n'))} {await output}".Trim());
        if (!IsInstalled(root))
            throw new LocalHostException($"npm ci ran, but node_modules has no Azurite {PinnedVersion(root)}.");
    }

    private static bool IsInstalled(string root) =>
        Json(Path.Combine(root, "node_modules", "azurite", "package.json")) is { } package
        && package.GetProperty("version").GetString() == PinnedVersion(root);

    private static string? PinnedVersion(string root)
    {
        if (Json(Path.Combine(root, "package.json")) is not { } package)
            return null;
        foreach (var section in (string[])["devDependencies", "dependencies"])
            if (package.TryGetProperty(section, out var packages) && packages.TryGetProperty("azurite", out var version))
                return version.GetString();
        return null;
    }

    private static JsonElement? Json(string path) => File.Exists(path) ? JsonSerializer.Deserialize<JsonElement>(File.ReadAllText(path)) : null;

    private static async Task<FileStream> LockAsync(string path, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                await Task.Delay(200, cancellation);
            }
        }
    }

    private static Process Run(ProcessStartInfo start)
    {
        start.UseShellExecute = false;
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new LocalHostException($"{start.FileName} is missing: Azurite needs Node.js 20 or later, with npm. Or set AzureWebJobsStorage to an account.", e);
        }
    }

    private static string FirstOf(IEnumerable<string> lines) =>
        string.Join(' ', lines.Select(line => line.Trim()).Where(line => line.Length > 0).Take(3));

    private void Read(string? line)
    {
        if (line is null || Listening().Match(line) is not { Success: true } listens)
            return;
        _ports[listens.Groups["service"].Value] = int.Parse(listens.Groups["port"].Value, CultureInfo.InvariantCulture);
        if (_ports.Count == 3)
            _listening.TrySetResult();
    }

    private async Task EndAsync()
    {
        await _process.WaitForExitAsync();
        string why;
        lock (_errors)
            why = _errors.FirstOrDefault(line => line.Contains("EADDRINUSE", StringComparison.Ordinal)) is { } taken
                ? $"a port of its is taken ({taken.Trim()})." : FirstOf(_errors);
        _listening.TrySetException(new LocalHostException($"Azurite does not start: {why}"));
    }

    [GeneratedRegex(@"Azurite (?<service>Blob|Queue|Table) service (is )?successfully listen(s|ing) (on|at) https?://\S+:(?<port>\d+)")]
    private static partial Regex Listening();
}
