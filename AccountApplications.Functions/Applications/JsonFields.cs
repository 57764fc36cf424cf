using System.Text.Json;
using System.Text.RegularExpressions;

namespace AccountApplications.Functions.Applications;

/// <summary>
/// Reads text from the members of a JSON object and gathers what is wrong with it. Of a member that is there twice the last
/// counts; text comes back trimmed, lengths are UTF-16 code units after trimming.
/// </summary>
public sealed partial class JsonFields(JsonElement json, StringComparison nameComparison = StringComparison.Ordinal)
{
    private readonly Dictionary<string, string[]> _errors = [];

    /// <summary>What is wrong, by the name of the member.</summary>
    public IReadOnlyDictionary<string, string[]> Errors => _errors;

    public bool IsObject => json.ValueKind == JsonValueKind.Object;

    public bool AreValid => IsObject && _errors.Count == 0;

    private void Refuse(string name, string error) => _errors[name] = [error];

    /// <summary>Text of one line that must be there, and be visible; tabs and line breaks in it are spaces. null if it is refused.</summary>
    public string? Required(string name, int maxLength)
    {
        var member = Find(name);
        if (member.ValueKind == JsonValueKind.Undefined)
            Refuse(name, "is missing");
        else if (TextOf(member) is not { } text)
            Refuse(name, "must be a string");
        else if (Check(name, LineBreaks().Replace(text, " "), maxLength, lineBreaks: false) is { } line)
            if (!VisibleText.IsBlank(line))
                return line;
            else
                Refuse(name, "must not be blank");
        return null;
    }

    /// <summary>Text that may be absent, null or blank, which are all the same; null also if it is refused.</summary>
    public string? Optional(string name, int maxLength, bool lineBreaks = false)
    {
        var member = Find(name);
        if (member.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null)
            return null;
        if (TextOf(member) is { } text)
            return Check(name, text, maxLength, lineBreaks) is { } given && !VisibleText.IsBlank(given) ? given : null;
        Refuse(name, "must be a string");
        return null;
    }

    /// <summary>The id of an application, which may be absent or null.</summary>
    /// <returns>false if it is refused.</returns>
    public bool TryReadId(string name, out string? id)
    {
        var member = Find(name);
        id = TextOf(member);
        if (member.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null || AccountApplicationId.IsValid(id))
            return true;
        Refuse(name, "must be the id of an application");
        return false;
    }

    /// <summary>Text as it is; null for anything else, which is not refused.</summary>
    public string? Text(string name) => TextOf(Find(name));

    /// <summary>The wire name of an enum's value, exactly as it is written; null if it is refused.</summary>
    public T? Choice<T>(string name) where T : struct, Enum
    {
        var member = Find(name);
        if (WireNames.TryParse(TextOf(member), out T value))
            return value;
        Refuse(name, $"must be {string.Join(" or ", Enum.GetValues<T>().Select(choice => choice.ToWireName()))}");
        return null;
    }

    private JsonElement Find(string name)
    {
        JsonElement found = default;
        if (IsObject)
            foreach (var member in json.EnumerateObject())
                if (IsNamed(member, name))
                    found = member.Value;
        return found;
    }

    private string? Check(string name, string text, int maxLength, bool lineBreaks)
    {
        if (text.Any(c => char.IsControl(c) && !(lineBreaks && c is '\r' or '\n')))
            Refuse(name, "must not contain control characters");
        else if (text.Trim() is var trimmed && trimmed.Length > maxLength)
            Refuse(name, $"must be at most {maxLength} characters long");
        else
            return trimmed;
        return null;
    }

    // JSON can spell half of a surrogate pair ("\ud800"), which no string can hold: reading it throws.
    private static string? TextOf(JsonElement member)
    {
        try
        {
            return member.ValueKind == JsonValueKind.String ? member.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private bool IsNamed(JsonProperty member, string name)
    {
        try
        {
            return member.Name.Equals(name, nameComparison);
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    [GeneratedRegex("[\t\r\n]+")]
    private static partial Regex LineBreaks();
}
