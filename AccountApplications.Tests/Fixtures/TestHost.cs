using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;
using AccountApplications.Functions.Storage;
using Azure.Data.Tables;

namespace AccountApplications.Tests.Fixtures;

/// <summary>The app on the local host, as a process of its own and as a user starts it; killed with the test run, if not before.</summary>
internal sealed partial class TestHost : IAsyncDisposable
{
    // Behind the storage that all of them share, where the processors are too few for all.
    private const int Niceness = 5;

    private static readonly HashSet<int> Given = [];

    private readonly Process _process;
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly ConcurrentQueue<string> _output = new();
    private readonly ConcurrentQueue<string> _errors = new();

    private TestHost(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Keep(_output, line.Data);
        process.ErrorDataReceived += (_, line) => Keep(_errors, line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Where the build puts the local host with the app.</summary>
    public static string Folder { get; } = FolderOf("AccountApplications.LocalHost");

    /// <summary>A client without a proxy; its headers may be anything that can be sent.</summary>
    public HttpClient Http { get; private set; } = null!;

    public int Port => Http.BaseAddress!.Port;

    /// <summary>The app's tables, as itself it reaches them.</summary>
    public Tables Tables { get; private set; } = null!;

    public int ProcessId => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>Lines of standard output.</summary>
    public IReadOnlyCollection<string> Log => _output;

    /// <summary>Lines of standard error.</summary>
    public IReadOnlyCollection<string> Errors => _errors;

    /// <summary>From the start of the process to its being ready.</summary>
    public TimeSpan StartTook { get; private set; }

    /// <summary>A name that no other test's task hub or tables have; two hosts that share one share their data.</summary>
    public static string NewHub() => $"T{Guid.NewGuid():N}";

    /// <summary>The first of some ports in a row that nobody listens on; no other test gets them, and no connection that somebody opens.</summary>
    public static int FreePorts(int count = 1)
    {
        while (true)
        {
            // Systems give connections ports above these.
            var ports = Enumerable.Range(Random.Shared.Next(20_000, 32_000), count).ToList();
            lock (Given)
            {
                if (ports.Any(Given.Contains) || !ports.All(IsFree))
                    continue;
                Given.UnionWith(ports);
                return ports[0];
            }
        }
    }

    /// <summary>Where the build puts a project that lies beside this one.</summary>
    public static string FolderOf(string project) => Path.GetFullPath(Path.Combine(
        AppContext.BaseDirectory, "..", "..", "..", "..", project, Path.GetRelativePath(
            Path.Combine(AppContext.BaseDirectory, "..", "..", ".."), AppContext.BaseDirectory)));

    /// <summary>Runs the app, and waits until it is ready.</summary>
    /// <param name="storage">AzureWebJobsStorage.</param>
    /// <param name="hub">From <see cref="NewHub"/>: of the task hub and the tables.</param>
    /// <param name="environment">Further variables, which win.</param>
    public static Task<TestHost> StartAppAsync(string storage, string hub, params (string Name, string Value)[] environment) =>
        StartAppAsync(storage, hub, 0, environment);

    /// <summary>Runs it before the hosts of other tests, where the processors are too few for all: for what is promised within a time.</summary>
    /// <inheritdoc cref="StartAppAsync(string, string, ValueTuple{string, string}[])"/>
    public static Task<TestHost> StartPunctualAppAsync(string storage, string hub, params (string Name, string Value)[] environment) =>
        StartAppAsync(storage, hub, 0, [], environment, niceness: 0);

    /// <inheritdoc cref="StartAppAsync(string, string, ValueTuple{string, string}[])"/>
    /// <param name="port">The port to listen on: a host that is started again on the same one owns its partitions at once. 0 for any.</param>
    public static Task<TestHost> StartAppAsync(string storage, string hub, int port, params (string Name, string Value)[] environment) =>
        StartAppAsync(storage, hub, port, [], environment);

    /// <summary>Runs the app with its worker in a process of its own.</summary>
    public static Task<TestHost> StartAppWithWorkerAsync(string storage, string hub) =>
        StartAppAsync(storage, hub, 0, ["--app", FolderOf("AccountApplications.Functions")], []);

    private static async Task<TestHost> StartAppAsync(
        string storage, string hub, int port, string[] arguments, (string Name, string Value)[] environment, int niceness = Niceness)
    {
        (string, string)[] all =
        [
            ("AzureWebJobsStorage", storage), ("AzureFunctionsJobHost__extensions__durableTask__hubName", hub), ("AccountApplications__TablePrefix", hub),
            // Fewer queues than host.json has: many hosts ask the same Azurite.
            ("AzureFunctionsJobHost__extensions__durableTask__storageProvider__partitionCount", "1"), .. environment,
        ];
        var host = Start(["--port", port.ToString(CultureInfo.InvariantCulture), .. arguments], all, niceness: niceness);
        try
        {
            await host.ReadyAsync();
            host.Tables = new Tables(new TableServiceClient(storage, StorageOptions.ClientOptions()), hub);
            // Who comes first waits for what is compiled then, long on a busy machine. Where storage refuses, that is the test's affair.
            await host.Http.GetAsync("/api/health");
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a local host, and does not wait.</summary>
    /// <param name="arguments">Its command line.</param>
    /// <param name="environment">Variables beside those of the test run.</param>
    /// <param name="folder">Where the host itself lies, if it is not the one that was built.</param>
    /// <param name="niceness">As <c>nice</c> takes it.</param>
    public static TestHost Start(
        string[] arguments, (string Name, string Value)[] environment, string? folder = null, int niceness = Niceness)
    {
        // A test run in the background of a script ignores SIGINT, and so would all that it starts.
        string[] command = [.. OperatingSystem.IsLinux() ? ["nice", "-n", niceness.ToString(CultureInfo.InvariantCulture), "/usr/bin/env", "--default-signal=INT"] : Array.Empty<string>(), Dotnet()];
        var start = new ProcessStartInfo(command[0], [.. command[1..], Path.Combine(folder ?? Folder, "AccountApplications.LocalHost.dll"), .. arguments])
        {
            // Nothing may depend on where it is started.
            WorkingDirectory = Path.GetTempPath(),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // Most live for seconds: compiling what is called often once more takes more than it gives.
        start.Environment["DOTNET_TC_CallCounting"] = "0";
        // It must not outlive this process, however that ends.
        start.Environment["DOTNET_STARTUP_HOOKS"] = Path.Combine(Folder, "AccountApplications.LocalHost.StartupHook.dll");
        start.Environment["LOCALHOST_PROCESS_ID"] = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return new TestHost(Process.Start(start)!);
    }

    /// <summary>Waits until it is ready.</summary>
    public async Task ReadyAsync()
    {
        await Eventually.Async(() => _process.HasExited || Address() is not null, TimeSpan.FromMinutes(1));
        StartTook = _watch.Elapsed;
        Assert.False(_process.HasExited, $"{string.Join('\n', _output)}\n{string.Join('\n', _errors)}");
        var handler = new SocketsHttpHandler { UseProxy = false, RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8 };
        Http = new HttpClient(handler) { BaseAddress = Address() };
    }

    /// <summary>Sends a signal, as <c>kill</c> names it.</summary>
    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        Assert.Equal(0, kill.ExitCode);
    }

    /// <summary>Waits for the end, and for all that was written.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> ExitAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
        return _process.ExitCode;
    }

    /// <summary>Stops it in its orderly way.</summary>
    public async Task StopAsync()
    {
        await SignalAsync("TERM");
        Assert.Equal(0, await ExitAsync());
    }

    /// <summary>Ends it at once.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Http?.Dispose();
        if (!_process.HasExited)
            await KillAsync();
        _process.Dispose();
    }

    /// <summary>Empties all lists, so that nothing waits any more.</summary>
    public async Task ClearListsAsync()
    {
        var index = await Tables.Index.GetAsync(CancellationToken.None);
        await foreach (var row in index.QueryAsync<TableEntity>(select: ["PartitionKey", "RowKey"]))
            await index.DeleteEntityAsync(row.PartitionKey, row.RowKey);
    }

    // The banner comes last of all.
    private Uri? Address() => _output.Select(line => BannerEnd().Match(line)).FirstOrDefault(match => match.Success) is { } match
        ? new Uri(match.Groups["address"].Value.Replace("localhost", "127.0.0.1", StringComparison.Ordinal)) : null;

    private static string Dotnet() => Path.GetFullPath(Path.Combine(
        RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet"));

    private static bool IsFree(int port)
    {
        try
        {
            using var probe = new TcpListener(IPAddress.Loopback, port);
            probe.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static void Keep(ConcurrentQueue<string> lines, string? line)
    {
        if (line is not null)
            lines.Enqueue(line);
    }

    [GeneratedRegex(@"^Try: .*(?<address>http://localhost:\d+)")]
    private static partial Regex BannerEnd();
}
