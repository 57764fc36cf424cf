using System.Text.Json;
using AccountApplications.Functions.Applications;
using AccountApplications.Functions.Storage;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using Microsoft.Extensions.Logging;

namespace AccountApplications.Functions.Workflow;

/// <summary>The life of one application, from its submission to its end. Nothing else changes an application's state.</summary>
public static partial class ProcessApplication
{
    // Step Functions' defaults, for what may pass: 1 s, 2 s, 4 s.
    private static readonly TaskOptions Retries = TaskOptions.FromRetryPolicy(
        new RetryPolicy(maxNumberOfAttempts: 4, firstRetryInterval: TimeSpan.FromSeconds(1), backoffCoefficient: 2)
        {
            HandleFailure = MayPass,
        });

    // How the Functions host reports an activity whose worker process died; what an activity throws itself comes with its own type.
    private const string InvocationCutShort = "Microsoft.Azure.WebJobs.Host.FunctionInvocationException";

    [Function(nameof(ProcessApplication))]
    public static async Task<ApplicationState> Run([OrchestrationTrigger] TaskOrchestrationContext context, AccountApplication application)
    {
        if (context.InstanceId != application.Id || !AccountApplicationId.IsValid(application.Id))
            throw new ArgumentException("The instance's id must be its application's id.");

        var log = context.CreateReplaySafeLogger(nameof(ProcessApplication));
        var kept = application.Review;
        var review = kept is null ? ReviewAsync(context, log) : Task.FromResult(kept);
        application = application.AsSubmitted();
        try
        {
            application = await CheckAsync(context, application);
            if (application.State == ApplicationState.FlaggedForReview)
                application = await CloseAsync(context, application with { Review = await review });
        }
        catch (TaskFailedException failure)
        {
            LogFailed(log, context.InstanceId, failure.TaskName, failure.FailureDetails.ErrorType, failure.FailureDetails.ErrorMessage);
            if (kept is not null || !review.IsCompleted)
                throw;
            // The reviewer has been told that the decision counts, so it outlives this execution: the next one has it in its input.
            LogKept(log, context.InstanceId);
            context.ContinueAsNew(application with { Review = await review });
        }

        return application.State;
    }

    /// <summary>The first decision that is one. Open from the start: it counts whenever it comes.</summary>
    private static async Task<Review> ReviewAsync(TaskOrchestrationContext context, ILogger log)
    {
        while (true)
        {
            // One wait at a time, for anything and nothing: of two the newest would take the event, and what does not fit would end all.
            var raised = await context.WaitForExternalEvent<JsonElement?>(ReviewDecision.EventName) ?? default;
            if (ReviewDecision.TryRead(raised, out var decision))
                return decision.At(context.CurrentUtcDateTime);
            LogNoDecision(log, context.InstanceId);
        }
    }

    private static async Task<AccountApplication> CheckAsync(TaskOrchestrationContext context, AccountApplication application)
    {
        try
        {
            CheckResult[] checks = await Task.WhenAll(
                context.CallActivityAsync<CheckResult>(nameof(CheckName), application.Name, Retries),
                context.CallActivityAsync<CheckResult>(nameof(CheckAddress), application.Address, Retries));
            application = application with { Checks = checks };
            return checks.Any(check => check.Flagged)
                ? await FlagAsync(context, application, FlagType.Review)
                : await context.CallActivityAsync<AccountApplication>(nameof(ApproveApplication), application, Retries);
        }
        catch (TaskFailedException failure) when (failure.FailureDetails.IsCausedBy<UnprocessableDataException>())
        {
            return await FlagAsync(context, application, FlagType.UnprocessableData);
        }
    }

    private static Task<AccountApplication> FlagAsync(TaskOrchestrationContext context, AccountApplication application, FlagType type) =>
        context.CallActivityAsync<AccountApplication>(nameof(FlagApplication), new FlagRequest(application, type), Retries);

    private static Task<AccountApplication> CloseAsync(TaskOrchestrationContext context, AccountApplication reviewed) =>
        context.CallActivityAsync<AccountApplication>(
            reviewed.Review?.Decision == Decision.Approve ? nameof(ApproveApplication) : nameof(RejectApplication), reviewed, Retries);

    /// <summary>Whether an activity that failed so may succeed when it is tried again.</summary>
    internal static bool MayPass(TaskFailureDetails failure) =>
        failure.IsCausedBy<StorageUnavailableException>() || failure.ErrorType == InvocationCutShort;

    [LoggerMessage(LogLevel.Warning, "{Id}: an event that is no decision is ignored")]
    private static partial void LogNoDecision(ILogger log, string id);

    [LoggerMessage(LogLevel.Warning, "{Id}: the decision that was taken is kept, and tried once more; if that fails too, start the workflow again with its input")]
    private static partial void LogKept(ILogger log, string id);

    [LoggerMessage(LogLevel.Error, "{Id}: {Activity} failed for good: {ErrorType}: {ErrorMessage}")]
    private static partial void LogFailed(ILogger log, string id, string activity, string errorType, string errorMessage);
}
