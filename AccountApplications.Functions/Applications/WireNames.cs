using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace AccountApplications.Functions.Applications;

/// <summary>The names of enum values outside this code: <c>FlaggedForReview</c> is <c>FLAGGED_FOR_REVIEW</c>.</summary>
public static class WireNames
{
    private static readonly JsonNamingPolicy Policy = JsonNamingPolicy.SnakeCaseUpper;

    public static string ToWireName<T>(this T value) where T : struct, Enum => Names<T>.Of[value];

    /// <summary>Reads a name exactly as it is written on the wire.</summary>
    public static bool TryParse<T>([NotNullWhen(true)] string? name, out T value) where T : struct, Enum
    {
        value = default;
        return name is not null && Names<T>.Values.TryGetValue(name, out value);
    }

    /// <summary>Writes an enum by its wire name, whichever serializer meets it: API, storage or the workflow's history.</summary>
    public sealed class Converter<T>() : JsonStringEnumConverter<T>(Policy, allowIntegerValues: false) where T : struct, Enum;

    private static class Names<T> where T : struct, Enum
    {
        public static readonly FrozenDictionary<T, string> Of =
            Enum.GetValues<T>().ToFrozenDictionary(value => value, value => Policy.ConvertName(value.ToString()));

        public static readonly FrozenDictionary<string, T> Values =
            Of.ToFrozenDictionary(pair => pair.Value, pair => pair.Key, StringComparer.Ordinal);
    }
}
