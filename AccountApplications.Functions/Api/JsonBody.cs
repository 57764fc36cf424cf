using System.Net.Mime;
using System.Text.Json;
using System.Text.Unicode;
using AccountApplications.Functions.Applications;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace AccountApplications.Functions.Api;

/// <summary>The JSON object in a request's body, or the problem to answer with.</summary>
public sealed record JsonBody(JsonFields? Fields, IResult? Problem)
{
    /// <summary>Bytes. The largest valid request takes about a third of it, unless every character is escaped.</summary>
    public const int MaxLength = 16 * 1024;

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    // Hosts give up after 5 s in which nothing came, with an answer that says nothing.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    /// <summary>Whether it is refused for what it is, and not for what it says.</summary>
    public bool IsRefusedUnread => Problem is IStatusCodeHttpResult { StatusCode: not StatusCodes.Status400BadRequest };

    /// <summary>Whether there is no body, or none with anything in it.</summary>
    public static bool IsMissing(HttpRequest request) =>
        request.ContentLength is null or 0 && request.Headers.TransferEncoding.Count == 0;

    public static async Task<JsonBody> ReadAsync(
        HttpRequest request, CancellationToken cancellationToken, StringComparison names = StringComparison.Ordinal)
    {
        if (!IsJson(request.ContentType))
            return Refused(StatusCodes.Status415UnsupportedMediaType, "The body must be application/json in UTF-8.");
        if (request.Headers.ContentEncoding is { Count: > 0 } coding && !coding.ToString().Equals("identity", StringComparison.OrdinalIgnoreCase))
            return Refused(StatusCodes.Status415UnsupportedMediaType, $"The body's Content-Encoding is '{coding}'; send it as it is.");
        byte[]? bytes;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            bytes = await ReadBytesAsync(request, patience.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Refused(StatusCodes.Status408RequestTimeout, "The body did not come in time.");
        }
        catch (IOException e) when (e is not BadHttpRequestException)
        {
            // So Kestrel reports a chunk of an impossible size.
            return Refused(StatusCodes.Status400BadRequest, "The body cannot be read.");
        }

        if (bytes is null)
            return Refused(StatusCodes.Status413PayloadTooLarge, $"The body must be at most {MaxLength} bytes long.");
        if (Parse(bytes) is not { } json)
            return Refused(StatusCodes.Status400BadRequest, "The body is not JSON in UTF-8.");
        var fields = new JsonFields(json, names);
        return fields.IsObject
            ? new JsonBody(fields, null)
            : Refused(StatusCodes.Status400BadRequest, "The body is not a JSON object.");
    }

    private static JsonBody Refused(int status, string detail) => new(null, Problems.Of(status, detail));

    private static bool IsJson(string? contentType) =>
        MediaTypeHeaderValue.TryParse(contentType, out var type)
        && type.MediaType.Equals(MediaTypeNames.Application.Json, StringComparison.OrdinalIgnoreCase)
        // "utf8" is no registered name, and what many send.
        && (!type.Charset.HasValue || HeaderUtilities.RemoveQuotes(type.Charset).ToString().ToUpperInvariant() is "UTF-8" or "UTF8");

    // The length may be missing or a lie: what is read decides.
    private static async Task<byte[]?> ReadBytesAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (request.ContentLength > MaxLength)
            return null;
        var buffer = new byte[MaxLength + 1];
        var length = await request.Body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        return length > MaxLength ? null : buffer[..length];
    }

    private static JsonElement? Parse(ReadOnlyMemory<byte> bytes)
    {
        if (!Utf8.IsValid(bytes.Span))
            return null;
        try
        {
            using var document = JsonDocument.Parse(bytes.Span.StartsWith(ByteOrderMark) ? bytes[ByteOrderMark.Length..] : bytes);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
