namespace AccountApplications.LocalHost;

/// <summary>
/// Admits requests: those that name this machine as their host, and come from no web page elsewhere, for loopback is no wall against what
/// a page makes a browser send; and only until the host stops.
/// </summary>
internal sealed class Gate(Settings settings) : IMiddleware, IDisposable
{
    // Together with the time that the JobHost and the worker take, all ends within 5 s.
    private static readonly TimeSpan RunningRequestsLimit = TimeSpan.FromSeconds(1.2);
    private static readonly TimeSpan CancelledRequestsLimit = TimeSpan.FromSeconds(0.3);

    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _isOpen = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _isEmpty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    // The gate itself counts as one until it closes.
    private int _running = 1;
    private volatile bool _isClosed;

    /// <summary>Cancelled once the requests that still run have had their time.</summary>
    public CancellationToken Stopping => _stopping.Token;

    /// <summary>Lets those in who have come while the host started.</summary>
    public void Open() => _isOpen.TrySetResult();

    /// <summary>Refuses new requests, lets running ones end, and cancels those that take too long for that.</summary>
    public async Task CloseAsync()
    {
        _isClosed = true;
        _isOpen.TrySetResult();
        Leave();
        await Task.WhenAny(_isEmpty.Task, Task.Delay(RunningRequestsLimit));
        await _stopping.CancelAsync();
        await Task.WhenAny(_isEmpty.Task, Task.Delay(CancelledRequestsLimit));
    }

    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        // The worker's stream is no request of a client.
        if (context.Request is { Protocol: "HTTP/2", ContentType: "application/grpc" })
        {
            await next(context);
            return;
        }

        Interlocked.Increment(ref _running);
        try
        {
            await _isOpen.Task.WaitAsync(context.RequestAborted);
            if (_isClosed)
                context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            else if (Refusal(context.Request) is { } why)
                await Results.Problem(why, statusCode: StatusCodes.Status403Forbidden).ExecuteAsync(context);
            else
                await next(context);
        }
        finally
        {
            Leave();
        }
    }

    public void Dispose() => _stopping.Dispose();

    private void Leave()
    {
        if (Interlocked.Decrement(ref _running) == 0)
            _isEmpty.TrySetResult();
    }

    private string? Refusal(HttpRequest request)
    {
        if (!IsLoopback(request.Host.Host))
            return "The Host header does not name this machine.";
        var origin = request.Headers.Origin.ToString();
        var isOwn = origin.Length == 0
            || (Uri.TryCreate(origin, UriKind.Absolute, out var page) && IsLoopback(page.Host) && page.Port == (request.Host.Port ?? 80));
        return isOwn || settings.CorsOrigins.Contains("*") || settings.CorsOrigins.Contains(origin, StringComparer.OrdinalIgnoreCase)
            ? null : "The request comes from a page of another origin.";
    }

    private static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}
