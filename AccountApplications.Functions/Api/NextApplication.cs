using AccountApplications.Functions.Applications;
using AccountApplications.Functions.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace AccountApplications.Functions.Api;

public sealed class NextApplication(ApplicationStore store, ReviewQueue queue, Reviewers reviewers, TimeProvider time)
{
    /// <summary>Claims the application that has waited longest for the caller.</summary>
    [Function(nameof(NextApplication))]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "api/queue/next")] HttpRequest request, CancellationToken cancellationToken)
    {
        string? after = null;
        if (!JsonBody.IsMissing(request))
        {
            var body = await JsonBody.ReadAsync(request, cancellationToken);
            if (body.Fields is not { } fields)
                return body.Problem!;
            if (!fields.TryReadId("after", out after))
                return Problems.Of(fields.Errors);
        }

        return await time.WithinLimitAsync(token => NextAsync(after, reviewers.Of(request), token), cancellationToken);
    }

    private async Task<IResult> NextAsync(string? after, string reviewer, CancellationToken cancellationToken)
    {
        AccountApplication? place = null;
        if (after is not null && (place = await store.FindAsync(after, cancellationToken)) is null)
            return Problems.NotFound();
        return await queue.NextAsync(reviewer, place, cancellationToken) is { } next ? TypedResults.Ok(next) : TypedResults.NoContent();
    }
}
