using System.Text.Json;
using AccountApplications.Functions.Applications;
using AccountApplications.Functions.Storage;
using DurableTask.Core.History;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace AccountApplications.Functions.Workflow;

/// <summary>
/// What functions ask of an application's workflow. Which exceptions a client throws is the storage provider's affair,
/// so they are not told apart: what became of the request is settled by asking for the instance.
/// </summary>
internal static class WorkflowClient
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(4);

    /// <summary>Starts the workflow, unless it has been started.</summary>
    /// <param name="again">Whether one that has ended counts as not started.</param>
    /// <param name="version">Of the workflow; the one that is deployed if not given.</param>
    /// <exception cref="StorageUnavailableException">It cannot be started now.</exception>
    public static async Task StartAsync(
        this DurableTaskClient client, AccountApplication application, CancellationToken cancellationToken, bool again = false, string? version = null)
    {
        var options = new StartOrchestrationOptions(application.Id) { Version = version is null ? default(TaskVersion?) : new TaskVersion(version) };
        await client.StartAsync(nameof(ProcessApplication), application, options, again, cancellationToken);
    }

    /// <summary>Starts to erase an application, unless that is under way.</summary>
    /// <exception cref="StorageUnavailableException">It cannot be started now.</exception>
    public static Task StartErasureAsync(this DurableTaskClient client, Erasure erasure, CancellationToken cancellationToken) => client.StartAsync(
        nameof(ForgetApplication), erasure, new StartOrchestrationOptions(Erasure.InstanceIdFor(erasure.Id)), again: true, cancellationToken);

    /// <summary>Ends a workflow that runs.</summary>
    /// <exception cref="StorageUnavailableException">It cannot be ended now.</exception>
    public static async Task TerminateAsync(this DurableTaskClient client, string id)
    {
        try
        {
            await client.TerminateInstanceAsync(id).WaitAsync(Limit);
        }
        catch (Exception e)
        {
            // It may just have ended by itself.
            if (await client.IsRunningAsync(id, CancellationToken.None))
                throw Unavailable("be ended", e);
        }
    }

    /// <summary>Removes all that the runtime keeps of a workflow that has ended.</summary>
    /// <exception cref="StorageUnavailableException">It cannot be removed now.</exception>
    public static async Task PurgeAsync(this DurableTaskClient client, string id)
    {
        try
        {
            await client.PurgeInstanceAsync(id);
        }
        catch (Exception e)
        {
            throw Unavailable("be removed", e);
        }
    }

    private static async Task StartAsync(
        this DurableTaskClient client, string orchestrator, object input, StartOrchestrationOptions options, bool again, CancellationToken cancellationToken)
    {
        try
        {
            await client.ScheduleNewOrchestrationInstanceAsync(orchestrator, input, options, cancellationToken).WaitAsync(Limit, cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            if (await client.FindAsync(options.InstanceId!, cancellationToken) is not { } workflow || (again && workflow.IsCompleted))
                throw Unavailable("be started", e);
        }
    }

    /// <summary>Hands an event to the workflow.</summary>
    /// <returns>false: there is no workflow that could take it.</returns>
    /// <exception cref="StorageUnavailableException">It cannot be handed over now.</exception>
    public static async Task<bool> TryRaiseAsync(
        this DurableTaskClient client, string id, string name, object? payload, CancellationToken cancellationToken)
    {
        // Some storage providers drop an event for nobody without a word, so they are asked first.
        if (!await client.IsRunningAsync(id, cancellationToken))
            return false;
        try
        {
            await client.RaiseEventAsync(id, name, payload, cancellationToken).WaitAsync(Limit, cancellationToken);
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

    /// <summary>The workflow's instance; null if there is none.</summary>
    /// <exception cref="StorageUnavailableException">Nobody can tell now.</exception>
    public static async Task<OrchestrationMetadata?> FindAsync(
        this DurableTaskClient client, string id, CancellationToken cancellationToken, bool withInput = false)
    {
        try
        {
            return await client.GetInstanceAsync(id, withInput, cancellationToken).WaitAsync(Limit, cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            throw Unavailable("be found", e);
        }
    }

    /// <summary>What the workflow was started with last; null if that is no application of this id.</summary>
    public static WorkflowInput? InputFor(this OrchestrationMetadata workflow, string id)
    {
        try
        {
            return workflow.ReadInputAs<WorkflowInput>() is { } input && input.Id == id ? input : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The version of the workflow, and what was sent to its last execution, whatever that came to.</summary>
    /// <exception cref="StorageUnavailableException">Nobody can tell now.</exception>
    public static async Task<(string? Version, IReadOnlyList<Message> Messages)> LookThroughAsync(
        this DurableTaskClient client, string id, CancellationToken cancellationToken)
    {
        try
        {
            var history = await client.GetOrchestrationHistoryAsync(id, cancellationToken).WaitAsync(Limit, cancellationToken);
            var version = history.OfType<ExecutionStartedEvent>().FirstOrDefault()?.Version;
            var messages = history.OfType<EventRaisedEvent>()
                .Select(raised => Inbox.Read(raised.Name, Parse(raised.Input) ?? default, raised.Timestamp))
                .OfType<Message>();
            return (version, [.. messages]);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            throw Unavailable("be looked through", e);
        }
    }

    private static JsonElement? Parse(string? json)
    {
        try
        {
            return json is null ? null : JsonSerializer.Deserialize<JsonElement>(json);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static StorageUnavailableException Unavailable(string what, Exception e) =>
        new($"The workflow cannot {what} ({e.GetType().Name}).", e);
}
