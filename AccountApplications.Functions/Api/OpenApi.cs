using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace AccountApplications.Functions.Api;

public sealed class OpenApi
{
    /// <summary>Describes the API to programs, as OpenAPI 3.1 does. Written by hand; the tests hold it against what the app answers.</summary>
    [Function(nameof(OpenApi))]
    public IResult Run([HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/openapi.json")] HttpRequest request) =>
        EmbeddedFile.Get("Api/openapi.json").Answer(request);
}
