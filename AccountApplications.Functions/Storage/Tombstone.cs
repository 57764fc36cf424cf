using AccountApplications.Functions.Applications;
using Azure.Data.Tables;

namespace AccountApplications.Functions.Storage;

/// <summary>What stands in place of an erased application's record.</summary>
/// <param name="SubmittedAt">UTC: its place in the lists.</param>
/// <param name="Related">Its place among related applications; null if there is none, and once all is gone.</param>
/// <param name="IsDone">Whether all is gone that was kept elsewhere.</param>
public sealed record Tombstone(ErasedApplication Erased, DateTime SubmittedAt, string? Related, bool IsDone = false)
{
    private const string Column = "Erased";

    /// <summary>The tombstone in the row; null if it is a record.</summary>
    public static Tombstone? TryRead(TableEntity row) => row.GetString(Column) is { } json ? StoredJson.Parse<Tombstone>(json) : null;

    /// <summary>What the workflow learns of it.</summary>
    public AccountApplication ToApplication() =>
        AccountApplication.Erased(Erased.Id, Erased.History is [.., var last] ? last.State : ApplicationState.Submitted, SubmittedAt);

    public TableEntity ToRow() => new(Erased.Id, ApplicationStore.RecordKey) { [Column] = StoredJson.Write(this) };
}
