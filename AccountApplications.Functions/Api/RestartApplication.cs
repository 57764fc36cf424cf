using AccountApplications.Functions.Applications;
using AccountApplications.Functions.Storage;
using AccountApplications.Functions.Workflow;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;

namespace AccountApplications.Functions.Api;

public sealed class RestartApplication(ApplicationStore store, TimeProvider time)
{
    /// <summary>Sets the workflow going again that failed, was terminated or is gone before the application had ended.</summary>
    [Function(nameof(RestartApplication))]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "api/applications/{id}/restart")] HttpRequest request,
        [DurableClient] DurableTaskClient client,
        string id,
        CancellationToken cancellationToken) =>
        AccountApplicationId.IsValid(id)
            ? await time.WithinLimitAsync(token => RestartAsync(client, id, token), cancellationToken)
            : Problems.NotFound();

    private async Task<IResult> RestartAsync(DurableTaskClient client, string id, CancellationToken cancellationToken)
    {
        // The workflow first: what one that has ended came to is recorded by then.
        var workflow = await client.FindAsync(id, cancellationToken, withInput: true);
        if (await store.FindAsync(id, cancellationToken) is not { } application)
            return Problems.NotFound();
        if (application.State.IsEnd())
            return Problems.Conflict($"It has ended: it is {application.State.ToWireName()}.");
        if (workflow is { IsCompleted: false })
            return TypedResults.Ok(application);

        var input = workflow?.InputFor(id) ?? new WorkflowInput(application, []);
        string? version = null;
        if (workflow is not null)
        {
            (version, var messages) = await client.LookThroughAsync(id, cancellationToken);
            input = new WorkflowInput(input, [.. input.Received, .. messages]);
        }

        await client.StartAsync(input, cancellationToken, again: true, version);
        return TypedResults.Accepted($"/api/applications/{id}", application);
    }
}
