using AccountApplications.EmbeddedHost.Functions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AccountApplications.EmbeddedHost.Http;

/// <summary>The app's HTTP functions as endpoints.</summary>
internal static partial class FunctionEndpoints
{
    public static void MapFunctions(
        this IEndpointRouteBuilder endpoints, FunctionCatalog catalog, FunctionInvoker invoker, HostSettings settings,
        Keys keys, IHostApplicationLifetime lifetime, ILogger log)
    {
        foreach (var function in catalog.All.Where(function => function.Kind == TriggerKind.Http))
        {
            var route = Template(function, settings);
            RequestDelegate handle = http => keys.Admit(http.Request, function.Name, function.AuthLevel)
                ? RunAsync(http, function, invoker, lifetime, log)
                : Keys.RefuseAsync(http);
            if (function.Methods.Count > 0) endpoints.MapMethods(route, function.Methods, handle);
            else endpoints.Map(route, handle);
        }

        // As the real host answers an unknown route and a method that a function does not have.
        endpoints.MapFallback("{**path}", http =>
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        });
    }

    /// <summary>The whole route of an HTTP function.</summary>
    public static string Template(FunctionDescription function, HostSettings settings) =>
        string.Join('/', new[] { settings.RoutePrefix, function.Route!.RawText!.Trim('/') }.Where(part => part.Length > 0));

    private static async Task RunAsync(
        HttpContext http, FunctionDescription function, FunctionInvoker invoker, IHostApplicationLifetime lifetime, ILogger log)
    {
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, lifetime.ApplicationStopping);
        try
        {
            await invoker.RunHttpAsync(function, http, gone.Token);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
        }
        catch (Exception e)
        {
            LogUnhandled(log, function.Name, e.GetType().Name, e.Message);
            if (!http.Response.HasStarted) http.Response.StatusCode = StatusCodes.Status500InternalServerError;
        }
    }

    // Without the exception itself: its stack trace has no place in a log line.
    [LoggerMessage(LogLevel.Error, "Function {Function} failed: {Exception}: {Reason}")]
    private static partial void LogUnhandled(ILogger log, string function, string exception, string reason);
}
