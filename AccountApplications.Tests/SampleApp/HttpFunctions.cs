using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace SampleApp;

public static class HttpFunctions
{
    private static int _cancelled;
    private static int _running;

    [Function(nameof(Hello))]
    public static IResult Hello([HttpTrigger(AuthorizationLevel.Anonymous, "get")] HttpRequest request) => Results.Text("Hello");

    /// <summary>Shows what came.</summary>
    [Function(nameof(Echo))]
    public static async Task<IResult> Echo(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "post", "put", Route = "echo/{part}/{*rest}")] HttpRequest request, string part, string? rest)
    {
        using var reader = new StreamReader(request.Body);
        request.HttpContext.Response.Headers["X-Answer"] = "set";
        return Results.Json(
            new
            {
                request.Method,
                Host = request.Host.Value,
                request.Scheme,
                part,
                rest,
                Query = request.Query["q"].ToString(),
                Header = request.Headers["X-Test"].ToString(),
                Body = await reader.ReadToEndAsync(),
            },
            statusCode: StatusCodes.Status201Created);
    }

    [Function(nameof(OfFunctionLevel))]
    public static IResult OfFunctionLevel([HttpTrigger(AuthorizationLevel.Function, "get")] HttpRequest request) => Results.Text("function");

    [Function(nameof(OfAdminLevel))]
    public static IResult OfAdminLevel([HttpTrigger(AuthorizationLevel.Admin, "get")] HttpRequest request) => Results.Text("admin");

    [Function(nameof(AAny))]
    public static IResult AAny([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "same/{any}")] HttpRequest request, string any) => Results.Text($"any {any}");

    [Function(nameof(BLiteral))]
    public static IResult BLiteral([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "same/literal")] HttpRequest request) => Results.Text("literal");

    /// <summary>So many bytes.</summary>
    [Function(nameof(Big))]
    public static IResult Big([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "big/{count:int}")] HttpRequest request, int count) =>
        Results.Bytes(new byte[count]);

    [Function(nameof(Fails))]
    public static IResult Fails([HttpTrigger(AuthorizationLevel.Anonymous, "get")] HttpRequest request) =>
        throw new InvalidOperationException("An HTTP function that fails.");

    [Function(nameof(Dies))]
    public static IResult Dies([HttpTrigger(AuthorizationLevel.Anonymous, "post")] HttpRequest request)
    {
        Console.Error.WriteLine("These are its last words.");
        Environment.Exit(7);
        return Results.Ok();
    }

    [Function(nameof(ProcessId))]
    public static IResult ProcessId([HttpTrigger(AuthorizationLevel.Anonymous, "get")] HttpRequest request) => Results.Text($"{Environment.ProcessId}");

    /// <summary>Takes so many seconds, unless its caller goes.</summary>
    [Function(nameof(Slow))]
    public static async Task<IResult> Slow(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "slow/{seconds:double}")] HttpRequest request, double seconds, CancellationToken cancellation)
    {
        Interlocked.Increment(ref _running);
        try
        {
            await Task.Delay(TimeSpan.FromSeconds(seconds), cancellation);
            return Results.Text("done");
        }
        catch (OperationCanceledException)
        {
            Interlocked.Increment(ref _cancelled);
            throw;
        }
    }

    /// <summary>How many calls of <see cref="Slow"/> have begun.</summary>
    [Function(nameof(Running))]
    public static IResult Running([HttpTrigger(AuthorizationLevel.Anonymous, "get")] HttpRequest request) => Results.Text($"{_running}");

    /// <summary>How often a caller of <see cref="Slow"/> has gone.</summary>
    [Function(nameof(Cancelled))]
    public static IResult Cancelled([HttpTrigger(AuthorizationLevel.Anonymous, "get")] HttpRequest request) => Results.Text($"{_cancelled}");

    [Function(nameof(Setting))]
    public static IResult Setting([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "setting/{name}")] HttpRequest request, string name) =>
        Results.Text(Environment.GetEnvironmentVariable(name));
}
