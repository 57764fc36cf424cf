using System.Text.Json.Serialization;

namespace AccountApplications.Functions.Applications;

[JsonConverter(typeof(WireNames.Converter<CheckKind>))]
public enum CheckKind
{
    Name,
    Address,
}

/// <param name="Reason">Why it flags, in words for a reviewer; null if it does not.</param>
/// <param name="Rule">What was looked for, with its version; null where an earlier release looked.</param>
public sealed record CheckResult(CheckKind Check, bool Flagged, string? Reason, string? Rule = null);
