using AccountApplications.Functions.Applications;
using AccountApplications.Functions.Storage;
using AccountApplications.Functions.Workflow;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;

namespace AccountApplications.Functions.Api;

public sealed class EraseApplication(ApplicationStore store, ApplicationEraser eraser, Reviewers reviewers, WorkflowEvents events, TimeProvider time)
{
    /// <summary>Erases the application, whatever its state.</summary>
    [Function(nameof(EraseApplication))]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Admin, "delete", Route = "api/applications/{id}")] HttpRequest request,
        [DurableClient] DurableTaskClient client,
        string id,
        CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        if (!AccountApplicationId.IsValid(id))
            return Problems.NotFound();
        return await time.WithinLimitAsync(token => StartAsync(client, new Erasure(id, reviewers.Of(request)), token), cancellationToken)
            ?? await events.OutcomeAsync(client, id, Erasure.InstanceIdFor(id), token => AnswerAsync(id, token), Failed, started, cancellationToken);
    }

    /// <returns>null once it is under way.</returns>
    private async Task<IResult?> StartAsync(DurableTaskClient client, Erasure erasure, CancellationToken cancellationToken)
    {
        // The tombstone last: it may come at any moment, and never goes.
        if (await store.FindUnlessErasedAsync(erasure.Id, cancellationToken) is null)
        {
            if (await eraser.FindAsync(erasure.Id, cancellationToken) is not { } tombstone)
                return Problems.NotFound();
            if (tombstone.IsDone)
                return TypedResults.NoContent();
        }

        await client.StartErasureAsync(erasure, cancellationToken);
        return null;
    }

    /// <returns>null while there is anything left.</returns>
    private async Task<IResult?> AnswerAsync(string id, CancellationToken cancellationToken) =>
        await eraser.FindAsync(id, cancellationToken) is { IsDone: true } ? TypedResults.NoContent() : null;

    private static IResult Failed() =>
        Problems.Of(StatusCodes.Status500InternalServerError, "Its erasure has failed; the log says why. Asked for again, it goes on.");
}
