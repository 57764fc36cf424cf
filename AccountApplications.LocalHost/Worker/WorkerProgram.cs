using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;

namespace AccountApplications.LocalHost;

/// <summary>The app's program, which connects to this host as a worker: in a process of its own, or in this one.</summary>
internal abstract class WorkerProgram : IDisposable
{
    protected const int MaxMessageLength = int.MaxValue;

    /// <summary>Completes when it has ended, with what it said last.</summary>
    public abstract Task<string> Ended { get; }

    /// <summary>Ends it at once, if that can be done.</summary>
    public abstract void Dispose();

    public static WorkerProgram Start(Settings settings, Uri host, string workerId) =>
        settings.IsOwnApp ? new OwnProgram(settings, host, workerId) : new ChildProgram(settings, host, workerId);

    private static Dictionary<string, string?> Environment(Settings settings) => new(settings.Values)
    {
        ["FUNCTIONS_WORKER_DIRECTORY"] = settings.AppFolder,
        ["FUNCTIONS_APPLICATION_DIRECTORY"] = settings.AppFolder,
    };

    private sealed class ChildProgram : WorkerProgram
    {
        private const int LastLines = 10;
        private const string Hooks = "DOTNET_STARTUP_HOOKS";
        private const string Hook = "AccountApplications.LocalHost.StartupHook.dll";

        private static readonly string Dotnet = Path.GetFullPath(Path.Combine(
            RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet"));

        private readonly Process _process;
        private readonly Queue<string> _lastWords = new();

        public ChildProgram(Settings settings, Uri host, string workerId)
        {
            var address = host.GetLeftPart(UriPartial.Authority);
            // Older workers read the first five.
            var start = new ProcessStartInfo(Dotnet,
            [
                settings.WorkerFile, "--host", host.Host, "--port", $"{host.Port}", "--workerId", workerId, "--requestId", workerId,
                "--grpcMaxMessageLength", $"{MaxMessageLength}", "--functions-uri", address, "--functions-worker-id", workerId,
                "--functions-request-id", workerId, "--functions-grpc-max-message-length", $"{MaxMessageLength}",
            ])
            { WorkingDirectory = settings.AppFolder, RedirectStandardOutput = true, RedirectStandardError = true };
            start.Environment.Clear();
            foreach (var (name, value) in Environment(settings))
                start.Environment[name] = value;
            // It must not outlive a host that is killed.
            var (before, hook) = (settings.Values.GetValueOrDefault(Hooks), Path.Combine(AppContext.BaseDirectory, Hook));
            start.Environment[Hooks] = string.IsNullOrEmpty(before) ? hook : $"{before}{Path.PathSeparator}{hook}";
            start.Environment["LOCALHOST_STARTUP_HOOKS_BEFORE"] = before;
            start.Environment["LOCALHOST_PROCESS_ID"] = $"{System.Environment.ProcessId}";

            _process = new Process { StartInfo = start };
            _process.OutputDataReceived += (_, line) => Show(line.Data, Console.Out);
            _process.ErrorDataReceived += (_, line) => Show(line.Data, Console.Error);
            _process.Start();
            _process.BeginOutputReadLine();
            _process.BeginErrorReadLine();
            Ended = EndAsync();
        }

        public override Task<string> Ended { get; }

        public override void Dispose()
        {
            if (!_process.HasExited)
                _process.Kill(entireProcessTree: true);
        }

        private void Show(string? line, TextWriter console)
        {
            if (string.IsNullOrEmpty(line))
                return;
            console.WriteLine(line);
            lock (_lastWords)
            {
                _lastWords.Enqueue(line);
                if (_lastWords.Count > LastLines)
                    _lastWords.Dequeue();
            }
        }

        private async Task<string> EndAsync()
        {
            await _process.WaitForExitAsync();
            lock (_lastWords)
                return $"exit code {_process.ExitCode}" + string.Concat(_lastWords.Select(line => $"\n  {line}"));
        }
    }

    /// <summary>
    /// The app's Main on a thread of this process: it starts faster, takes less memory, cannot be left behind, and a debugger of the host
    /// stops in it. Its environment and its HTTP address are the process's, so there can be one only.
    /// </summary>
    private sealed class OwnProgram : WorkerProgram
    {
        private readonly TaskCompletionSource<string> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public OwnProgram(Settings settings, Uri host, string workerId)
        {
            foreach (var (name, value) in Environment(settings))
                System.Environment.SetEnvironmentVariable(name, value);
            // Its configuration watches the files of the current folder, which may be a big one.
            Directory.SetCurrentDirectory(settings.AppFolder);
            var app = AssemblyLoadContext.Default.LoadFromAssemblyPath(settings.WorkerFile);
            // There the worker looks for what was generated into the app.
            Assembly.SetEntryAssembly(app);
            string[] arguments =
            [
                $"--Functions:Worker:HostEndpoint={host.GetLeftPart(UriPartial.Authority)}", $"--Functions:Worker:WorkerId={workerId}",
                $"--Functions:Worker:RequestId={workerId}", $"--Functions:Worker:GrpcMaxMessageLength={MaxMessageLength}",
            ];
            new Thread(() => Run(app.EntryPoint!, arguments)) { IsBackground = true, Name = "worker" }.Start();
        }

        public override Task<string> Ended => _ended.Task;

        // It ends with the process.
        public override void Dispose() { }

        private void Run(MethodInfo main, string[] arguments)
        {
            try
            {
                using var quiet = QuietLifetime.ForHostsBuiltHere();
                if (main.Invoke(null, BindingFlags.DoNotWrapExceptions, null, main.GetParameters().Length == 0 ? [] : [arguments], null) is Task running)
                    running.GetAwaiter().GetResult();
                _ended.TrySetResult("its Main returned");
            }
            catch (Exception e)
            {
                _ended.TrySetResult(e.Message);
            }
        }
    }
}
