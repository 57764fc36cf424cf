using AccountApplications.Functions.Applications;
using AccountApplications.Functions.Storage;
using AccountApplications.Functions.Workflow;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;

namespace AccountApplications.Functions.Api;

public sealed class WithdrawApplication(ApplicationStore store, WorkflowEvents events, TimeProvider time)
{
    /// <summary>Takes the application back for its applicant and shows what came of it.</summary>
    [Function(nameof(WithdrawApplication))]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "api/applications/{id}/withdraw")] HttpRequest request,
        [DurableClient] DurableTaskClient client,
        string id,
        CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        if (!AccountApplicationId.IsValid(id))
            return Problems.NotFound();
        return await time.WithinLimitAsync(token => HandOverAsync(client, id, token), cancellationToken)
            ?? await events.OutcomeAsync(client, id, AnswerTo, started, cancellationToken);
    }

    /// <returns>null once the workflow knows.</returns>
    private async Task<IResult?> HandOverAsync(DurableTaskClient client, string id, CancellationToken cancellationToken) =>
        await store.FindAsync(id, cancellationToken) is not { } application
            ? Problems.NotFound()
            : AnswerTo(application) ?? await events.HandOverAsync(client, application, Inbox.WithdrawalEvent, null, AnswerTo, cancellationToken);

    /// <returns>null while the application waits for a review.</returns>
    private static IResult? AnswerTo(AccountApplication application) => application.State switch
    {
        ApplicationState.FlaggedForReview => null,
        ApplicationState.Withdrawn => TypedResults.Ok(application),
        var state => Problems.NotWaiting(state),
    };
}
