using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.Primitives;

namespace AccountApplications.LocalHost;

/// <summary>The routes of the app's HTTP functions, known once its worker has named them.</summary>
internal sealed class FunctionRoutes(Settings settings, Jobs jobs, Keys keys, Gate gate) : EndpointDataSource, IDisposable
{
    private CancellationTokenSource _changed = new();
    private IReadOnlyList<Endpoint> _endpoints = [];

    public override IReadOnlyList<Endpoint> Endpoints => _endpoints;

    public override IChangeToken GetChangeToken() => new CancellationChangeToken(_changed.Token);

    /// <summary>The methods that a function answers, in upper case; none for all.</summary>
    public static IReadOnlyList<string> MethodsOf(Function function) =>
        function.Trigger.Json.TryGetProperty("methods", out var methods) && methods.ValueKind == JsonValueKind.Array
            ? [.. methods.EnumerateArray().Select(method => method.GetString()!.ToUpperInvariant())]
            : [];

    /// <summary>A function's path, without a slash before it.</summary>
    public string PathOf(Function function) => $"{settings.RoutePrefix}/{(function.Trigger.Text("route") ?? function.Name).Trim('/')}".Trim('/');

    /// <summary>Serves the functions' routes, in the order of <paramref name="functions"/> where a path matches several, as a real host does.</summary>
    /// <exception cref="LocalHostException">A route cannot be read.</exception>
    public void Serve(IEnumerable<Function> functions)
    {
        _endpoints = [.. functions.Where(function => function.IsHttp).Select(Endpoint)];
        Interlocked.Exchange(ref _changed, new()).Cancel();
    }

    public void Dispose() => _changed.Dispose();

    private Endpoint Endpoint(Function function, int order)
    {
        try
        {
            var endpoint = new RouteEndpointBuilder(http => ServeAsync(function, http), RoutePatternFactory.Parse(PathOf(function)), order);
            if (MethodsOf(function) is { Count: > 0 } methods)
                endpoint.Metadata.Add(new HttpMethodMetadata(methods));
            return endpoint.Build();
        }
        catch (RoutePatternException e)
        {
            throw new LocalHostException($"Function {function.Name}: the route '{PathOf(function)}' cannot be read: {e.Message}", e);
        }
    }

    private async Task ServeAsync(Function function, HttpContext http)
    {
        if (!keys.Admit(http.Request, function))
        {
            http.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return;
        }

        using var either = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, gate.Stopping);
        try
        {
            await jobs.CallAsync(function, http, either.Token);
        }
        catch (Exception e) when (e.GetBaseException() is FunctionFailedException or WorkerProcessExitException)
        {
            // It is answered, and the JobHost has logged it.
        }
        catch (Exception e) when (e.GetBaseException() is OperationCanceledException or TimeoutException)
        {
            if (!http.Response.HasStarted)
                http.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        }
    }
}
