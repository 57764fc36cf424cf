using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.RegularExpressions;
using AccountApplications.Functions.Applications;

namespace AccountApplications.Functions.Api;

/// <summary>Where a list goes on: opaque to callers, good for the list that it came from only.</summary>
internal static partial class PageToken
{
    public static string Write(ApplicationState state, string next) =>
        Base64Url.EncodeToString(Encoding.ASCII.GetBytes($"{state.ToWireName()}:{next}"));

    public static bool TryRead(string token, ApplicationState state, [NotNullWhen(true)] out string? next)
    {
        next = null;
        if (!Base64Url.IsValid(token))
            return false;
        var content = Encoding.ASCII.GetString(Base64Url.DecodeFromChars(token));
        var prefix = $"{state.ToWireName()}:";
        if (!content.StartsWith(prefix, StringComparison.Ordinal) || !Place().IsMatch(content[prefix.Length..]))
            return false;
        next = content[prefix.Length..];
        return true;
    }

    [GeneratedRegex(@"\A[0-9]{19}_application_[0-9a-f-]{36}\z")]
    private static partial Regex Place();
}
