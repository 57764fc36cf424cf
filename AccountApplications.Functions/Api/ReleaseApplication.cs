using AccountApplications.Functions.Applications;
using AccountApplications.Functions.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace AccountApplications.Functions.Api;

public sealed class ReleaseApplication(ApplicationStore store, ReviewQueue queue, Reviewers reviewers, TimeProvider time)
{
    /// <summary>Gives the caller's claim on the application back.</summary>
    [Function(nameof(ReleaseApplication))]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Function, "delete", Route = "api/applications/{id}/claim")] HttpRequest request,
        string id,
        CancellationToken cancellationToken) =>
        AccountApplicationId.IsValid(id)
            ? await time.WithinLimitAsync(token => ReleaseAsync(id, reviewers.Of(request), token), cancellationToken)
            : Problems.NotFound();

    private async Task<IResult> ReleaseAsync(string id, string reviewer, CancellationToken cancellationToken)
    {
        if (await store.FindAsync(id, cancellationToken) is not { } application)
            return Problems.NotFound();
        return await queue.ReleaseAsync(application, reviewer, cancellationToken) is { } held
            ? ClaimApplication.Held(held)
            : TypedResults.NoContent();
    }
}
