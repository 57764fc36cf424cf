using AccountApplications.Functions.Storage;
using Microsoft.Azure.Functions.Worker;

namespace AccountApplications.Functions.Workflow;

public sealed class EraseRows(ApplicationEraser eraser)
{
    /// <summary>Removes what is kept of an erased application beside its record.</summary>
    [Function(nameof(EraseRows))]
    public async Task Run([ActivityTrigger] string id)
    {
        if (await eraser.FindAsync(id, CancellationToken.None) is { } tombstone)
            await eraser.DeleteRowsAsync(tombstone);
    }
}
