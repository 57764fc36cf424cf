using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace AccountApplications.Functions.Api;

/// <param name="Name">As claims and decisions are signed.</param>
/// <param name="MayBeSaid">Whether a caller's word is taken for it, as in development.</param>
public sealed record ReviewerName(string Name, bool MayBeSaid);

public sealed class ShowReviewer(Reviewers reviewers)
{
    /// <summary>Says who the caller is.</summary>
    [Function(nameof(ShowReviewer))]
    public IResult Run([HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/reviewer")] HttpRequest request) =>
        TypedResults.Ok(new ReviewerName(reviewers.Of(request), reviewers.MayBeSaid));
}
