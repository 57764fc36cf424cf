using AccountApplications.Functions.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace AccountApplications.Functions.Api;

public sealed class ReadQueue(ReviewQueue queue, TimeProvider time)
{
    /// <summary>Counts the applications that wait for a review.</summary>
    [Function(nameof(ReadQueue))]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/queue")] HttpRequest request, CancellationToken cancellationToken) =>
        TypedResults.Ok(await time.WithinLimitAsync(queue.CountAsync, cancellationToken));
}
