using AccountApplications.Functions.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace AccountApplications.Functions.Api;

public sealed record HealthReport(string Status);

public sealed class Health(ApplicationStore store, TimeProvider time)
{
    /// <summary>Says whether storage answers; if it does not, as every other route does.</summary>
    [Function(nameof(Health))]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/health")] HttpRequest request,
        CancellationToken cancellationToken) =>
        TypedResults.Ok(await time.WithinLimitAsync(
            async token =>
            {
                await store.PingAsync(token);
                return new HealthReport("Healthy");
            },
            cancellationToken));
}
