using AccountApplications.Functions.Applications;
using AccountApplications.Functions.Storage;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Core.FunctionMetadata;
using OpenTelemetry;

namespace AccountApplications.Functions.Telemetry;

public sealed class MeasureQueue(ApplicationStore store, ReviewQueue queue, TimeProvider time)
{
    private const int MostCounted = 1000;

    /// <summary>Measures, on one host of all, how many applications are under way and for how long; left out without telemetry.</summary>
    [Function(nameof(MeasureQueue))]
    public async Task Run([TimerTrigger("0 */5 * * * *")] TimerInfo timer, CancellationToken cancellationToken)
    {
        // Again and again the same 32 requests.
        using var quiet = SuppressInstrumentationScope.Begin();
        var waiting = await queue.CountAsync(cancellationToken);
        var submitted = (await store.ListAsync(ApplicationState.Submitted, MostCounted, "", cancellationToken)).Items;
        var now = time.GetUtcNow().UtcDateTime;
        Metrics.Measured(
            [
                new Measured(ApplicationState.Submitted, submitted.Count, submitted is [var oldest, ..] ? now - oldest.SubmittedAt : null),
                new Measured(ApplicationState.FlaggedForReview, waiting.Waiting, now - waiting.OldestSubmittedAt),
            ],
            waiting.Overdue);
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
