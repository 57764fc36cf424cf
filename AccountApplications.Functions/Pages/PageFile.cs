using System.Collections.Frozen;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace AccountApplications.Functions.Pages;

/// <summary>A file that browsers are given, from this assembly.</summary>
internal sealed class PageFile
{
    private const string Folder = "Pages/";

    // Nothing comes from or goes to another host, nothing inline runs, no text becomes markup, and nobody frames a page to steal clicks.
    private const string ContentPolicy =
        "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; " +
        "require-trusted-types-for 'script'; trusted-types 'none'";

    private static readonly FrozenDictionary<string, PageFile> Files = Load();

    private readonly string _contentType;
    private readonly EntityTagHeaderValue _tag;

    private PageFile(ReadOnlyMemory<byte> content, string contentType)
    {
        Content = content;
        _contentType = contentType;
        _tag = new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(content.Span))}\"");
    }

    public ReadOnlyMemory<byte> Content { get; }

    /// <summary>Whether it is a whole page, and not what pages are made of.</summary>
    public bool IsPage => _contentType.StartsWith("text/html", StringComparison.Ordinal);

    public static PageFile? Find(string name) => Files.GetValueOrDefault(name);

    public static PageFile Of(string name, byte[] content) => new(content, Path.GetExtension(name) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".svg" => "image/svg+xml",
        _ => throw new ArgumentException($"'{name}' is of no type that browsers are given.", nameof(name)),
    });

    /// <summary>
    /// The file, or 304 where the browser has it. A browser asks each time: the files fit together, so they have to be of one version.
    /// </summary>
    public IResult Answer(HttpRequest request)
    {
        var headers = request.HttpContext.Response.Headers;
        headers.CacheControl = "private, no-cache";
        headers.ContentSecurityPolicy = ContentPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        return TypedResults.Bytes(Content, _contentType, entityTag: _tag);
    }

    private static FrozenDictionary<string, PageFile> Load()
    {
        var assembly = typeof(PageFile).Assembly;
        return assembly.GetManifestResourceNames()
            .Where(resource => resource.StartsWith(Folder, StringComparison.Ordinal))
            .ToFrozenDictionary(resource => resource[Folder.Length..], resource =>
            {
                using var stream = assembly.GetManifestResourceStream(resource)!;
                var content = new byte[stream.Length];
                stream.ReadExactly(content);
                return Of(resource, content);
            });
    }
}
