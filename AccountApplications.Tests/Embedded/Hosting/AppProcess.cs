using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using AccountApplications.Tests.Fixtures;

namespace AccountApplications.Tests.Embedded.Hosting;

/// <summary>The built app as a process of its own, as a user runs it; killed when the test ends, if it still runs then.</summary>
internal sealed class AppProcess : IAsyncDisposable
{
    private static readonly HashSet<int> Given = [];

    private readonly Process _process;
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly ConcurrentQueue<string> _output = new();
    private readonly ConcurrentQueue<string> _errors = new();

    private AppProcess(Process process, int port)
    {
        _process = process;
        Http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        process.OutputDataReceived += (_, line) => Keep(_output, line.Data);
        process.ErrorDataReceived += (_, line) => Keep(_errors, line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Where the build puts the app, beside these tests.</summary>
    public static string Folder { get; } = Path.Combine(
        AppContext.BaseDirectory, "..", "..", "AccountApplications.Functions",
        Path.GetFileName(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar)));

    public HttpClient Http { get; }

    /// <summary>Lines of standard output.</summary>
    public IReadOnlyCollection<string> Output => _output;

    /// <summary>Lines of standard error.</summary>
    public IReadOnlyCollection<string> Errors => _errors;

    /// <param name="storage">AzureWebJobsStorage.</param>
    /// <param name="port">To listen on.</param>
    /// <param name="hub">Of the task hub and the tables.</param>
    /// <param name="folder">The app's, if it is not the one that was built.</param>
    /// <param name="environment">Further variables, which win.</param>
    public static AppProcess Start(
        string storage, int port, string hub, string? folder = null, params (string Name, string Value)[] environment)
    {
        var dotnet = Path.GetFullPath(Path.Combine(
            RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet"));
        // A test run in the background of a script ignores SIGINT, and so would all that it starts.
        string[] command = [.. OperatingSystem.IsLinux() ? ["env", "--default-signal=INT"] : Array.Empty<string>(), dotnet];
        var start = new ProcessStartInfo(
            command[0],
            [
                .. command[1..], Path.Combine(folder ?? Folder, "AccountApplications.Functions.dll"),
                "--", "--port", port.ToString(CultureInfo.InvariantCulture),
            ])
        {
            // Nothing may depend on where it is started.
            WorkingDirectory = Path.GetTempPath(),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["AzureWebJobsStorage"] = storage;
        start.Environment["AzureFunctionsJobHost__extensions__durableTask__hubName"] = hub;
        start.Environment["AccountApplications__TablePrefix"] = hub;
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return new AppProcess(Process.Start(start)!, port);
    }

    /// <summary>A port that nobody listens on, with as many below it; no other test gets it, and no connection that somebody opens.</summary>
    public static int FreePort(int below = 0)
    {
        while (true)
        {
            // Systems give connections ports above these.
            var ports = Enumerable.Range(Random.Shared.Next(20_000, 32_000), below + 1).ToList();
            lock (Given)
            {
                if (ports.Any(Given.Contains) || !ports.All(IsFree))
                    continue;
                Given.UnionWith(ports);
                return ports[^1];
            }
        }
    }

    /// <returns>How long it took since the start.</returns>
    public async Task<TimeSpan> ReadyAsync()
    {
        await Eventually.Async(() => _process.HasExited || _output.Any(line => line.StartsWith("Try: ", StringComparison.Ordinal)));
        var elapsed = _watch.Elapsed;
        Assert.False(_process.HasExited, $"{string.Join('\n', _output)}\n{string.Join('\n', _errors)}");
        return elapsed;
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

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

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
}
