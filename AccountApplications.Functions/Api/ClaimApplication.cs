using System.Globalization;
using AccountApplications.Functions.Applications;
using AccountApplications.Functions.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace AccountApplications.Functions.Api;

public sealed class ClaimApplication(ApplicationStore store, ReviewQueue queue, Reviewers reviewers, TimeProvider time)
{
    /// <summary>Keeps the application for the caller for a while.</summary>
    [Function(nameof(ClaimApplication))]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "api/applications/{id}/claim")] HttpRequest request,
        string id,
        CancellationToken cancellationToken) =>
        AccountApplicationId.IsValid(id)
            ? await time.WithinLimitAsync(token => ClaimAsync(id, reviewers.Of(request), token), cancellationToken)
            : Problems.NotFound();

    /// <summary>Says whose claim is good, and how long.</summary>
    public static IResult Held(Claim claim) =>
        Problems.Conflict(string.Create(CultureInfo.InvariantCulture, $"{claim.Reviewer} has claimed it until {claim.Until:u}."));

    private async Task<IResult> ClaimAsync(string id, string reviewer, CancellationToken cancellationToken)
    {
        for (var isListed = true; await store.FindAsync(id, cancellationToken) is { } application; isListed = false)
        {
            if (application.State != ApplicationState.FlaggedForReview)
                return Problems.NotWaiting(application.State);
            if (await queue.ClaimAsync(application, reviewer, cancellationToken) is { } claim)
                return ReviewDecision.AreSame(claim.Reviewer, reviewer) ? TypedResults.Ok(application with { Claim = claim }) : Held(claim);
            // It has just left the list, so that it is read again; or it is not there though it waits, until its workflow writes it again.
            if (!isListed)
                throw new StorageUnavailableException("The application waits and is not in the list.");
        }

        return Problems.NotFound();
    }
}
