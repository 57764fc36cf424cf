using AccountApplications.Functions.Applications;
using AccountApplications.Functions.Storage;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;

namespace AccountApplications.Functions.Workflow;

/// <summary>What <see cref="ForgetApplication"/> starts with.</summary>
/// <param name="By">Who asked for it; null: it was kept for as long as it had to be.</param>
public sealed record Erasure(string Id, string? By = null)
{
    /// <summary>The id of the instance, which stays when all else is gone.</summary>
    public static string InstanceIdFor(string applicationId) => $"erase_{applicationId}";
}

/// <summary>Erases one application for good: its record, its rows in the lists, and its workflow.</summary>
public static class ForgetApplication
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    // As long as a request that was under way can go on.
    private static readonly TimeSpan RequestTime = TimeSpan.FromMinutes(1);

    // It has been promised, and nobody watches: however long storage is away.
    private static readonly TaskOptions Retries = TaskOptions.FromRetryPolicy(
        new RetryPolicy(maxNumberOfAttempts: 10_000, FirstPause, backoffCoefficient: 2, maxRetryInterval: TimeSpan.FromMinutes(5))
        {
            HandleFailure = failure => ProcessApplication.MayPass(failure) || failure.IsCausedBy<EventsUnsentException>(),
        });

    [Function(nameof(ForgetApplication))]
    public static async Task Run([OrchestrationTrigger] TaskOrchestrationContext context, Erasure erasure)
    {
        if (context.InstanceId != Erasure.InstanceIdFor(erasure.Id) || !AccountApplicationId.IsValid(erasure.Id))
            throw new ArgumentException("The instance's id must be that of its application's erasure.");

        var found = await context.CallActivityAsync<ErasedRecord>(nameof(EraseRecord), erasure, Retries);
        if (found == ErasedRecord.None)
            return;
        await EraseTracesAsync(context, erasure.Id);
        if (found == ErasedRecord.Settled)
            return;
        // A submission or a restart that was under way may have come after.
        await context.CreateTimer(RequestTime, CancellationToken.None);
        await EraseTracesAsync(context, erasure.Id);
    }

    private static async Task EraseTracesAsync(TaskOrchestrationContext context, string id)
    {
        // A second termination of an instance would be a message for one that is gone, delivered for ever.
        var step = new EraseTracesStep(id, Terminates: true);
        for (var pause = FirstPause; !await context.CallActivityAsync<bool>(nameof(EraseTraces), step, Retries); pause *= 2)
        {
            await context.CreateTimer(pause < LongestPause ? pause : LongestPause, CancellationToken.None);
            step = step with { Terminates = false };
        }
    }
}
