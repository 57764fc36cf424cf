using System.Net;
using System.Net.Sockets;

namespace AccountApplications.Benchmarks;

/// <summary>A local host as a process of its own, its worker within it.</summary>
internal sealed class LocalHostProcess : IAsyncDisposable
{
    private const string DurableTask = "AzureFunctionsJobHost__extensions__durableTask__";

    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan CalmLimit = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan CalmTime = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(10);

    // Of one processor; looking for work takes less.
    private const double CalmShare = 0.1;

    private readonly Process _process;

    private LocalHostProcess(Process process, int port)
    {
        (_process, Port) = (process, port);
        Http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        // What is not read would stop it.
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>The local host with the app, as the build leaves it beside this project.</summary>
    public static string AppFolder { get; } = Path.GetFullPath(Path.Combine(
        ProjectFolder, "..", "AccountApplications.LocalHost", Path.GetRelativePath(ProjectFolder, AppContext.BaseDirectory)));

    /// <summary>The local host with the floor.</summary>
    public static string FloorFolder { get; } = Path.Combine(AppContext.BaseDirectory, "floor-host");

    public HttpClient Http { get; }

    public int Port { get; }

    /// <summary>From the start of the process to its first good answer.</summary>
    public TimeSpan StartTook { get; private set; }

    public TimeSpan Cpu => Now.TotalProcessorTime;

    public double MemoryMegabytes => Now.WorkingSet64 / 1e6;

    private Process Now
    {
        get
        {
            _process.Refresh();
            return _process;
        }
    }

    private static string ProjectFolder => Path.Combine(AppContext.BaseDirectory, "..", "..", "..");

    /// <summary>Starts one, and waits until it is ready.</summary>
    /// <param name="folder"><see cref="AppFolder"/> or <see cref="FloorFolder"/>.</param>
    /// <param name="hub">The name of the task hub, and what the names of the app's tables begin with.</param>
    /// <param name="port">The port of one that ran before, whose partitions it then owns at once; 0 for any.</param>
    /// <param name="durable">What host.json has under extensions.durableTask, otherwise than there.</param>
    public static async Task<LocalHostProcess> StartAsync(
        string folder, string storage, string hub, int port = 0, IReadOnlyDictionary<string, string>? durable = null)
    {
        port = port == 0 ? FreePort() : port;
        var start = new ProcessStartInfo("dotnet", [Path.Combine(folder, "AccountApplications.LocalHost.dll"), "--port", $"{port}"])
        {
            WorkingDirectory = Path.GetTempPath(),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["AzureWebJobsStorage"] = storage;
        start.Environment[$"{DurableTask}hubName"] = hub;
        foreach (var (setting, value) in durable ?? new Dictionary<string, string>())
            start.Environment[DurableTask + setting] = value;
        start.Environment["AccountApplications__TablePrefix"] = hub;
        // It must not outlive this process, however that ends.
        start.Environment["DOTNET_STARTUP_HOOKS"] = Path.Combine(folder, "AccountApplications.LocalHost.StartupHook.dll");
        start.Environment["LOCALHOST_PROCESS_ID"] = $"{Environment.ProcessId}";
        var watch = Stopwatch.StartNew();
        var host = new LocalHostProcess(Process.Start(start)!, port);
        try
        {
            while (!await host.AnswersAsync())
            {
                if (host._process.HasExited || watch.Elapsed > StartLimit)
                    throw new InvalidOperationException($"The host in {folder} did not start.");
                await Task.Delay(PollInterval);
            }

            host.StartTook = watch.Elapsed;
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until it has next to nothing to do.</summary>
    public async Task CalmAsync()
    {
        for (var since = Stopwatch.StartNew(); since.Elapsed < CalmLimit;)
        {
            var before = Cpu;
            await Task.Delay(CalmTime);
            if (Cpu - before < CalmTime * CalmShare)
                break;
        }
    }

    /// <summary>Ends it as a crash does.</summary>
    public Task KillAsync()
    {
        _process.Kill();
        return _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (!_process.HasExited && !OperatingSystem.IsWindows())
        {
            using var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
            await Task.WhenAny(_process.WaitForExitAsync(), Task.Delay(StopLimit));
        }

        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            using var answer = await Http.GetAsync("/api/health");
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
