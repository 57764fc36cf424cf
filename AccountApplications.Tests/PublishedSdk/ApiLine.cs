using System.Text.RegularExpressions;

namespace AccountApplications.Tests.PublishedSdk;

/// <summary>One type or member of a public API, as the listings write it.</summary>
/// <param name="Type">The full name of the type that it is, or belongs to.</param>
/// <param name="Member">What overloads share; <see cref="TypeItself"/> on a type's own line.</param>
/// <param name="Signature">All that a caller can tell; attributes that no caller notices are left out.</param>
internal sealed partial record ApiLine(string Type, string Member, string Signature)
{
    public const string TypeItself = "(type)";

    private const string Separator = " :: ";
    private const string TypePrefix = "type ";

    /// <summary>Whether a type that lacks it cannot stand in for the listed one: it is abstract, an interface's or an enum's.</summary>
    public bool IsEssential => Member != TypeItself
        && Attributes().Replace(Signature, "").Split(' ') is [not ("public" or "protected"), ..] or [_, "abstract", ..];

    /// <exception cref="FormatException">It is not of the form <c>Full.Type.Name :: signature</c>.</exception>
    public static ApiLine Parse(string line)
    {
        if (line.Split(Separator) is not [var type, var text]) throw new FormatException($"No line of a listing: {line}");
        var signature = UnnoticedAttributes().Replace(text, "");
        return new(type, signature.StartsWith(TypePrefix, StringComparison.Ordinal) ? TypeItself : MemberOf(signature), signature);
    }

    public static ApiLine OfType(string type, string signature) => new(type, TypeItself, TypePrefix + signature);

    public static ApiLine OfMember(string type, string signature) => new(type, MemberOf(signature), signature);

    public override string ToString() => Type + Separator + Signature;

    // "public Task<T> WaitFor<T>(string name = null)" is of member "WaitFor", "public int Count { get; }" of "Count".
    private static string MemberOf(string signature)
    {
        var head = ParametersAccessorsOrValue().Replace(Attributes().Replace(signature, ""), "");
        return OwnTypeParameters().Replace(head, "").Split(' ')[^1];
    }

    [GeneratedRegex("""\[(?:return: )?[A-Z]\w*\.(?:"[^"]*"|[^"\]])*\] """)]
    private static partial Regex Attributes();

    [GeneratedRegex("""\[(?!return: |System\.(?:Obsolete|AttributeUsage|Diagnostics\.CodeAnalysis)\b)[A-Z]\w*\.(?:"[^"]*"|[^"\]])*\] """)]
    private static partial Regex UnnoticedAttributes();

    [GeneratedRegex(@"(\(| \{| = ).*$")]
    private static partial Regex ParametersAccessorsOrValue();

    [GeneratedRegex(@"<[\w, ]+>$")]
    private static partial Regex OwnTypeParameters();
}
