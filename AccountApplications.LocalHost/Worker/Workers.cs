using Grpc.Core;

namespace AccountApplications.LocalHost;

/// <summary>Keeps one worker running: one that ends is started again, and calls wait meanwhile. Workers connect here.</summary>
internal sealed partial class Workers(Settings settings, ILoggerFactory loggers, IHostApplicationLifetime lifetime) : FunctionRpc.FunctionRpcBase
{
    private const int MostDeaths = 3;

    private static readonly TimeSpan DeathsCount = TimeSpan.FromMinutes(1);

    private readonly ILogger _log = loggers.CreateLogger("LocalHost");
    private readonly Queue<DateTime> _deaths = new();
    private TaskCompletionSource<Worker> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Worker? _current;

    /// <summary>Why no worker can be kept running; the host stops then.</summary>
    public LocalHostException? Failure { get; private set; }

    /// <summary>Starts a worker, and another one whenever it ends.</summary>
    /// <param name="host">Where it finds this host.</param>
    public async Task<Worker> StartAsync(Uri host, CancellationToken cancellation)
    {
        var worker = _current = new Worker(settings, loggers, host);
        try
        {
            await worker.StartAsync(cancellation);
        }
        catch
        {
            worker.Kill();
            throw;
        }

        _ready.TrySetResult(worker);
        _ = FollowAsync(worker, host);
        return worker;
    }

    /// <summary>The worker that runs, or the next one.</summary>
    /// <exception cref="TimeoutException">None came up in time.</exception>
    public async Task<Worker> ReadyAsync(CancellationToken cancellation)
    {
        Worker worker;
        while ((worker = await _ready.Task.WaitAsync(settings.StartLimit, cancellation)).HasEnded)
            // What follows from its end comes within moments.
            await Task.Delay(10, cancellation);
        return worker;
    }

    public Task StopAsync() => _current?.StopAsync() ?? Task.CompletedTask;

    public override async Task EventStream(
        IAsyncStreamReader<StreamingMessage> requestStream, IServerStreamWriter<StreamingMessage> responseStream, ServerCallContext context)
    {
        if (await requestStream.MoveNext(context.CancellationToken) && requestStream.Current.StartStream?.WorkerId == _current?.Id)
            await _current!.ServeAsync(requestStream, responseStream, context.CancellationToken);
    }

    private async Task FollowAsync(Worker worker, Uri host)
    {
        var stopping = lifetime.ApplicationStopping;
        var lastWords = await worker.Ended;
        try
        {
            // Ctrl+C reaches the whole process group: the worker may be gone before this host has begun to stop.
            await Task.Delay(100, stopping);
            _deaths.Enqueue(DateTime.UtcNow);
            while (_deaths.Peek() < DateTime.UtcNow - DeathsCount)
                _deaths.Dequeue();
            if (settings.IsOwnApp || _deaths.Count == MostDeaths)
                throw new LocalHostException($"The worker has ended{(settings.IsOwnApp ? "" : $" {MostDeaths} times within a minute")}: {lastWords}");
            LogEnded(lastWords);
            _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
            await StartAsync(host, stopping);
            LogStarted();
        }
        catch (LocalHostException e)
        {
            Failure = e;
            lifetime.StopApplication();
        }
    }

    [LoggerMessage(LogLevel.Error, "The worker has ended and is started again: {LastWords}")]
    private partial void LogEnded(string lastWords);

    [LoggerMessage(LogLevel.Information, "The worker runs again.")]
    private partial void LogStarted();
}
