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
            HandleFailure = failure => failure.IsCausedBy<StorageUnavailableException>(),
        });

    // Beyond the retries' own 7 s: what an outage of minutes costs a reviewed application, and what one of days costs its history.
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(4);

    [Function(nameof(ProcessApplication))]
    public static async Task<ApplicationState> Run([OrchestrationTrigger] TaskOrchestrationContext context, AccountApplication application)
    {
        if (context.InstanceId != application.Id || !AccountApplicationId.IsValid(application.Id))
            throw new ArgumentException("The instance's id must be its application's id.");

        var log = context.CreateReplaySafeLogger(nameof(ProcessApplication));
        try
        {
            application = await CheckAsync(context, application);
            while (application.State == ApplicationState.FlaggedForReview)
            {
                // One wait at a time, for anything and nothing: of two the newest would take the event, and what does not fit would end all.
                var raised = await context.WaitForExternalEvent<JsonElement?>(ReviewDecision.EventName) ?? default;
                if (ReviewDecision.TryRead(raised, out var decision))
                    application = await CloseAsync(context, log, application with { Review = decision.At(context.CurrentUtcDateTime) });
                else
                    LogNoDecision(log, application.Id);
            }

            return application.State;
        }
        catch (TaskFailedException failure)
        {
            LogFailed(log, context.InstanceId, failure.TaskName, failure.FailureDetails.ErrorType, failure.FailureDetails.ErrorMessage);
            throw;
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

    /// <summary>Does not give up while storage is away: the reviewer has been told that the decision counts, and it is kept here alone.</summary>
    private static async Task<AccountApplication> CloseAsync(TaskOrchestrationContext context, ILogger log, AccountApplication reviewed)
    {
        var close = reviewed.Review?.Decision == Decision.Approve ? nameof(ApproveApplication) : nameof(RejectApplication);
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                return await context.CallActivityAsync<AccountApplication>(close, reviewed, Retries);
            }
            catch (TaskFailedException failure) when (failure.FailureDetails.IsCausedBy<StorageUnavailableException>())
            {
                LogKept(log, reviewed.Id, close, pause.TotalSeconds);
            }

            await context.CreateTimer(context.CurrentUtcDateTime + pause, CancellationToken.None);
        }
    }

    [LoggerMessage(LogLevel.Warning, "{Id}: an event that is no decision is ignored; the application still waits for its review")]
    private static partial void LogNoDecision(ILogger log, string id);

    [LoggerMessage(LogLevel.Error, "{Id}: {Activity} cannot record the decision while storage is away; it is kept, and tried again in {Seconds} s")]
    private static partial void LogKept(ILogger log, string id, string activity, double seconds);

    [LoggerMessage(LogLevel.Error, "{Id}: {Activity} failed for good: {ErrorType}: {ErrorMessage}")]
    private static partial void LogFailed(ILogger log, string id, string activity, string errorType, string errorMessage);
}
