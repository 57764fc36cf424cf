using AccountApplications.Functions.Applications;
using AccountApplications.Functions.Storage;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace AccountApplications.Functions.Workflow;

public sealed partial class EraseOld(
    ApplicationStore store, SubmissionClaims claims, IOptions<RetentionOptions> options, TimeProvider time, ILogger<EraseOld> log)
{
    private const int MostPerRun = 500;

    /// <summary>Has applications erased that ended long enough ago, if there is such a time, and removes idempotency keys that are over.</summary>
    [Function(nameof(EraseOld))]
    public async Task Run(
        [TimerTrigger(RetentionOptions.ScheduleSetting)] TimerInfo timer, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken)
    {
        await claims.SweepAsync(cancellationToken);
        if (options.Value.Retention is not { } retention)
            return;
        var started = 0;
        await Parallel.ForEachAsync(
            store.FindEndedAsync(time.GetUtcNow().UtcDateTime - retention, MostPerRun, cancellationToken), cancellationToken, async (id, token) =>
            {
                await client.StartErasureAsync(new Erasure(id), token);
                Interlocked.Increment(ref started);
            });
        LogStarted(started);
    }

    [LoggerMessage(LogLevel.Information, "Erasing {Count} applications that ended long enough ago")]
    private partial void LogStarted(int count);
}
