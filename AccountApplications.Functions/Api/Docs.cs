using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace AccountApplications.Functions.Api;

/// <summary>Shows the API's document to people. All that the page needs comes from here.</summary>
public sealed class Docs
{
    /// <summary>The page.</summary>
    [Function(nameof(Docs))]
    public IResult Run([HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/docs")] HttpRequest request) =>
        EmbeddedFile.Get("Api/Docs/docs.html").Answer(request);

    /// <summary>A part of the page: its style, its script, its icon.</summary>
    [Function(nameof(DocsPart))]
    public IResult DocsPart(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/docs/{name}")] HttpRequest request, string name) =>
        EmbeddedFile.Find($"Api/Docs/{name}") is { IsPage: false } part
            ? part.Answer(request)
            : Problems.Of(StatusCodes.Status404NotFound, "The page has no such part.");
}
