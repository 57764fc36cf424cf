using AccountApplications.Functions.Applications;
using Azure;
using Azure.Data.Tables;
using Microsoft.Extensions.Logging;

namespace AccountApplications.Functions.Storage;

/// <summary>
/// Erases applications. A tombstone takes the place of the record, so that whoever was about to change it finds that there is nothing to
/// change; what is kept elsewhere follows. All methods may be repeated, and throw <see cref="StorageUnavailableException"/> while storage does
/// not answer.
/// </summary>
public sealed partial class ApplicationEraser(
    Tables tables, ApplicationIndex index, RelatedApplications related, TimeProvider time, ILogger<ApplicationEraser> log)
{
    /// <summary>Puts a tombstone in place of the record and its history.</summary>
    /// <returns>The tombstone, whoever put it there; null if there is no such application.</returns>
    public async Task<Tombstone?> EraseAsync(string id, string by)
    {
        var table = await tables.Applications.GetAsync(CancellationToken.None);
        while (true)
        {
            List<TableEntity> rows = [];
            await foreach (var row in table.QueryAsync<TableEntity>(TableClient.CreateQueryFilter($"PartitionKey eq {id}")))
                rows.Add(row);
            if (rows.Find(row => row.RowKey == ApplicationStore.RecordKey) is not { } record)
                return null;
            if (Tombstone.TryRead(record) is { } there)
                return there;

            var history = rows.Where(row => row != record).ToList();
            var application = StoredJson.Read<AccountApplication>(record) with { History = [.. history.Select(StoredJson.Read<HistoryEntry>)] };
            var tombstone = new Tombstone(
                ErasedApplication.Of(application, time.GetUtcNow().UtcDateTime, by), application.SubmittedAt, RelatedApplications.KeyOf(application));
            if (!await table.TrySubmitAsync(
                [
                    new TableTransactionAction(TableTransactionActionType.UpdateReplace, tombstone.ToRow(), record.ETag),
                    .. history.Select(row => new TableTransactionAction(TableTransactionActionType.Delete, row, ETag.All)),
                ],
                CancellationToken.None))
                continue;
            LogErased(id);
            return tombstone;
        }
    }

    /// <summary>Removes what is kept of the application beside its record.</summary>
    public Task DeleteRowsAsync(Tombstone tombstone) => Task.WhenAll(
        index.DeleteEverywhereAsync(tombstone.Erased.Id, tombstone.SubmittedAt, CancellationToken.None),
        related.DeleteAsync(tombstone.Related, tombstone.Erased.Id, tombstone.SubmittedAt, CancellationToken.None));

    /// <summary>Notes that all is gone.</summary>
    public async Task FinishAsync(Tombstone tombstone)
    {
        if (tombstone.IsDone)
            return;
        var table = await tables.Applications.GetAsync(CancellationToken.None);
        // Nobody writes anything else there.
        await table.UpsertEntityAsync((tombstone with { Related = null, IsDone = true }).ToRow(), TableUpdateMode.Replace);
    }

    /// <summary>The application's tombstone; null if it has none.</summary>
    public async Task<Tombstone?> FindAsync(string id, CancellationToken cancellationToken)
    {
        var table = await tables.Applications.GetAsync(cancellationToken);
        var found = await table.GetEntityIfExistsAsync<TableEntity>(id, ApplicationStore.RecordKey, cancellationToken: cancellationToken);
        return found is { HasValue: true, Value: { } row } ? Tombstone.TryRead(row) : null;
    }

    [LoggerMessage(LogLevel.Information, "{Id} is erased")]
    private partial void LogErased(string id);
}
