using AccountApplications.Functions.Applications;
using AccountApplications.Functions.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace AccountApplications.Functions.Api;

public sealed record RelatedApplication(string Id, ApplicationState State, DateTime SubmittedAt);

/// <param name="Items">At most 10, the newest first.</param>
public sealed record FoundRelated(IReadOnlyList<RelatedApplication> Items);

public sealed class FindRelated(ApplicationStore store, TimeProvider time)
{
    private const int Most = 10;

    /// <summary>Lists other applications of the same name and address.</summary>
    [Function(nameof(FindRelated))]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/applications/{id}/related")] HttpRequest request,
        string id,
        CancellationToken cancellationToken) =>
        AccountApplicationId.IsValid(id) && await time.WithinLimitAsync(token => store.FindRelatedAsync(id, Most, token), cancellationToken) is { } found
            ? TypedResults.Ok(new FoundRelated([.. found.Select(other => new RelatedApplication(other.Id, other.State, other.SubmittedAt))]))
            : Problems.NotFound();
}
