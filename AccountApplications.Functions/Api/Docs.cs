using System.Collections.Concurrent;
using System.IO.Compression;
using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace AccountApplications.Functions.Api;

/// <summary>Shows the API's document to people, in Swagger UI. All that the page needs comes from here.</summary>
public sealed class Docs
{
    // For the page alone: Swagger UI turns text into markup and carries pictures as data. Nothing inline runs or styles, and nothing
    // comes from or goes to another host.
    private const string ContentPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private const string Resources = "Swashbuckle.AspNetCore.SwaggerUI.node_modules.swagger_ui_dist.";

    private static readonly Assembly SwaggerUI = typeof(SwaggerUIBuilderExtensions).Assembly;
    private static readonly ConcurrentDictionary<string, EmbeddedFile> Unpacked = new();

    /// <summary>The page.</summary>
    [Function(nameof(Docs))]
    public IResult Run([HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/docs")] HttpRequest request) =>
        EmbeddedFile.Get("Api/Docs/docs.html").Answer(request, ContentPolicy);

    /// <summary>A part of the page: Swagger UI's style and script, and what starts it.</summary>
    [Function(nameof(DocsPart))]
    public IResult DocsPart(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/docs/{name}")] HttpRequest request, string name) => name switch
        {
            "docs.js" => EmbeddedFile.Get("Api/Docs/docs.js").Answer(request),
            "swagger-ui.css" or "swagger-ui-bundle.js" => Unpacked.GetOrAdd(name, Unpack).Answer(request),
            _ => Problems.Of(StatusCodes.Status404NotFound, "The page has no such part."),
        };

    private static EmbeddedFile Unpack(string name)
    {
        using var packed = new GZipStream(SwaggerUI.GetManifestResourceStream(Resources + name)!, CompressionMode.Decompress);
        using var content = new MemoryStream();
        packed.CopyTo(content);
        return EmbeddedFile.Of(name, content.ToArray());
    }
}
