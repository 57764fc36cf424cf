using AccountApplications.Functions.Applications;
using AccountApplications.Functions.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;

namespace AccountApplications.Functions.Api;

public sealed class ReviewApplication(ApplicationStore store, ReviewQueue queue, Reviewers reviewers, WorkflowEvents events, TimeProvider time)
{
    /// <summary>Hands a reviewer's decision to the workflow and shows what came of it.</summary>
    [Function(nameof(ReviewApplication))]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "api/applications/{id}/review")] HttpRequest request,
        [DurableClient] DurableTaskClient client,
        string id,
        CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        if (!AccountApplicationId.IsValid(id))
            return Problems.NotFound();
        var body = await JsonBody.ReadAsync(request, cancellationToken);
        if (body.IsRefusedUnread)
            return body.Problem!;
        var (decision, answer) = await time.WithinLimitAsync(token => HandOverAsync(request, body, client, id, token), cancellationToken);
        return answer ?? await events.OutcomeAsync(client, id, application => AnswerTo(decision!, application), started, cancellationToken);
    }

    /// <returns>No answer once the workflow has the decision.</returns>
    private async Task<(ReviewDecision? Decision, IResult? Answer)> HandOverAsync(
        HttpRequest request, JsonBody body, DurableTaskClient client, string id, CancellationToken cancellationToken)
    {
        if (await store.FindAsync(id, cancellationToken) is not { } application)
            return (null, Problems.NotFound());
        if (body.Fields is not { } fields)
            return (null, body.Problem);
        if (!ReviewDecision.TryRead(fields, reviewers.Of(request), out var decision))
            return (null, Problems.Of(fields.Errors));
        if (decision.Comment is null && application.NeedsComment(decision.Decision))
            return (null, Problems.Of(new Dictionary<string, string[]> { ["comment"] = ["must say why it is rejected"] }));

        return (decision, AnswerTo(decision, application)
            ?? (application.Accepts(decision) ? null : NeedsName())
            ?? AnswerTo(decision, await queue.FindClaimAsync(application, cancellationToken))
            ?? await events.HandOverAsync(
                client, application, ReviewDecision.EventName, decision, current => AnswerTo(decision, current), cancellationToken));
    }

    /// <returns>null while the application waits for the decision.</returns>
    private static IResult? AnswerTo(ReviewDecision decision, AccountApplication application) => application switch
    {
        { State: ApplicationState.FlaggedForReview } =>
            decision.Decision == Decision.Approve && application.IsApprovedBy(decision.Reviewer) ? TypedResults.Ok(application) : null,
        { Review: null } => Problems.NotWaiting(application.State),
        { Review: var review } when review.Decision == decision.Decision => TypedResults.Ok(application),
        { Review: var review } => Problems.Conflict(
            $"{review.Reviewer} decided {review.Decision.ToWireName()}: it is {application.State.ToWireName()}."),
    };

    private static IResult NeedsName() =>
        Problems.Of(StatusCodes.Status403Forbidden, "Two reviewers have to approve it, so each must be signed in.");

    /// <returns>null if nobody else has claimed the application.</returns>
    private static IResult? AnswerTo(ReviewDecision decision, Claim? claim) =>
        claim is null || ReviewDecision.AreSame(claim.Reviewer, decision.Reviewer) ? null : ClaimApplication.Held(claim);
}
