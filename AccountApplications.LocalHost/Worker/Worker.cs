using System.Collections.Concurrent;
using System.Threading.Channels;
using AccountApplications.LocalHost.Rpc;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace AccountApplications.LocalHost;

/// <summary>The worker has gone. By this name the durable extension knows that an orchestrator or entity has to be run again.</summary>
internal sealed class WorkerProcessExitException(string message) : Exception(message);

/// <summary>A function's own failure. The durable extension parses its details out of the message.</summary>
internal sealed class FunctionFailedException(StatusResult result)
    : Exception($"Result: {result.Status}\nException: {result.Exception?.Message}\nStack: {result.Exception?.StackTrace}");

/// <summary>One worker, from its start to its end, and the host's side of the protocol that is spoken with it.</summary>
internal sealed class Worker
{
    private const string HostVersion = "4.1000.0";

    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(1);

    private readonly Settings _settings;
    private readonly ILoggerFactory _loggers;
    private readonly WorkerProgram _program;
    private readonly Channel<StreamingMessage> _outgoing = Channel.CreateUnbounded<StreamingMessage>(new() { SingleReader = true });
    private readonly ConcurrentDictionary<string, TaskCompletionSource<StreamingMessage>> _answers = new();
    private readonly ConcurrentDictionary<string, TaskCompletionSource<InvocationResponse>> _invocations = new();
    private readonly TaskCompletionSource _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _hasEnded;

    public Worker(Settings settings, ILoggerFactory loggers, Uri host)
    {
        _settings = settings;
        _loggers = loggers;
        _program = WorkerProgram.Start(settings, host, Id);
        Ended = EndAsync();
    }

    public string Id { get; } = Guid.NewGuid().ToString();

    /// <summary>Completes when it has ended or its connection has, with what it said last.</summary>
    public Task<string> Ended { get; }

    public bool HasEnded => _hasEnded;

    public IReadOnlyList<Function> Functions { get; private set; } = [];

    /// <summary>Where it serves HTTP itself.</summary>
    public string HttpUri { get; private set; } = "";

    /// <summary>Waits for it to connect, and loads its functions.</summary>
    /// <exception cref="LocalHostException">It did not come up, or has functions that do not run here.</exception>
    public async Task StartAsync(CancellationToken cancellation)
    {
        try
        {
            await _connected.Task.WaitAsync(_settings.StartLimit, cancellation);
            var init = await AskAsync(
                new() { WorkerInitRequest = new() { HostVersion = HostVersion, WorkerDirectory = _settings.AppFolder, FunctionAppDirectory = _settings.AppFolder } },
                cancellation);
            Check(init.WorkerInitResponse.Result, "The worker does not start");
            HttpUri = init.WorkerInitResponse.Capabilities.GetValueOrDefault("HttpUri") ?? "";
            var indexed = await AskAsync(new() { FunctionsMetadataRequest = new() { FunctionAppDirectory = _settings.AppFolder } }, cancellation);
            Check(indexed.FunctionMetadataResponse.Result, "The worker cannot list its functions");
            Functions = [.. indexed.FunctionMetadataResponse.FunctionMetadataResults.Select(Function.From)
                .Where(function => !_settings.IsDisabled(function.Name)).OrderBy(function => function.Name, StringComparer.OrdinalIgnoreCase)];
            if (HttpUri.Length == 0 && Functions.FirstOrDefault(function => function.IsHttp) is { } http)
                throw new LocalHostException(
                    $"Function {http.Name}: HTTP runs here with the ASP.NET Core integration only (ConfigureFunctionsWebApplication). Run it with the Core Tools: func start.");
            await Task.WhenAll(Functions.Select(async function =>
            {
                var loaded = await AskAsync(new() { FunctionLoadRequest = new() { FunctionId = function.Metadata.FunctionId, Metadata = function.Metadata } }, cancellation);
                Check(loaded.FunctionLoadResponse.Result, $"Function {function.Name} cannot be loaded");
            }));
        }
        catch (TimeoutException e)
        {
            throw new LocalHostException($"The worker did not come up within {_settings.StartLimit.TotalSeconds:0.#} s.", e);
        }
        catch (WorkerProcessExitException)
        {
            throw new LocalHostException($"The worker ended before it was ready: {await Ended}");
        }
    }

