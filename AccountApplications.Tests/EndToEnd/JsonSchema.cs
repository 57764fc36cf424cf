using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace AccountApplications.Tests.EndToEnd;

/// <summary>
/// The part of JSON Schema 2020-12 that the API's document uses. A keyword that it does not know is refused: a schema never looks
/// stricter than it is.
/// </summary>
/// <param name="document">What references point into.</param>
internal sealed class JsonSchema(JsonElement document)
{
    /// <summary>What is wrong with a value; nothing if it is as the schema says.</summary>
    public IReadOnlyList<string> Errors(JsonElement schema, JsonElement value, string at = "$") => schema.ValueKind == JsonValueKind.False
        ? [$"{at}: must not be there"]
        : [.. schema.EnumerateObject().SelectMany(keyword => Errors(keyword.Name, keyword.Value, schema, value, at))];

    /// <summary>The target of a reference within the document, <c>#/a/b</c>.</summary>
    public JsonElement Resolve(string reference)
    {
        Assert.StartsWith("#/", reference, StringComparison.Ordinal);
        var target = document;
        foreach (var step in reference[2..].Split('/'))
        {
            var name = step.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            Assert.True(target.TryGetProperty(name, out target), $"'{reference}' leads nowhere.");
        }

        return target;
    }

    private IEnumerable<string> Errors(string keyword, JsonElement rule, JsonElement schema, JsonElement value, string at) => keyword switch
    {
        "description" or "default" or "examples" => [],
        "$ref" => Errors(Resolve(rule.GetString()!), value, at),
        "type" => Unless(Alternatives(rule).Any(type => IsOf(type.GetString(), value)), $"{at}: {value.ValueKind} is not {rule}"),
        "const" => Unless(JsonElement.DeepEquals(rule, value), $"{at}: {value} is not {rule}"),
        "enum" => Unless(rule.EnumerateArray().Any(each => JsonElement.DeepEquals(each, value)), $"{at}: {value} is none of {rule}"),
        "oneOf" => Unless(
            rule.EnumerateArray().Count(each => Errors(each, value, at).Count == 0) == 1, $"{at}: {value} is not exactly one of {rule}"),
        "required" => value.ValueKind != JsonValueKind.Object
            ? []
            : rule.EnumerateArray().Select(name => name.GetString()!)
                .Where(name => !value.TryGetProperty(name, out _)).Select(name => $"{at}.{name}: is missing"),
        "properties" => Members(value).SelectMany(member =>
            rule.TryGetProperty(member.Name, out var property) ? Errors(property, member.Value, $"{at}.{member.Name}") : []),
        "additionalProperties" => Members(value)
            .Where(member => !(schema.TryGetProperty("properties", out var known) && known.TryGetProperty(member.Name, out _)))
            .SelectMany(member => Errors(rule, member.Value, $"{at}.{member.Name}")),
        "minProperties" => Unless(value.ValueKind != JsonValueKind.Object || Members(value).Count >= rule.GetInt32(), $"{at}: has too few members"),
        "items" => Items(value).SelectMany((item, i) => Errors(rule, item, $"{at}[{i}]")),
        "minItems" => Unless(value.ValueKind != JsonValueKind.Array || Items(value).Count >= rule.GetInt32(), $"{at}: has too few items"),
        "maxItems" => Unless(Items(value).Count <= rule.GetInt32(), $"{at}: has too many items"),
        "minLength" => Unless(Text(value) is not { } text || Length(text) >= rule.GetInt32(), $"{at}: is too short"),
        "maxLength" => Unless(Text(value) is not { } text || Length(text) <= rule.GetInt32(), $"{at}: is too long"),
        "pattern" => Unless(
            Text(value) is not { } text || Regex.IsMatch(text, Anchored(rule.GetString()!), RegexOptions.CultureInvariant), $"{at}: '{value}' does not match {rule}"),
        "format" => Unless(Text(value) is not { } text || HasFormat(rule.GetString(), text), $"{at}: '{value}' is no {rule}"),
        "minimum" => Unless(value.ValueKind != JsonValueKind.Number || value.GetDecimal() >= rule.GetDecimal(), $"{at}: {value} is too small"),
        "maximum" => Unless(value.ValueKind != JsonValueKind.Number || value.GetDecimal() <= rule.GetDecimal(), $"{at}: {value} is too large"),
        _ => throw new NotSupportedException($"{at}: the keyword '{keyword}' is not known."),
    };

    private static IEnumerable<string> Unless(bool holds, string error) => holds ? [] : [error];

    private static List<JsonElement> Alternatives(JsonElement rule) =>
        rule.ValueKind == JsonValueKind.Array ? Items(rule) : [rule];

    private static List<JsonProperty> Members(JsonElement value) =>
        value.ValueKind == JsonValueKind.Object ? [.. value.EnumerateObject()] : [];

    private static List<JsonElement> Items(JsonElement value) =>
        value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : [];

    private static string? Text(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    // In .NET alone $ is also the place before a last line break.
    private static string Anchored(string pattern) => pattern.Replace("$", @"$(?!\n)", StringComparison.Ordinal);

    private static int Length(string text) => text.EnumerateRunes().Count();

    private static bool IsOf(string? type, JsonElement value) => (type, value.ValueKind) switch
    {
        ("integer", JsonValueKind.Number) => value.GetDecimal() % 1 == 0,
        ("boolean", JsonValueKind.True or JsonValueKind.False) => true,
        (_, var kind) => string.Equals(type, kind.ToString(), StringComparison.OrdinalIgnoreCase),
    };

    private static bool HasFormat(string? format, string text) => format switch
    {
        "date-time" => text.Contains('T', StringComparison.Ordinal)
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.None, out _),
        "uri-reference" => Uri.IsWellFormedUriString(text, UriKind.RelativeOrAbsolute),
        _ => throw new NotSupportedException($"The format '{format}' is not known."),
    };
}
