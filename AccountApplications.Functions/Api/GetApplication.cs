using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using AccountApplications.Functions.Applications;
using AccountApplications.Functions.Storage;
using AccountApplications.Functions.Workflow;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;

namespace AccountApplications.Functions.Api;

[JsonConverter(typeof(WireNames.Converter<WorkflowState>))]
public enum WorkflowState
{
    Running,
    Suspended,
    Failed,
    Terminated,

    /// <summary>There is none, or it ended without an end of the application.</summary>
    Gone,
}

/// <summary>An application with how its workflow stands; null once the application has ended.</summary>
public sealed record ApplicationDetails : AccountApplication
{
    [SetsRequiredMembers]
    public ApplicationDetails(AccountApplication application, WorkflowState? workflow) : base(application) => Workflow = workflow;

    [JsonPropertyOrder(1)]
    public WorkflowState? Workflow { get; }
}

public sealed class GetApplication(ApplicationStore store, ReviewQueue queue, TimeProvider time)
{
    /// <summary>Shows one application with its history, and how its workflow stands.</summary>
    [Function(nameof(GetApplication))]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/applications/{id}")] HttpRequest request,
        [DurableClient] DurableTaskClient client,
        string id,
        CancellationToken cancellationToken) =>
        AccountApplicationId.IsValid(id) && await time.WithinLimitAsync(token => FollowAsync(client, id, token), cancellationToken) is { } application
            ? TypedResults.Ok(application)
            : Problems.NotFound();

    private async Task<ApplicationDetails?> FollowAsync(DurableTaskClient client, string id, CancellationToken cancellationToken)
    {
        if (await store.ReadAsync(id, cancellationToken) is not { } application)
            return null;
        if (application.State.IsEnd())
            return new ApplicationDetails(application, null);
        var claim = queue.FindClaimAsync(application, cancellationToken);
        var workflow = StateOf(await client.FindAsync(id, cancellationToken));
        // It may have ended since, and recorded what it came to before.
        if (workflow == WorkflowState.Gone && await store.ReadAsync(id, cancellationToken) is { } ended && ended.State.IsEnd())
            return new ApplicationDetails(ended, null);
        return new ApplicationDetails(application with { Claim = await claim }, workflow);
    }

    private static WorkflowState StateOf(OrchestrationMetadata? workflow) => workflow?.RuntimeStatus switch
    {
        OrchestrationRuntimeStatus.Pending or OrchestrationRuntimeStatus.Running => WorkflowState.Running,
        OrchestrationRuntimeStatus.Suspended => WorkflowState.Suspended,
        OrchestrationRuntimeStatus.Failed => WorkflowState.Failed,
        OrchestrationRuntimeStatus.Terminated => WorkflowState.Terminated,
        _ => WorkflowState.Gone,
    };
}
