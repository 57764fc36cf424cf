using AccountApplications.LocalHost.Rpc;
using Grpc.Core;

namespace AccountApplications.LocalHost;

/// <summary>Keeps one worker running: one that ends is started again, and calls wait meanwhile.</summary>
internal sealed partial class Workers(Settings settings, ILoggerFactory loggers, IHostApplicationLifetime lifetime)
{
    private const int MostDeaths = 3;

    private static readonly TimeSpan DeathsCount = TimeSpan.FromMinutes(1);

    private readonly ILogger _log = loggers.CreateLogger("LocalHost");
    private readonly Queue<DateTime> _deaths = new();
    private readonly TaskCompletionSource<LocalHostException> _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource<Worker> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Worker? _current;
    private Uri? _host;
    private bool _isStopping;

    /// <summary>Completes when no worker can be kept running, with the reason.</summary>
    public Task<LocalHostException> Failed => _failed.Task;

    /// <summary>Starts the first worker.</summary>
    /// <param name="host">Where it finds this host.</param>
    public Task<Worker> StartAsync(Uri host, CancellationToken cancellation)
    {
        _host = host;
        return StartAsync(cancellation);
    }

    /// <summary>The worker that runs, or the next one.</summary>
    /// <exception cref="TimeoutException">None came up in time.</exception>
    public async Task<Worker> ReadyAsync(CancellationToken cancellation)
    {
        Worker worker;
        while ((worker = await _ready.Task.WaitAsync(settings.StartLimit, cancellation)).HasEnded)
            // Its end has been seen, and what follows from it comes within moments.
            await Task.Delay(10, cancellation);
        return worker;
    }

    public Worker? Find(string id) => _current is { } worker && worker.Id == id ? worker : null;

    public async Task StopAsync()
    {
        _isStopping = true;
        if (_current is { } worker)
            await worker.StopAsync();
    }

    private async Task<Worker> StartAsync(CancellationToken cancellation)
    {
        var worker = _current = new Worker(settings, loggers, _host!);
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
        _ = FollowAsync(worker);
        return worker;
    }

    private async Task FollowAsync(Worker worker)
    {
        var lastWords = await worker.Ended;
        // Ctrl+C reaches the whole process group: the worker may be gone before this host has begun to stop.
        await Task.Delay(100);
        if (_isStopping || lifetime.ApplicationStopping.IsCancellationRequested)
            return;
        if (settings.IsOwnApp)
        {
            Fail(new LocalHostException($"The worker has ended: {lastWords}"));
            return;
        }

        _deaths.Enqueue(DateTime.UtcNow);
        while (_deaths.Peek() < DateTime.UtcNow - DeathsCount)
            _deaths.Dequeue();
        if (_deaths.Count == MostDeaths)
        {
            Fail(new LocalHostException($"The worker has ended {MostDeaths} times within a minute: {lastWords}"));
            return;
        }

        LogEnded(lastWords);
        _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            await StartAsync(lifetime.ApplicationStopping);
            LogStarted();
        }
        catch (LocalHostException e)
        {
            Fail(e);
        }
        catch (OperationCanceledException)
        {
        }
    }

    private void Fail(LocalHostException why)
    {
        _failed.TrySetResult(why);
        lifetime.StopApplication();
    }

    [LoggerMessage(LogLevel.Error, "The worker has ended and is started again: {LastWords}")]
    private partial void LogEnded(string lastWords);

    [LoggerMessage(LogLevel.Information, "The worker runs again.")]
    private partial void LogStarted();
}

/// <summary>The host's end of the worker protocol.</summary>
internal sealed class WorkerService(Workers workers) : FunctionRpc.FunctionRpcBase
{
    public override async Task EventStream(
        IAsyncStreamReader<StreamingMessage> requestStream, IServerStreamWriter<StreamingMessage> responseStream, ServerCallContext context)
    {
        if (await requestStream.MoveNext(context.CancellationToken) && requestStream.Current.StartStream is { } start && workers.Find(start.WorkerId) is { } worker)
            await worker.ServeAsync(requestStream, responseStream, context.CancellationToken);
    }
}
