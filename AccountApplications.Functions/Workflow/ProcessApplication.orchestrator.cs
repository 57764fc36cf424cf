using AccountApplications.Functions.Applications;
using AccountApplications.Functions.Storage;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using Microsoft.Extensions.Logging;

namespace AccountApplications.Functions.Workflow;

/// <summary>The life of one application, from its submission to its end. Nothing else changes an application's state.</summary>
public static partial class ProcessApplication
{
    /// <summary>The first version in which applications have terms: a second approval, deadlines.</summary>
    private const string WithTerms = "2";

    private static readonly TimeSpan PauseBeforeNextReminder = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    // Step Functions' defaults, for what may pass: 1 s, 2 s, 4 s.
    private static readonly TaskOptions Retries = TaskOptions.FromRetryPolicy(
        new RetryPolicy(maxNumberOfAttempts: 4, firstRetryInterval: TimeSpan.FromSeconds(1), backoffCoefficient: 2)
        {
            HandleFailure = MayPass,
        });

    // How the Functions host reports an activity whose worker process died; what an activity throws itself comes with its own type.
    private const string InvocationCutShort = "Microsoft.Azure.WebJobs.Host.FunctionInvocationException";

    [Function(nameof(ProcessApplication))]
    public static async Task<ApplicationState> Run([OrchestrationTrigger] TaskOrchestrationContext context, WorkflowInput input)
    {
        if (context.InstanceId != input.Id || !AccountApplicationId.IsValid(input.Id))
            throw new ArgumentException("The instance's id must be its application's id.");

        var log = context.CreateReplaySafeLogger(nameof(ProcessApplication));
        using var inbox = new Inbox(context, input.Received, log).Open();
        var application = input.AsSubmitted();
        try
        {
            application = await CheckApplicantAsync(context, application);
            if (application.State == ApplicationState.FlaggedForReview)
                application = await AwaitReviewAsync(context, inbox, application, log);
        }
        catch (TaskFailedException failure)
        {
            if (!inbox.HasNews)
            {
                LogFailed(log, context.InstanceId, failure.TaskName, failure.FailureDetails.ErrorType, failure.FailureDetails.ErrorMessage);
                throw;
            }

            // Who sent it has been told that it counts, so it outlives this execution: the next one has it in its input.
            LogKept(log, context.InstanceId, failure.TaskName, failure.FailureDetails.ErrorType, failure.FailureDetails.ErrorMessage);
            context.ContinueAsNew(new WorkflowInput(application, inbox.Received));
        }

        return application.State;
    }

    private static async Task<AccountApplication> CheckApplicantAsync(TaskOrchestrationContext context, AccountApplication application)
    {
        try
        {
            CheckResult[] checks = await Task.WhenAll(
                context.CallActivityAsync<CheckResult>(nameof(CheckName), application.Name, Retries),
                context.CallActivityAsync<CheckResult>(nameof(CheckAddress), application.Address, Retries));
            application = application with { Checks = checks };
            return checks.Any(check => check.Flagged)
                ? await FlagAsync(context, application, FlagType.Review)
                : await ChangeAsync(context, nameof(ApproveApplication), application);
        }
        catch (TaskFailedException failure) when (failure.FailureDetails.IsCausedBy<UnprocessableDataException>())
        {
            return await FlagAsync(context, application, FlagType.UnprocessableData);
        }
    }

    private static async Task<AccountApplication> AwaitReviewAsync(
        TaskOrchestrationContext context, Inbox inbox, AccountApplication application, ILogger log)
    {
        ScheduleDeadline(inbox, application);
        while (application is { State: ApplicationState.FlaggedForReview, IsErased: false })
            application = await inbox.NextAsync() switch
            {
                { Review: { } review } => await DecideAsync(context, application, review, log),
                { Kind: MessageKind.Withdrawal } => await ChangeAsync(context, nameof(RecordWithdrawal), application),
                { Kind: MessageKind.Expiry } => await ChangeAsync(context, nameof(ExpireApplication), application),
                _ => await RemindAsync(context, inbox, application, log),
            };
        return application;
    }

