using AccountApplications.Functions.Storage;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;

namespace AccountApplications.Functions.Workflow;

/// <param name="Terminates">Whether the workflow is told to end, if it runs.</param>
public sealed record EraseTracesStep(string Id, bool Terminates);

public sealed class EraseTraces(ApplicationEraser eraser)
{
    /// <summary>Removes what is kept of an erased application beside its record: its rows, and its workflow once that has ended.</summary>
    /// <returns>Whether all is gone.</returns>
    [Function(nameof(EraseTraces))]
    public async Task<bool> Run([ActivityTrigger] EraseTracesStep step, [DurableClient] DurableTaskClient client)
    {
        if (await eraser.FindAsync(step.Id, CancellationToken.None) is not { } tombstone)
            return true;
        await eraser.DeleteRowsAsync(tombstone);
        var workflow = await client.FindAsync(step.Id, CancellationToken.None);
        if (workflow is { IsCompleted: false })
        {
            if (step.Terminates)
                await client.TerminateAsync(step.Id);
            return false;
        }

        if (workflow is not null)
            await client.PurgeAsync(step.Id);
        await eraser.FinishAsync(tombstone);
        return true;
    }
}
