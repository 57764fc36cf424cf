using System.Collections.Concurrent;
using System.Threading.Channels;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using static AccountApplications.LocalHost.Rpc.StreamingMessage;

namespace AccountApplications.LocalHost;

/// <summary>The worker has gone. By this name the durable extension knows that an orchestrator or entity has to be run again.</summary>
internal sealed class WorkerProcessExitException() : Exception("The worker has ended.");

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

    /// <summary>Completes when it has ended, with what it said last.</summary>
    public Task<string> Ended { get; }

    public bool HasEnded => _hasEnded;

    /// <summary>By name.</summary>
    public IReadOnlyList<Function> Functions { get; private set; } = [];

    /// <summary>Where it serves HTTP itself.</summary>
    public string HttpUri { get; private set; } = "";

    /// <summary>Waits for it to connect, and loads its functions.</summary>
    /// <exception cref="LocalHostException">It did not come up, or has functions that do not run here.</exception>
    public async Task StartAsync(CancellationToken cancellation)
    {
        var folder = _settings.AppFolder;
        try
        {
            await _connected.Task.WaitAsync(_settings.StartLimit, cancellation);
            var init = (await RequestAsync(new()
            {
                WorkerInitRequest = new() { HostVersion = HostVersion, WorkerDirectory = folder, FunctionAppDirectory = folder },
            })).WorkerInitResponse;
            Check(init.Result, "The worker does not start");
            HttpUri = init.Capabilities.GetValueOrDefault("HttpUri") ?? "";
            var indexed = (await RequestAsync(new() { FunctionsMetadataRequest = new() { FunctionAppDirectory = folder } })).FunctionMetadataResponse;
            Check(indexed.Result, "The worker cannot list its functions");
            Functions = [.. indexed.FunctionMetadataResults.Where(function => !_settings.IsDisabled(function.Name)).Select(Function.From)
                .OrderBy(function => function.Name, StringComparer.OrdinalIgnoreCase)];
            if (HttpUri.Length == 0 && Functions.FirstOrDefault(function => function.IsHttp) is { } http)
                throw new LocalHostException($"Function {http.Name}: HTTP runs here with the ASP.NET Core integration only "
                    + "(ConfigureFunctionsWebApplication). Run it with the Core Tools: func start.");
            await Task.WhenAll(Functions.Select(async function =>
            {
                var load = new FunctionLoadRequest { FunctionId = function.Metadata.FunctionId, Metadata = function.Metadata };
                Check((await RequestAsync(new() { FunctionLoadRequest = load })).FunctionLoadResponse.Result, $"Function {function.Name} cannot be loaded");
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

        Task<StreamingMessage> RequestAsync(StreamingMessage message)
        {
            message.RequestId = Guid.NewGuid().ToString();
            return AskAsync(message.RequestId, message).WaitAsync(_settings.StartLimit, cancellation);
        }
    }

    /// <summary>Calls a function, and returns its answer.</summary>
    /// <exception cref="FunctionFailedException">It failed.</exception>
    /// <exception cref="WorkerProcessExitException">The worker ended meanwhile.</exception>
    public async Task<TypedData?> InvokeAsync(InvocationRequest request, CancellationToken cancellation)
    {
        var answer = AskAsync(request.InvocationId, new() { InvocationRequest = request });
        await using var cancelling = cancellation.Register(() => Send(new() { InvocationCancel = new() { InvocationId = request.InvocationId } }));
        var response = (await answer).InvocationResponse;
        return response.Result.Status == StatusResult.Types.Status.Success ? response.ReturnValue : throw new FunctionFailedException(response.Result);
    }

    /// <summary>Asks it to end, and ends it if it does not.</summary>
    public async Task StopAsync()
    {
        Send(new() { WorkerTerminate = new() { GracePeriod = Duration.FromTimeSpan(StopLimit) } });
        await Task.WhenAny(Ended, Task.Delay(StopLimit));
        Kill();
    }

    /// <summary>Ends it at once.</summary>
    public void Kill() => _program.Dispose();

    /// <summary>Serves its stream, whose first message has been read, until either side ends it.</summary>
    public async Task ServeAsync(IAsyncStreamReader<StreamingMessage> requests, IServerStreamWriter<StreamingMessage> responses, CancellationToken cancellation)
    {
        _connected.TrySetResult();
        var writing = WriteAsync();
        await Task.WhenAny(ReadAsync(), Ended);
        // A worker does not end by itself when its stream does.
        Leave();
        Kill();
        await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        async Task WriteAsync()
        {
            await foreach (var message in _outgoing.Reader.ReadAllAsync(cancellation))
                await responses.WriteAsync(message, cancellation);
        }

        async Task ReadAsync()
        {
            while (await requests.MoveNext(cancellation))
                Take(requests.Current);
        }
    }

    private void Take(StreamingMessage message)
    {
        var key = message.ContentCase == ContentOneofCase.InvocationResponse ? message.InvocationResponse.InvocationId : message.RequestId;
        if (message.RpcLog is { } log)
            _loggers.CreateLogger(log.Category).Log((LogLevel)log.Level, default, log, null, (_, _) => log.Exception is { } thrown
                ? $"{log.Message}\n{thrown.Message}\n{thrown.StackTrace}" : log.Message);
        else if (_answers.TryGetValue(key, out var answer))
            answer.TrySetResult(message);
    }

    private bool Send(StreamingMessage message) => _outgoing.Writer.TryWrite(message);

    private async Task<StreamingMessage> AskAsync(string key, StreamingMessage message)
    {
        var answer = _answers[key] = new(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            return Send(message) && !HasEnded ? await answer.Task : throw new WorkerProcessExitException();
        }
        finally
        {
            _answers.TryRemove(key, out _);
        }
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
        _connected.TrySetException(new WorkerProcessExitException());
        foreach (var answer in _answers.Values)
            answer.TrySetException(new WorkerProcessExitException());
    }

    private static void Check(StatusResult? result, string what)
    {
        if (result is { Status: not StatusResult.Types.Status.Success })
            throw new LocalHostException($"{what}: {result.Exception?.Message}");
    }
}
