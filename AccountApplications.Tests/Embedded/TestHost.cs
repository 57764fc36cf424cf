using System.Collections.Concurrent;
using System.Text;
using AccountApplications.EmbeddedHost.Functions;
using AccountApplications.Functions;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AccountApplications.Tests.Embedded;

/// <summary>An embedded host in this process, on a free port, with a task hub and tables of its own; and what it logged.</summary>
internal sealed class TestHost : IAsyncDisposable
{
    private readonly IHost _host;
    private readonly CapturedLog _log;
    private bool _isDisposed;

    private TestHost(IHost host, CapturedLog log)
    {
        _host = host;
        _log = log;
        // Headers may be anything that a client can send; a proxy from the environment has no part in this.
        var handler = new SocketsHttpHandler { UseProxy = false, RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8 };
        Http = new HttpClient(handler) { BaseAddress = ((AccountApplications.EmbeddedHost.EmbeddedHost)host).Address };
    }

    public HttpClient Http { get; }

    public DurableTaskClient Durable => _host.Services.GetRequiredService<DurableTaskClient>();

    public IServiceProvider Services => _host.Services;

    /// <summary>Lines of <c>Level Category: message exception</c>.</summary>
    public IReadOnlyCollection<string> Log => _log.Lines;

    /// <summary>A name that no other test's task hub or tables have; two hosts that share one share their data.</summary>
    public static string NewHub() => $"T{Guid.NewGuid():N}";

    /// <summary>Runs the app itself.</summary>
    public static Task<TestHost> StartAppAsync(
        string connectionString, string hub, Action<FunctionsApplicationBuilder>? configure = null, params string[] settings) =>
        StartAsync(
            connectionString, hub, FunctionSource.Of(typeof(AccountApplicationsBuilderExtensions).Assembly),
            builder =>
            {
                builder.AddAccountApplications();
                configure?.Invoke(builder);
            },
            settings);

    /// <summary>Runs the functions of some types.</summary>
    /// <param name="connectionString">Of the storage.</param>
    /// <param name="hub">From <see cref="NewHub"/>.</param>
    /// <param name="functions">Where the functions are.</param>
    /// <param name="configure">Replaces services, say.</param>
    /// <param name="settings">Further settings, <c>--name=value</c>.</param>
    public static async Task<TestHost> StartAsync(
        string connectionString, string hub, FunctionSource functions, Action<FunctionsApplicationBuilder>? configure = null, params string[] settings)
    {
        var builder = FunctionsApplication.CreateBuilder(
        [
            "--port=0", $"--AzureWebJobsStorage={connectionString}", $"--AccountApplications:TablePrefix={hub}",
            $"--AzureFunctionsJobHost:extensions:durableTask:hubName={hub}", "--EmbeddedHost:ReplayEveryTurn=true", .. settings,
        ]);
        builder.ConfigureFunctionsWebApplication();
        builder.Services.AddSingleton(functions);
        var log = new CapturedLog();
        builder.Logging.ClearProviders().AddProvider(log);
        configure?.Invoke(builder);
        var host = builder.Build();
        try
        {
            await host.StartAsync();
            return new TestHost(host, log);
        }
        catch
        {
            await ((IAsyncDisposable)host).DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_isDisposed) return;
        _isDisposed = true;
        Http.Dispose();
        await _host.StopAsync();
        await ((IAsyncDisposable)_host).DisposeAsync();
    }

    private sealed class CapturedLog : ILoggerProvider
    {
        private readonly ConcurrentQueue<string> _lines = new();

        public IReadOnlyCollection<string> Lines => _lines;

        public ILogger CreateLogger(string categoryName) => new Logger(categoryName, _lines);

        public void Dispose()
        {
        }

        private sealed class Logger(string category, ConcurrentQueue<string> lines) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state)
                where TState : notnull
                => null;

            public bool IsEnabled(LogLevel logLevel) => true;

            public void Log<TState>(
                LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
                lines.Enqueue($"{logLevel} {category}: {formatter(state, exception)} {exception}");
        }
    }
}
