using System.Text.Json.Serialization;

namespace AccountApplications.Functions.Applications;

[JsonConverter(typeof(WireNames.Converter<Decision>))]
public enum Decision
{
    Approve,
    Reject,
}

/// <summary>A decision that the workflow has taken up.</summary>
/// <param name="DecidedAt">UTC, when the workflow received it.</param>
public sealed record Review(Decision Decision, string Reviewer, string? Comment, DateTime DecidedAt);
