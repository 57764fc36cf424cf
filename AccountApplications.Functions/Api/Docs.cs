using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace AccountApplications.Functions.Api;

/// <summary>Shows the API's document to people. All that the page needs comes from here.</summary>
public sealed class Docs
{
    private static readonly EmbeddedFile Page = new("docs.html");

    private static readonly Dictionary<string, EmbeddedFile> Parts =
        new[] { "docs.css", "docs.js", "docs.svg" }.ToDictionary(name => name, name => new EmbeddedFile(name), StringComparer.Ordinal);

    /// <summary>The page.</summary>
    [Function(nameof(Docs))]
    public IResult Run([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/docs")] HttpRequest request) =>
        Page.AnswerTo(request);

    /// <summary>A part of the page: its style, its script, its icon.</summary>
    [Function(nameof(DocsPart))]
    public IResult DocsPart(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/docs/{name}")] HttpRequest request, string name) =>
        Parts.TryGetValue(name, out var part)
            ? part.AnswerTo(request)
            : Problems.Of(StatusCodes.Status404NotFound, "The page has no such part.");
}
