using AccountApplications.Functions.Applications;
using AccountApplications.Functions.Storage;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Core.FunctionMetadata;
using OpenTelemetry;

namespace AccountApplications.Functions.Telemetry;

public sealed class MeasureQueue(ReviewQueue queue, TimeProvider time)
{
    /// <summary>Measures, every minute and on one host of all, how many applications are under way and for how long; left out without telemetry.</summary>
    [Function(nameof(MeasureQueue))]
    public async Task Run([TimerTrigger("0 * * * * *")] TimerInfo timer, CancellationToken cancellationToken)
    {
        // Minute by minute the same 32 requests.
        using var quiet = SuppressInstrumentationScope.Begin();
        foreach (var state in (ApplicationState[])[ApplicationState.Submitted, ApplicationState.FlaggedForReview])
        {
            var count = await queue.CountAsync(state, cancellationToken);
            Metrics.Measured(state, count.Waiting, time.GetUtcNow().UtcDateTime - count.OldestSubmittedAt);
            if (state == ApplicationState.FlaggedForReview)
                Metrics.MeasuredOverdue(count.Overdue);
        }
    }
}

/// <summary>Leaves <see cref="MeasureQueue"/> out.</summary>
internal sealed class WithoutMeasures : IFunctionMetadataTransformer
{
    public string Name => nameof(WithoutMeasures);

    public void Transform(IList<IFunctionMetadata> functions)
    {
        foreach (var measures in functions.Where(function => function.Name == nameof(MeasureQueue)).ToList())
            functions.Remove(measures);
    }
}
