namespace AccountApplications.Functions.Applications;

/// <summary>What is left of an application that was erased: that there was one, and what became of it.</summary>
/// <param name="History">Every state it had, oldest first, without notes.</param>
/// <param name="Reviews">Every decision taken, oldest first, without comments.</param>
/// <param name="ErasedAt">UTC.</param>
/// <param name="ErasedBy">The name of who asked for it, <c>retention</c> or <c>anonymous</c>.</param>
public sealed record ErasedApplication(
    string Id, IReadOnlyList<HistoryEntry> History, IReadOnlyList<Review> Reviews, DateTime ErasedAt, string ErasedBy)
{
    public static ErasedApplication Of(AccountApplication application, DateTime at, string by) => new(
        application.Id,
        [.. (application.History ?? []).Select(entry => entry with { Note = null })],
        [.. application.Reviews.Select(review => review with { Comment = null })],
        at,
        by);
}

/// <summary>The application was erased, so that nothing can be done with it any more.</summary>
public sealed class ApplicationErasedException(ErasedApplication application) : Exception($"{application.Id} was erased.")
{
    public ErasedApplication Application => application;
}
