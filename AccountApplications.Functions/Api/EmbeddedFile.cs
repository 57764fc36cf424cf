using System.Net.Mime;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace AccountApplications.Functions.Api;

/// <summary>A file of the API's own, carried inside the assembly: it is there whatever folder the app is run from.</summary>
internal sealed class EmbeddedFile
{
    // Nothing from another host, nothing inline, and no text that becomes markup.
    private const string ContentSecurityPolicy =
        "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'; "
        + "require-trusted-types-for 'script'; trusted-types 'none'";

    private readonly byte[] _content;
    private readonly string _contentType;
    private readonly EntityTagHeaderValue _version;

    public EmbeddedFile(string name)
    {
        using var resource = typeof(EmbeddedFile).Assembly.GetManifestResourceStream($"Api/{name}")
            ?? throw new ArgumentException($"The assembly carries no '{name}'.", nameof(name));
        _content = new byte[resource.Length];
        resource.ReadExactly(_content);
        _contentType = Path.GetExtension(name) switch
        {
            ".json" => MediaTypeNames.Application.Json,
            ".html" => "text/html; charset=utf-8",
            ".css" => "text/css; charset=utf-8",
            ".js" => "text/javascript; charset=utf-8",
            ".svg" => MediaTypeNames.Image.Svg,
            var other => throw new ArgumentException($"Nobody knows what '{other}' is.", nameof(name)),
        };
        _version = new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(_content))[..16]}\"");
    }

    /// <summary>The file; <c>304</c> for a caller that has it.</summary>
    public IResult AnswerTo(HttpRequest request)
    {
        var headers = request.HttpContext.Response.Headers;
        headers.ContentSecurityPolicy = ContentSecurityPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        // Kept, but asked about each time: a new version of the app shows at once.
        headers.CacheControl = "no-cache";
        return TypedResults.Bytes(_content, _contentType, entityTag: _version);
    }
}