    private static async Task<AccountApplication> DecideAsync(
        TaskOrchestrationContext context, AccountApplication application, Review review, ILogger log)
    {
        if (!application.Accepts(ReviewDecision.Of(review)))
        {
            LogNotAccepted(log, context.InstanceId);
            return application;
        }

        if (review.Decision == Decision.Approve && application.IsApprovedBy(review.Reviewer))
            return application;
        application = application with { Reviews = [.. application.Reviews, review] };
        return review.Decision switch
        {
            Decision.Reject => await ChangeAsync(context, nameof(RejectApplication), application with { Review = review }),
            _ when application.HasApprovals => await ChangeAsync(context, nameof(ApproveApplication), application with { Review = review }),
            _ => await ChangeAsync(context, nameof(RecordApproval), application),
        };
    }

    /// <summary>Reminds the reviewers. A reminder decides nothing, so the wait does not end with one that fails.</summary>
    private static async Task<AccountApplication> RemindAsync(
        TaskOrchestrationContext context, Inbox inbox, AccountApplication application, ILogger log)
    {
        try
        {
            application = await ChangeAsync(context, nameof(RemindReviewers), application);
            ScheduleDeadline(inbox, application);
            return application;
        }
        catch (TaskFailedException failure) when (MayPass(failure.FailureDetails))
        {
            LogNotReminded(log, context.InstanceId, failure.FailureDetails.ErrorType, failure.FailureDetails.ErrorMessage);
            inbox.Schedule(MessageKind.Reminder, context.CurrentUtcDateTime + PauseBeforeNextReminder);
            return application;
        }
    }

    /// <summary>One after the other: a timer that is cancelled stays in storage until it would have fired.</summary>
    private static void ScheduleDeadline(Inbox inbox, AccountApplication application)
    {
        if (application is { DueAt: { } due, RemindedAt: null })
            inbox.Schedule(MessageKind.Reminder, due);
        else if (application.ExpiresAt is { } expiry)
            inbox.Schedule(MessageKind.Expiry, expiry);
    }

    private static Task<AccountApplication> FlagAsync(TaskOrchestrationContext context, AccountApplication application, FlagType type) =>
        ChangeAsync(context, nameof(FlagApplication), new FlagRequest(application, type, WithTerms: context.CompareVersionTo(WithTerms) >= 0));

    /// <summary>
    /// Changes the application. One that has ended is never started again, so nobody else would send the events of what is recorded: it goes
    /// on until they are sent.
    /// </summary>
    private static async Task<AccountApplication> ChangeAsync(TaskOrchestrationContext context, string activity, object input)
    {
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
            try
            {
                return await context.CallActivityAsync<AccountApplication>(activity, input, Retries);
            }
            catch (TaskFailedException failure) when (failure.FailureDetails.IsCausedBy<EventsUnsentException>())
            {
                await context.CreateTimer(pause, CancellationToken.None);
            }
    }

    /// <summary>Whether an activity that failed so may succeed when it is tried again.</summary>
    internal static bool MayPass(TaskFailureDetails failure) =>
        failure.IsCausedBy<StorageUnavailableException>() || failure.ErrorType == InvocationCutShort;

    [LoggerMessage(LogLevel.Warning, "{Id}: a decision that is none here is ignored: its reviewer has no name, or it rejects without a comment")]
    private static partial void LogNotAccepted(ILogger log, string id);

    [LoggerMessage(LogLevel.Warning, "{Id}: the reminder is tried again later: {ErrorType}: {ErrorMessage}")]
    private static partial void LogNotReminded(ILogger log, string id, string errorType, string errorMessage);

    [LoggerMessage(LogLevel.Warning, "{Id}: {Activity} failed, what came meanwhile is kept, and all is tried once more: {ErrorType}: {ErrorMessage}")]
    private static partial void LogKept(ILogger log, string id, string activity, string errorType, string errorMessage);

    [LoggerMessage(LogLevel.Error, "{Id}: {Activity} failed for good: {ErrorType}: {ErrorMessage}")]
    private static partial void LogFailed(ILogger log, string id, string activity, string errorType, string errorMessage);
}
