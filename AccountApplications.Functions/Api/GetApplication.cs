using AccountApplications.Functions.Applications;
using AccountApplications.Functions.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace AccountApplications.Functions.Api;

public sealed class GetApplication(ApplicationStore store, TimeProvider time)
{
    /// <summary>Shows one application with its history.</summary>
    [Function(nameof(GetApplication))]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/applications/{id}")] HttpRequest request,
        string id,
        CancellationToken cancellationToken)
    {
        if (!AccountApplicationId.IsValid(id))
            return Problems.NotFound();
        return await time.WithinLimitAsync(token => store.ReadAsync(id, token), cancellationToken) is { } application
            ? TypedResults.Ok(application)
            : Problems.NotFound();
    }
}
