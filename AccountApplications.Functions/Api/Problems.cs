using AccountApplications.Functions.Applications;
using AccountApplications.Functions.Storage;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.Extensions.Logging;

namespace AccountApplications.Functions.Api;

/// <summary>Answers with RFC 9457 problem documents: those that functions ask for, and one for whatever an HTTP function throws.</summary>
public sealed partial class Problems(ILogger<Problems> log) : IFunctionsWorkerMiddleware
{
    private const string RetryAfterSeconds = "2";

    public static IResult Of(int status, string detail) => TypedResults.Problem(detail, statusCode: status);

    public static IResult Of(IReadOnlyDictionary<string, string[]> errors) =>
        TypedResults.ValidationProblem(errors, "See errors for what is wrong with which field.");

    public static IResult Conflict(string detail) => Of(StatusCodes.Status409Conflict, detail);

    public static IResult NotWaiting(ApplicationState state) => Conflict($"It is not waiting for a review: it is {state.ToWireName()}.");

    /// <summary>What may still be known of an application that was erased.</summary>
    private static ProblemHttpResult Gone(ErasedApplication erased) => TypedResults.Problem(
        "It was erased.", statusCode: StatusCodes.Status410Gone, extensions: new Dictionary<string, object?>
        {
            ["id"] = erased.Id,
            ["history"] = erased.History,
            ["reviews"] = erased.Reviews,
            ["erasedAt"] = erased.ErasedAt,
            ["erasedBy"] = erased.ErasedBy,
        });

    public static IResult NotFound() => Of(StatusCodes.Status404NotFound, "There is no application with this id.");

    public async Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        // An activity's or an orchestrator's exception is the runtime's to deal with.
        if (!context.FunctionDefinition.InputBindings.Values.Any(binding => binding.Type == "httpTrigger"))
        {
            await next(context);
            return;
        }

        try
        {
            await next(context);
        }
        catch (Exception e)
        {
            context.GetInvocationResult().Value = AnswerTo(e, context);
        }
    }

    private IResult AnswerTo(Exception exception, FunctionContext context)
    {
        var function = context.FunctionDefinition.Name;
        switch (exception)
        {
            // The caller has gone, or the host is stopping, its Durable Functions client first, and the caller may try the next one.
            case OperationCanceledException or RpcException when IsCancelled(context):
                return Unavailable(context, "The request was cut short. Try again.");
            case BadHttpRequestException bad:
                return Of(bad.StatusCode, "The request cannot be read.");
            case ApplicationErasedException { Application: var erased }:
                return Gone(erased);
            case StorageUnavailableException:
                LogUnavailable(function, context.InvocationId, exception.Message);
                return Unavailable(context, "Storage does not answer. Try again later.");
            default:
                LogFailed(function, context.InvocationId, exception.GetType().Name, exception.Message);
                return Of(StatusCodes.Status500InternalServerError, $"It is logged as invocation {context.InvocationId}.");
        }
    }

    private static bool IsCancelled(FunctionContext context) =>
        context.CancellationToken.IsCancellationRequested || context.GetHttpContext()?.RequestAborted.IsCancellationRequested == true;

    private static IResult Unavailable(FunctionContext context, string detail)
    {
        if (context.GetHttpContext() is { } http)
            http.Response.Headers.RetryAfter = RetryAfterSeconds;
        return Of(StatusCodes.Status503ServiceUnavailable, detail);
    }

    [LoggerMessage(LogLevel.Warning, "{Function} ({InvocationId}) is answered 503: {Message}")]
    private partial void LogUnavailable(string function, string invocationId, string message);

    // Without the exception itself: its stack trace has no place in a log line.
    [LoggerMessage(LogLevel.Error, "{Function} ({InvocationId}) failed: {Exception}: {Message}")]
    private partial void LogFailed(string function, string invocationId, string exception, string message);
}