    /// <summary>Calls a function, and returns its answer.</summary>
    /// <exception cref="FunctionFailedException">It failed.</exception>
    /// <exception cref="WorkerProcessExitException">The worker ended meanwhile.</exception>
    public async Task<InvocationResponse> InvokeAsync(InvocationRequest request, CancellationToken cancellation)
    {
        var answer = _invocations[request.InvocationId] = new(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            if (!_outgoing.Writer.TryWrite(new() { InvocationRequest = request }) || HasEnded)
                throw Gone();
            await using var cancelling = cancellation.Register(() =>
                _outgoing.Writer.TryWrite(new() { InvocationCancel = new() { InvocationId = request.InvocationId } }));
            var response = await answer.Task;
            return response.Result.Status == StatusResult.Types.Status.Success ? response : throw new FunctionFailedException(response.Result);
        }
        finally
        {
            _invocations.TryRemove(request.InvocationId, out _);
        }
    }

    /// <summary>Asks it to end, and ends it if it does not.</summary>
    public async Task StopAsync()
    {
        _outgoing.Writer.TryWrite(new() { WorkerTerminate = new() { GracePeriod = Duration.FromTimeSpan(StopLimit) } });
        try
        {
            await _program.Ended.WaitAsync(StopLimit);
        }
        catch (TimeoutException)
        {
            _program.Dispose();
        }
    }

    /// <summary>Ends it at once.</summary>
    public void Kill() => _program.Dispose();

    /// <summary>Serves its stream, whose first message has been read, until either side ends it.</summary>
    public async Task ServeAsync(IAsyncStreamReader<StreamingMessage> requests, IServerStreamWriter<StreamingMessage> responses, CancellationToken cancellation)
    {
        _connected.TrySetResult();
        _ = WriteAsync();
        await Task.WhenAny(ReadAsync(), Ended);
        // A worker does not end by itself when its stream does.
        Leave();
        _program.Dispose();

        async Task ReadAsync()
        {
            try
            {
                while (await requests.MoveNext(cancellation))
                    Take(requests.Current);
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or Grpc.Core.RpcException)
            {
            }
        }

        async Task WriteAsync()
        {
            try
            {
                await foreach (var message in _outgoing.Reader.ReadAllAsync(cancellation))
                    await responses.WriteAsync(message, cancellation);
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or Grpc.Core.RpcException or InvalidOperationException)
            {
            }
        }
    }

    private void Take(StreamingMessage message)
    {
        switch (message.ContentCase)
        {
            case StreamingMessage.ContentOneofCase.InvocationResponse:
                if (_invocations.TryGetValue(message.InvocationResponse.InvocationId, out var invocation))
                    invocation.TrySetResult(message.InvocationResponse);
                break;
            case StreamingMessage.ContentOneofCase.RpcLog:
                var log = message.RpcLog;
                _loggers.CreateLogger(log.Category).Log((LogLevel)log.Level, default, log, null, WriteLog);
                break;
            default:
                if (_answers.TryRemove(message.RequestId, out var answer))
                    answer.TrySetResult(message);
                break;
        }

        static string WriteLog(RpcLog log, Exception? _) =>
            log.Exception is { } thrown ? $"{log.Message}\n{thrown.Message}\n{thrown.StackTrace}" : log.Message;
    }

    private async Task<StreamingMessage> AskAsync(StreamingMessage message, CancellationToken cancellation)
    {
        message.RequestId = Guid.NewGuid().ToString();
        var answer = _answers[message.RequestId] = new(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!_outgoing.Writer.TryWrite(message) || HasEnded)
            throw Gone();
        return await answer.Task.WaitAsync(_settings.StartLimit, cancellation);
    }

    private async Task<string> EndAsync()
    {
        var lastWords = await _program.Ended;
        Leave();
        return lastWords;
    }

    private void Leave()
    {
        _hasEnded = true;
        _outgoing.Writer.TryComplete();
        _connected.TrySetException(Gone());
        foreach (var answer in _answers.Values)
            answer.TrySetException(Gone());
        foreach (var invocation in _invocations.Values)
            invocation.TrySetException(Gone());
    }

    private static WorkerProcessExitException Gone() => new("The worker has ended.");

    private static void Check(StatusResult? result, string what)
    {
        if (result is { Status: not StatusResult.Types.Status.Success })
            throw new LocalHostException($"{what}: {result.Exception?.Message}");
    }
}
