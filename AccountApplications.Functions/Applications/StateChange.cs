namespace AccountApplications.Functions.Applications;

/// <summary>A state that an application entered.</summary>
/// <param name="At">UTC.</param>
/// <param name="By"><c>applicant</c>, <c>workflow</c> or the reviewer's name.</param>
/// <param name="Note">The reason for a flag, the comment of a review, otherwise null.</param>
public sealed record HistoryEntry(ApplicationState State, DateTime At, string By, string? Note);

/// <summary>An application after a change, and what the change adds to its history.</summary>
public sealed record StateChange(AccountApplication Application, IReadOnlyList<HistoryEntry> Entries);

/// <summary>Those who change an application without having a name.</summary>
public static class By
{
    public const string Applicant = "applicant";
    public const string Workflow = "workflow";
}
