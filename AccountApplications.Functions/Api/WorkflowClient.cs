using AccountApplications.Functions.Applications;
using AccountApplications.Functions.Storage;
using AccountApplications.Functions.Workflow;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace AccountApplications.Functions.Api;

/// <summary>
/// What HTTP functions ask of an application's workflow. Which exceptions a client throws is the storage provider's affair,
/// so they are not told apart: what became of the request is settled by asking for the instance.
/// </summary>
internal static class WorkflowClient
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(4);

    /// <summary>Starts the workflow, unless it has been started.</summary>
    /// <exception cref="StorageUnavailableException">It cannot be started now.</exception>
    public static async Task StartAsync(this DurableTaskClient client, AccountApplication application, CancellationToken cancellationToken)
    {
        try
        {
            await client
                .ScheduleNewOrchestrationInstanceAsync(
                    nameof(ProcessApplication), application, new StartOrchestrationOptions(application.Id), cancellationToken)
                .WaitAsync(Limit, cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            if (await client.FindAsync(application.Id, cancellationToken) is null)
                throw Unavailable("be started", e);
        }
    }

    /// <summary>Hands the decision to the workflow.</summary>
    /// <returns>false: there is no workflow that could take it.</returns>
    /// <exception cref="StorageUnavailableException">It cannot be handed over now.</exception>
    public static async Task<bool> TryRaiseAsync(
        this DurableTaskClient client, string id, ReviewDecision decision, CancellationToken cancellationToken)
    {
        // Some storage providers drop an event for nobody without a word, so they are asked first.
        if (!await client.IsRunningAsync(id, cancellationToken))
            return false;
        try
        {
            await client.RaiseEventAsync(id, ReviewDecision.EventName, decision, cancellationToken).WaitAsync(Limit, cancellationToken);
            return true;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            return await client.IsRunningAsync(id, cancellationToken) ? throw Unavailable("take the event", e) : false;
        }
    }

    /// <exception cref="StorageUnavailableException">Nobody can tell now.</exception>
    public static async Task<bool> IsRunningAsync(this DurableTaskClient client, string id, CancellationToken cancellationToken) =>
        await client.FindAsync(id, cancellationToken) is { IsCompleted: false };

    private static async Task<OrchestrationMetadata?> FindAsync(
        this DurableTaskClient client, string id, CancellationToken cancellationToken)
    {
        try
        {
            return await client.GetInstanceAsync(id, getInputsAndOutputs: false, cancellationToken).WaitAsync(Limit, cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            throw Unavailable("be found", e);
        }
    }

    private static StorageUnavailableException Unavailable(string what, Exception e) =>
        new($"The workflow cannot {what} ({e.GetType().Name}).", e);
}
