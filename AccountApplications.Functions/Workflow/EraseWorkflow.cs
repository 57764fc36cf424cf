using AccountApplications.Functions.Storage;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;

namespace AccountApplications.Functions.Workflow;

/// <param name="Terminates">Whether the workflow is told to end, if it runs.</param>
public sealed record EraseWorkflowStep(string Id, bool Terminates);

public sealed class EraseWorkflow(ApplicationEraser eraser)
{
    /// <summary>Removes what the runtime keeps of an erased application's workflow, once that has ended.</summary>
    /// <returns>Whether all is gone.</returns>
    [Function(nameof(EraseWorkflow))]
    public async Task<bool> Run([ActivityTrigger] EraseWorkflowStep step, [DurableClient] DurableTaskClient client)
    {
        var workflow = await client.FindAsync(step.Id, CancellationToken.None);
        if (workflow is { IsCompleted: false })
        {
            if (step.Terminates)
                await client.TerminateAsync(step.Id);
            return false;
        }

        if (workflow is not null)
            await client.PurgeAsync(step.Id);
        await eraser.FinishAsync(step.Id);
        return true;
    }
}
