using System.Collections.Frozen;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace AccountApplications.Functions;

/// <summary>A file for browsers, carried inside the assembly: it is there whatever folder the app is run from.</summary>
internal sealed class EmbeddedFile
{
    // Nothing comes from or goes to another host, nothing inline runs, no text becomes markup, and nobody frames a page to steal clicks.
    private const string ContentPolicy =
        "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; " +
        "require-trusted-types-for 'script'; trusted-types 'none'";

    private static readonly FrozenDictionary<string, EmbeddedFile> Files = Load();

    private readonly string _contentType;
    private readonly EntityTagHeaderValue _tag;

    private EmbeddedFile(ReadOnlyMemory<byte> content, string contentType)
    {
        Content = content;
        _contentType = contentType;
        _tag = new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(content.Span))}\"");
    }

    public ReadOnlyMemory<byte> Content { get; }

    /// <summary>Whether it is a whole page, and not what pages are made of.</summary>
    public bool IsPage => _contentType.StartsWith("text/html", StringComparison.Ordinal);

    /// <param name="path">As the project file names it: <c>Pages/review.html</c>.</param>
    public static EmbeddedFile? Find(string path) => Files.GetValueOrDefault(path);

    /// <exception cref="KeyNotFoundException">The assembly has no such file.</exception>
    public static EmbeddedFile Get(string path) => Files[path];

    public static EmbeddedFile Of(string name, byte[] content) => new(content, Path.GetExtension(name) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".svg" => "image/svg+xml",
        ".json" => "application/json",
        _ => throw new ArgumentException($"'{name}' is of no type that browsers are given.", nameof(name)),
    });

    /// <summary>
    /// The file, or 304 where the browser has it. A browser asks each time: the files fit together, so they have to be of one version.
    /// </summary>
    public IResult Answer(HttpRequest request, string contentPolicy = ContentPolicy)
    {
        var headers = request.HttpContext.Response.Headers;
        headers.CacheControl = "private, no-cache";
        headers.ContentSecurityPolicy = contentPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        return TypedResults.Bytes(Content, _contentType, entityTag: _tag);
    }

    private static FrozenDictionary<string, EmbeddedFile> Load()
    {
        var assembly = typeof(EmbeddedFile).Assembly;
        return assembly.GetManifestResourceNames().Where(resource => resource.Contains('/')).ToFrozenDictionary(resource => resource, resource =>
        {
            using var stream = assembly.GetManifestResourceStream(resource)!;
            var content = new byte[stream.Length];
            stream.ReadExactly(content);
            return Of(resource, content);
        });
    }
}
