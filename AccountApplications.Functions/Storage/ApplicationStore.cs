using System.Runtime.CompilerServices;
using AccountApplications.Functions.Applications;
using AccountApplications.Functions.Telemetry;
using Azure;
using Azure.Data.Tables;
using Microsoft.Extensions.Logging;

namespace AccountApplications.Functions.Storage;

/// <summary>A page of a list.</summary>
/// <param name="Next">Where the next page begins; null after the last.</param>
public sealed record ApplicationPage(IReadOnlyList<AccountApplication> Items, string? Next);

/// <summary>
/// Applications in Table Storage: a partition for each, with its record and its history. All methods throw
/// <see cref="StorageUnavailableException"/> while storage does not answer, and <see cref="ApplicationErasedException"/> when they are asked for
/// an application that was erased.
/// </summary>
/// <remarks>
/// The index has a table of its own and so cannot change together with the record. Its row for a new state is written before the
/// record and the row for the old state is removed after: whatever is cut short, an application is in two lists, never in none.
/// A row of a state that may still come can be that of a change under way, which needs it. It is removed only after the record has
/// been written again, so that the change has to begin anew, and only if it is still the row that was there before.
/// </remarks>
public sealed partial class ApplicationStore(
    Tables tables, ApplicationIndex index, RelatedApplications related, EventQueue events, TimeProvider time, ILogger<ApplicationStore> log)
{
    internal const string RecordKey = "application";

    private const string EntriesColumn = "Entries";
    private const string TraceColumn = "Trace";

    // A submission ends long before.
    private static readonly TimeSpan SubmissionTime = TimeSpan.FromMinutes(1);

    /// <summary>Records a submission unless its workflow was quicker.</summary>
    /// <returns>The application as it stands.</returns>
    public async Task<AccountApplication> SubmitAsync(AccountApplication submitted, CancellationToken cancellationToken)
    {
        await Task.WhenAll(index.UpsertAsync(submitted, cancellationToken), related.AddAsync(submitted, cancellationToken));
        if (await TryCommitAsync(submitted.Id, null, new StateChange(submitted, [SubmissionOf(submitted)]), cancellationToken))
            return submitted;
        var record = await ReadRecordAsync(submitted.Id, cancellationToken);
        if (record?.Tombstone is not null)
            await ForgetAsync(submitted, cancellationToken);
        var current = record?.Known ?? submitted;
        if (current.State != submitted.State)
            await index.DeleteAsync(current, submitted.State, cancellationToken);
        return current;
    }

    /// <summary>
    /// Changes an application's state; records it first if its submission could not. May be repeated and overtaken at will: a
    /// change that <paramref name="change"/> refuses, because it is done or late, only makes sure that the index is right and that all who
    /// are to know of it do. An application that was erased stays as it is.
    /// </summary>
    /// <param name="change">What becomes of the application as it stands; null: nothing.</param>
    /// <returns>The application as it then stands, or that it was erased.</returns>
    /// <exception cref="InvalidDataException">Its record and its history contradict each other.</exception>
    // It takes no cancellation token: an activity that ends in a cancellation would be a failure that nobody retries.
    public async Task<AccountApplication> ChangeAsync(AccountApplication application, Func<AccountApplication, StateChange?> change)
    {
        // Straight after a submission there is nothing to read, most often: see TryCommitAsync. An activity that is delivered again comes later.
        var submitted = application.AsSubmitted();
        var record = application.State == ApplicationState.Submitted && time.GetUtcNow() - application.SubmittedAt < SubmissionTime
            && change(submitted) is not null
            ? new StoredRecord(submitted, 1, ETag.All)
            : await ReadRecordAsync(application.Id, CancellationToken.None);
        while (true)
        {
            if (record?.Tombstone is { Erased: var erased })
            {
                await ForgetAsync(application, CancellationToken.None);
                await events.SendStatesAsync(erased.Id, 0, erased.History);
                return record.Application;
            }

            var current = record?.Application ?? submitted;
            var next = change(current);
            if (next is null && record is null)
                return current;
            if (next is null ? await TrySettleIndexAsync(record!) : await TryChangeAsync(record, current, next))
            {
                await SendAsync(record, current, next);
                return next?.Application ?? current;
            }

            var lost = record;
            record = await ReadRecordAsync(application.Id, CancellationToken.None);
            if (record?.ETag != lost?.ETag)
                continue;
            // Nobody was quicker, so it would be no better next time.
            if (next is not null && next.Application.State != current.State)
                await index.DeleteAsync(current, next.Application.State, CancellationToken.None);
            throw new InvalidDataException(
                $"{current.Id} has history in Table Storage that its record does not know, or no record any more. Restore the record.");
        }
    }

    /// <summary>The application without its history; null if there is none.</summary>
    public async Task<AccountApplication?> FindAsync(string id, CancellationToken cancellationToken) =>
        (await ReadRecordAsync(id, cancellationToken))?.Known;

    /// <summary>The application without its history; null if there is none, or none any more.</summary>
    public async Task<AccountApplication?> FindUnlessErasedAsync(string id, CancellationToken cancellationToken) =>
        await ReadRecordAsync(id, cancellationToken) is { Tombstone: null, Application: var application } ? application : null;

    /// <summary>The application with its history; null if there is none.</summary>
    public async Task<AccountApplication?> ReadAsync(string id, CancellationToken cancellationToken)
    {
        var table = await tables.Applications.GetAsync(cancellationToken);
        AccountApplication? application = null;
        List<HistoryEntry> history = [];
        var rows = table.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey eq {id}"), cancellationToken: cancellationToken);
        await foreach (var row in rows)
            if (row.RowKey == RecordKey)
                application = RecordIn(row).Known;
            else
                history.Add(StoredJson.Read<HistoryEntry>(row));
        return application is null ? null : application with { History = history };
    }

    /// <summary>Other applications of the same name and address, the newest first; null if there is no such application.</summary>
    public async Task<IReadOnlyList<AccountApplication>?> FindRelatedAsync(string id, int most, CancellationToken cancellationToken)
    {
        if (await FindAsync(id, cancellationToken) is not { } application)
            return null;
        List<AccountApplication> found = [];
        await foreach (var others in related.ReadAsync(application, most, cancellationToken))
        {
            var known = await Task.WhenAll(others.Select(other => FindUnlessErasedAsync(other, cancellationToken)));
            found.AddRange(known.OfType<AccountApplication>());
            if (found.Count >= most)
                break;
        }

        return [.. found.Take(most)];
    }

    /// <param name="after">Where the page begins: <see cref="ApplicationPage.Next"/> of the page before, or nothing.</param>
    public async Task<ApplicationPage> ListAsync(ApplicationState state, int size, string after, CancellationToken cancellationToken)
    {
        List<AccountApplication> items = [];
        List<AccountApplication> candidates = [];
        var now = time.GetUtcNow().UtcDateTime;
        await foreach (var listed in index.ReadAsync(state, after, size + 1, cancellationToken))
        {
            candidates.Add(listed.Application with { Claim = listed.ClaimAt(now) });
            if (items.Count + candidates.Count <= size)
                continue;
            items.AddRange(await WithoutThoseThatLeftAsync(candidates, cancellationToken));
            candidates.Clear();
            if (items.Count > size)
                return new ApplicationPage(items[..size], ApplicationIndex.KeyOf(items[size - 1]));
        }

        items.AddRange(await WithoutThoseThatLeftAsync(candidates, cancellationToken));
        return new ApplicationPage(items, null);
    }

    /// <summary>The ids of applications that have ended, and not changed since, before a time.</summary>
    public async IAsyncEnumerable<string> FindEndedAsync(DateTime before, int most, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var state in ApplicationStates.Listed.Where(state => state.IsEnd()))
            await foreach (var (application, _, _) in index.ReadAsync(state, "", most, cancellationToken))
            {
                if (application.SubmittedAt >= before)
                    break;
                if (application.UpdatedAt >= before)
                    continue;
                yield return application.Id;
                if (--most == 0)
                    yield break;
            }
    }

    /// <summary>Asks storage for nothing in particular.</summary>
    public async Task PingAsync(CancellationToken cancellationToken) => await FindAsync("ping", cancellationToken);

    private async Task<IEnumerable<AccountApplication>> WithoutThoseThatLeftAsync(
        List<AccountApplication> listed, CancellationToken cancellationToken)
    {
        var left = await Task.WhenAll(listed.Select(application => HasLeftAsync(application, cancellationToken)));
        return listed.Where((_, i) => !left[i]).ToList();
    }

    // Rows of SUBMITTED are the only ones written outside an activity, which would be delivered again: a crash can leave them behind.
    private async Task<bool> HasLeftAsync(AccountApplication listed, CancellationToken cancellationToken)
    {
        if (listed.State != ApplicationState.Submitted || time.GetUtcNow() - listed.SubmittedAt < SubmissionTime)
            return false;
        var record = await ReadRecordAsync(listed.Id, cancellationToken);
        if (record is null || record is { Tombstone: null, Application.State: ApplicationState.Submitted })
            return false;
        await index.DeleteAsync(listed, listed.State, cancellationToken);
        return true;
    }

    private async Task<bool> TryChangeAsync(StoredRecord? record, AccountApplication current, StateChange next)
    {
        if (record is null)
            next = next with { Entries = [SubmissionOf(current), .. next.Entries] };
        var (from, to) = (current.State, next.Application.State);
        if (record is null)
            await related.AddAsync(current, CancellationToken.None);
        if (from != to)
            await index.UpsertAsync(next.Application, CancellationToken.None);
        if (!await TryCommitAsync(current.Id, record, next, CancellationToken.None))
            return false;
        if (from == to)
            await index.UpdateAsync(next.Application, CancellationToken.None);
        else
            await Task.WhenAll(LeftBy(from, to).Select(state => index.DeleteAsync(current, state, CancellationToken.None)));
        return true;
    }

    private async Task SendAsync(StoredRecord? record, AccountApplication current, StateChange? next)
    {
        if (!events.IsRead)
            return;
        if (next is null)
            // Whoever was here before may not have come to it.
            await events.SendStatesAsync(current.Id, 0, await ReadHistoryAsync(current.Id));
        else if (current.State == ApplicationState.Submitted)
            await events.SendStatesAsync(current.Id, 0, [SubmissionOf(current), .. next.Entries]);
        else
            await events.SendStatesAsync(current.Id, record!.Entries, next.Entries);
    }

    private async Task<IReadOnlyList<HistoryEntry>> ReadHistoryAsync(string id)
    {
        try
        {
            return (await ReadAsync(id, CancellationToken.None))?.History ?? [];
        }
        catch (ApplicationErasedException e)
        {
            return e.Application.History;
        }
    }

    // What one who came too late has written.
    private Task ForgetAsync(AccountApplication application, CancellationToken cancellationToken) => Task.WhenAll(
        index.DeleteEverywhereAsync(application.Id, application.SubmittedAt, cancellationToken),
        related.DeleteAsync(RelatedApplications.KeyOf(application), application.Id, application.SubmittedAt, cancellationToken));

    // None of these can come again, so that no change under way needs its row.
    private static IEnumerable<ApplicationState> LeftBy(ApplicationState from, ApplicationState to) => from == ApplicationState.FlaggedForReview
        // Another outcome, whose execution was terminated, may have got as far as its row.
        ? [from, .. ApplicationStates.Outcomes.Where(other => other != to)]
        : [from];

    /// <returns>false: the record has changed meanwhile.</returns>
    private async Task<bool> TrySettleIndexAsync(StoredRecord record)
    {
        var current = record.Application;
        await index.UpsertAsync(current, CancellationToken.None);
        List<(ApplicationState State, ETag ETag)> others = [];
        foreach (var state in ApplicationStates.Listed.Where(state => state != current.State))
            if (await index.FindAsync(current, state, CancellationToken.None) is { } row)
                others.Add((state, row.Version));
        if (!await TryCommitAsync(current.Id, record, new StateChange(current, []), CancellationToken.None))
            return false;
        foreach (var (state, etag) in others)
            await index.DeleteAsync(current, state, CancellationToken.None, etag);
        return true;
    }

    private async Task<StoredRecord?> ReadRecordAsync(string id, CancellationToken cancellationToken)
    {
        var table = await tables.Applications.GetAsync(cancellationToken);
        var found = await table.GetEntityIfExistsAsync<TableEntity>(id, RecordKey, cancellationToken: cancellationToken);
        return found is { HasValue: true, Value: { } row } ? RecordIn(row) : null;
    }

    private static StoredRecord RecordIn(TableEntity row) => Tombstone.TryRead(row) is { } tombstone
        ? new StoredRecord(tombstone.ToApplication(), 0, row.ETag, tombstone)
        : new StoredRecord(StoredJson.Read<AccountApplication>(row) with { Trace = row.GetString(TraceColumn) }, row.GetInt32(EntriesColumn) ?? 0, row.ETag);

    /// <returns>false: somebody else was quicker.</returns>
    private async Task<bool> TryCommitAsync(string id, StoredRecord? from, StateChange change, CancellationToken cancellationToken)
    {
        var entries = from?.Entries ?? 0;
        var isRead = from?.ETag != ETag.All;
        var record = new TableEntity(id, RecordKey)
        {
            [EntriesColumn] = entries + change.Entries.Count,
            [StoredJson.Column] = StoredJson.Write(change.Application),
        };
        if (isRead)
            record[TraceColumn] = change.Application.Trace ?? Traces.Current;
        TableTransactionAction[] actions =
        [
            from is null
                ? new TableTransactionAction(TableTransactionActionType.Add, record)
                : new TableTransactionAction(isRead ? TableTransactionActionType.UpdateReplace : TableTransactionActionType.UpdateMerge, record, from.ETag),
            // A record that was not read is what it is taken for if it has the first entry, as a tombstone has not, and none of those that follow.
            .. isRead
                ? Array.Empty<TableTransactionAction>()
                : [new TableTransactionAction(TableTransactionActionType.UpdateMerge, new TableEntity(id, EntryKey(0)), ETag.All)],
            .. change.Entries.Select((entry, i) => new TableTransactionAction(
                TableTransactionActionType.Add,
                new TableEntity(id, EntryKey(entries + i)) { [StoredJson.Column] = StoredJson.Write(entry) })),
        ];

        var table = await tables.Applications.GetAsync(cancellationToken);
        if (!await table.TrySubmitAsync(actions, cancellationToken))
            return false;
        foreach (var entry in change.Entries)
            LogState(id, entry.State.ToWireName());
        Metrics.Changed(from?.Application, change);
        return true;
    }

    private static string EntryKey(int entry) => $"history_{entry:D4}";

    private static HistoryEntry SubmissionOf(AccountApplication application) =>
        new(ApplicationState.Submitted, application.SubmittedAt, By.Applicant, null);

    [LoggerMessage(LogLevel.Information, "{Id} is {State}")]
    private partial void LogState(string id, string state);

    private sealed record StoredRecord(AccountApplication Application, int Entries, ETag ETag, Tombstone? Tombstone = null)
    {
        /// <summary>The application for those who ask for it.</summary>
        public AccountApplication Known => Tombstone is null ? Application : throw new ApplicationErasedException(Tombstone.Erased);
    }
}
