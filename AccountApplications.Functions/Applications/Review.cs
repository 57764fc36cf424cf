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

/// <summary>What an application's reviewers agreed to, whatever is configured later.</summary>
/// <param name="Approvals">How many different reviewers have to approve.</param>
public sealed record Terms(int Approvals, bool RejectionNeedsComment);

/// <summary>A reviewer looks at a waiting application, and others leave it alone meanwhile.</summary>
/// <param name="Until">UTC.</param>
public sealed record Claim(string Reviewer, DateTime Until);
