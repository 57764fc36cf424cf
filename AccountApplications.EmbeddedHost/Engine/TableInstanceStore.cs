using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Azure;
using Azure.Data.Tables;
using Azure.Data.Tables.Models;
using Azure.Identity;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;

namespace AccountApplications.EmbeddedHost.Engine;

/// <summary>
/// Instances in one table, a partition each: the row <c>status</c>, and for every commit the rows <c>h-{execution}-{commit}-{part}</c>
/// with its events as UTF-8 JSON. So a commit is one entity group transaction, and loading an instance one query.
/// </summary>
internal sealed partial class TableInstanceStore(TableServiceClient service, string tableName, ILogger<TableInstanceStore> log) : IInstanceStore
{
    private const string StatusRow = "status";
    private const string CommitId = "CommitId";

    // A binary property holds 64 KiB, an entity 1 MiB, a transaction 4 MiB in base64.
    private const int PropertyBytes = 64 * 1024;
    private const int PropertiesPerRow = 12;
    private const int MaxEventBytes = 2_500_000;
    private const int MaxPayloadBytes = 4 * PropertyBytes;
    private const int TransactionRows = 100;
    private const int QueryRows = 1000;

    /// <summary>Of a status row that somebody else has written since: no row ever has it.</summary>
    private static readonly ETag Superseded = new("W/\"datetime'2000-01-01T00%3A00%3A00.0000000Z'\"");

    private readonly TableClient _table = service.GetTableClient(tableName);
    private volatile bool _created;

    public Task<Instance?> FindAsync(string id, CancellationToken cancellation) => Answered(async () =>
    {
        var row = await _table.GetEntityIfExistsAsync<TableEntity>(id, StatusRow, cancellationToken: cancellation);
        return row.HasValue ? ReadStatus(row.Value!) : null;
    }, cancellation);

    public Task<(Instance Instance, List<HistoryEvent> History)?> LoadAsync(string id, CancellationToken cancellation) =>
        Answered(async () =>
        {
            for (ETag before = default; ;)
            {
                var rows = await _table.QueryAsync<TableEntity>(
                    TableClient.CreateQueryFilter($"PartitionKey eq {id}"), cancellationToken: cancellation).ToListAsync(cancellation);
                if (rows.Find(row => row.RowKey == StatusRow) is not { } status)
                    return ((Instance, List<HistoryEvent>)?)null;

                // Pages are read one after the other, the status row last: it may know of a commit that the pages before have not.
                if (rows.Count <= QueryRows || status.ETag == before)
                    return (ReadStatus(status), ReadHistory(ReadStatus(status), rows));
                before = status.ETag;
            }
        }, cancellation);

    public async Task<Instance> CommitAsync(Instance instance, IReadOnlyList<HistoryEvent> events, CancellationToken cancellation)
    {
        var isFirst = instance.ETag == default;
        var commitId = Guid.NewGuid();
        var status = WriteStatus(instance with { Commits = instance.Commits + 1 }, withInput: instance.Commits == 0);
        var actions = new List<TableTransactionAction>
        {
            // Replacing at the start of an execution wipes what the last one left; merging keeps the input.
            isFirst ? new(TableTransactionActionType.Add, status)
                : new(instance.Commits == 0 ? TableTransactionActionType.UpdateReplace : TableTransactionActionType.UpdateMerge, status, instance.ETag),
        };
        actions.AddRange(WriteHistory(instance, events).Select(row => new TableTransactionAction(TableTransactionActionType.Add, row)));
        foreach (var action in actions) ((TableEntity)action.Entity)[CommitId] = commitId;

        var etag = await Answered(async () =>
        {
            try
            {
                var response = await _table.SubmitTransactionAsync(actions, cancellation);
                return response.Value[0].Headers.ETag ?? throw new InvalidOperationException("Storage sent no ETag.");
            }
            catch (RequestFailedException e) when (e.Status == 413 || e.ErrorCode == TableErrorCode.EntityTooLarge)
            {
                throw new PayloadTooLargeException(
                    $"What one turn writes of instance '{instance.Id}' is more than storage takes in a transaction: 1 MiB of status, 4 MiB in all.");
            }
            catch (RequestFailedException e) when (e.Status is 409 or 412 || (e.Status == 404 && e.ErrorCode == TableErrorCode.ResourceNotFound))
            {
                // A request that was sent again after its answer was lost meets what it wrote itself.
                return await HasWrittenAsync(StatusRow) is { } written ? written
                    : events.Count > 0 && await HasWrittenAsync(HistoryRow(instance, part: 0)) is not null ? Superseded
                    : throw new InstanceChangedException(instance.Id);
            }
        }, cancellation);
        if (instance.Replaces is { } replaced)
        {
            try
            {
                await RemoveHistoryAsync(instance.Id, replaced, cancellation);
            }
            catch (InstanceStoreUnavailableException)
            {
                // Committed is committed; what is left over is removed with the instance.
            }
        }

        return instance with { Commits = instance.Commits + 1, ETag = etag, Replaces = null };

        async Task<ETag?> HasWrittenAsync(string row)
        {
            var stored = await _table.GetEntityIfExistsAsync<TableEntity>(instance.Id, row, [CommitId], cancellation);
            return stored.HasValue && stored.Value!.GetGuid(CommitId) == commitId ? stored.Value.ETag : null;
        }
    }

    public Task PurgeAsync(Instance instance, CancellationToken cancellation) => Answered(async () =>
    {
        var etag = instance.ETag;
        var history = await FindHistoryAsync(instance.Id, "h-", cancellation);
        try
        {
            // Every transaction has the status row in it: nothing goes of an execution that somebody starts meanwhile.
            for (; history.Count >= TransactionRows; history = history[(TransactionRows - 1)..])
            {
                var status = new TableEntity(instance.Id, StatusRow);
                var response = await _table.SubmitTransactionAsync(
                    [new(TableTransactionActionType.UpdateMerge, status, etag), .. Deletions(history.Take(TransactionRows - 1))], cancellation);
                etag = response.Value[0].Headers.ETag!.Value;
            }

            await _table.SubmitTransactionAsync(
                [new(TableTransactionActionType.Delete, new TableEntity(instance.Id, StatusRow), etag), .. Deletions(history)], cancellation);
        }
        catch (RequestFailedException e) when (e.Status is 404 or 412)
        {
            // A request that was sent again after its answer was lost has nothing left to do.
            var left = await _table.GetEntityIfExistsAsync<TableEntity>(instance.Id, StatusRow, [CommitId], cancellation);
            if (left.HasValue) throw new InstanceChangedException(instance.Id);
        }

        return history.Count;
    }, cancellation);

    private Task<int> RemoveHistoryAsync(string id, Guid execution, CancellationToken cancellation) => Answered(async () =>
    {
        var rows = await FindHistoryAsync(id, HistoryPrefix(execution), cancellation);
        foreach (var batch in rows.Chunk(TransactionRows))
        {
            try
            {
                await _table.SubmitTransactionAsync(Deletions(batch), cancellation);
            }
            catch (RequestFailedException e) when (e.Status == 404)
            {
                // So does one that was sent again after its answer was lost.
            }
        }

        return rows.Count;
    }, cancellation);

    private ValueTask<List<TableEntity>> FindHistoryAsync(string id, string prefix, CancellationToken cancellation) =>
        _table.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey eq {id} and RowKey ge {prefix} and RowKey lt {prefix + '~'}"),
            select: ["PartitionKey", "RowKey"], cancellationToken: cancellation).ToListAsync(cancellation);

    private static IEnumerable<TableTransactionAction> Deletions(IEnumerable<TableEntity> rows) =>
        rows.Select(row => new TableTransactionAction(TableTransactionActionType.Delete, row, ETag.All));

    public Task<(IReadOnlyList<Instance> Instances, string? ContinuationToken)> QueryAsync(
        OrchestrationQuery filter, CancellationToken cancellation) => Answered(async () =>
    {
        var conditions = new List<string> { TableClient.CreateQueryFilter($"RowKey eq {StatusRow}") };
        if (filter.CreatedFrom is { } from) conditions.Add(TableClient.CreateQueryFilter($"CreatedAt ge {from}"));
        if (filter.CreatedTo is { } to) conditions.Add(TableClient.CreateQueryFilter($"CreatedAt le {to}"));
        if (filter.InstanceIdPrefix is { Length: > 0 } prefix)
        {
            conditions.Add(TableClient.CreateQueryFilter($"PartitionKey ge {prefix} and PartitionKey lt {prefix + char.MaxValue}"));
        }

        if (filter.Statuses?.Distinct().ToArray() is { Length: > 0 } statuses)
        {
            conditions.Add("(" + string.Join(" or ", statuses.Select(status =>
                TableClient.CreateQueryFilter($"RuntimeStatus eq {status.ToString()}"))) + ")");
        }

        var pages = _table.QueryAsync<TableEntity>(string.Join(" and ", conditions), Math.Clamp(filter.PageSize, 1, 1000), cancellationToken: cancellation)
            .AsPages(string.IsNullOrEmpty(filter.ContinuationToken) ? null : filter.ContinuationToken);
        await foreach (var page in pages)
            return ((IReadOnlyList<Instance>)[.. page.Values.Select(TryReadStatus).OfType<Instance>()], page.ContinuationToken);
        return ([], null);
    }, cancellation);

    public async IAsyncEnumerable<string> FindOpenWorkAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        await Answered(() => Task.FromResult(0), cancellation);
        await foreach (var row in _table.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"RowKey eq {StatusRow} and HasOpenWork eq {true}"),
            select: ["PartitionKey"], cancellationToken: cancellation))
        {
            yield return row.PartitionKey;
        }
    }

    private static string HistoryPrefix(Guid execution) => $"h-{execution:N}-";

    private static string HistoryRow(Instance instance, int part) => $"{HistoryPrefix(instance.Execution)}{instance.Commits:D8}-{part:D2}";

    private static List<HistoryEvent> ReadHistory(Instance instance, List<TableEntity> rows)
    {
        var prefix = HistoryPrefix(instance.Execution);
        var history = new List<HistoryEvent>();
        foreach (var commit in rows.Where(row => row.RowKey.StartsWith(prefix, StringComparison.Ordinal))
            .OrderBy(row => row.RowKey, StringComparer.Ordinal).GroupBy(row => row.RowKey[..(prefix.Length + 8)]))
        {
            try
            {
                var json = commit.SelectMany(row => ReadBytes(row, "Events")).ToArray();
                history.AddRange(JsonSerializer.Deserialize<List<HistoryEvent>>(json, HistoryJson.Options)!);
            }
            catch (Exception e)
            {
                throw new SpoiltHistoryException(instance.Id, e);
            }
        }

        return history;
    }

    private static IEnumerable<TableEntity> WriteHistory(Instance instance, IReadOnlyList<HistoryEvent> events)
    {
        if (events.Count == 0) return [];

        var json = JsonSerializer.SerializeToUtf8Bytes(events, HistoryJson.Options);
        if (json.Length > MaxEventBytes)
            throw new PayloadTooLargeException($"The events of one turn are {json.Length} bytes; this host stores {MaxEventBytes}.");

        return json.Chunk(PropertyBytes * PropertiesPerRow).Select((bytes, part) =>
        {
            var row = new TableEntity(instance.Id, HistoryRow(instance, part));
            WriteBytes(row, "Events", bytes);
            return row;
        });
    }

    private static TableEntity WriteStatus(Instance instance, bool withInput)
    {
        var row = new TableEntity(instance.Id, StatusRow)
        {
            ["Name"] = instance.Name,
            ["RuntimeStatus"] = instance.Status.ToString(),
            ["CreatedAt"] = instance.CreatedAt,
            ["LastUpdatedAt"] = instance.LastUpdatedAt,
            ["Execution"] = instance.Execution,
            ["Commits"] = instance.Commits,
            ["HasOpenWork"] = instance.HasOpenWork,
        };
        if (instance.StartAt is { } startAt) row["StartAt"] = startAt;
        if (withInput) WriteText(row, "Input", instance.Input);
        WriteText(row, "Output", instance.Output);
        WriteText(row, "CustomStatus", instance.CustomStatus);
        WriteText(row, "Failure", instance.Failure is null ? null : JsonSerializer.Serialize(instance.Failure, HistoryJson.Options));
        return row;
    }

    // One row that somebody has spoilt must not take the list down.
    private Instance? TryReadStatus(TableEntity row)
    {
        try
        {
            return ReadStatus(row);
        }
        catch (Exception e)
        {
            LogSpoilt(row.PartitionKey, e.GetType().Name);
            return null;
        }
    }

    private static Instance ReadStatus(TableEntity row) => new(
        row.PartitionKey, row.GetString("Name"), row.GetDateTimeOffset("CreatedAt")!.Value, ReadText(row, "Input"))
    {
        Status = Enum.Parse<OrchestrationRuntimeStatus>(row.GetString("RuntimeStatus")),
        StartAt = row.GetDateTimeOffset("StartAt"),
        LastUpdatedAt = row.GetDateTimeOffset("LastUpdatedAt")!.Value,
        Output = ReadText(row, "Output"),
        CustomStatus = ReadText(row, "CustomStatus"),
        Failure = ReadText(row, "Failure") is { } failure ? JsonSerializer.Deserialize<TaskFailureDetails>(failure, HistoryJson.Options) : null,
        Execution = row.GetGuid("Execution")!.Value,
        Commits = row.GetInt32("Commits")!.Value,
        HasOpenWork = row.GetBoolean("HasOpenWork")!.Value,
        ETag = row.ETag,
    };

    private static void WriteText(TableEntity row, string name, string? text)
    {
        // A merge keeps what is not named, so "nothing" is written as an empty property.
        var bytes = text is null ? [] : Encoding.UTF8.GetBytes(text);
        if (bytes.Length > MaxPayloadBytes)
        {
            throw new PayloadTooLargeException(
                $"The {name} of instance '{row.PartitionKey}' is {bytes.Length} bytes; this host stores {MaxPayloadBytes}.");
        }

        WriteBytes(row, name, bytes);
    }

    private static string? ReadText(TableEntity row, string name) =>
        ReadBytes(row, name) is { Length: > 0 } bytes ? Encoding.UTF8.GetString(bytes) : null;

    private static void WriteBytes(TableEntity row, string name, byte[] bytes)
    {
        row[name] = bytes.Length <= PropertyBytes ? bytes : bytes[..PropertyBytes];
        row[$"{name}Length"] = bytes.Length;
        for (var (part, at) = (1, PropertyBytes); at < bytes.Length; part++, at += PropertyBytes)
            row[$"{name}{part}"] = bytes[at..Math.Min(at + PropertyBytes, bytes.Length)];
    }

    private static byte[] ReadBytes(TableEntity row, string name)
    {
        var bytes = row.GetBinary(name) ?? [];
        var length = row.GetInt32($"{name}Length") ?? bytes.Length;
        for (var part = 1; bytes.Length < length; part++)
            bytes = [.. bytes, .. row.GetBinary($"{name}{part}")];
        return bytes.Length == length ? bytes : bytes[..length];
    }

    /// <summary>Creates the table when it is missing, and tells a storage that does not answer from one that says no.</summary>
    private async Task<T> Answered<T>(Func<Task<T>> ask, CancellationToken cancellation)
    {
        try
        {
            if (!_created)
            {
                await _table.CreateIfNotExistsAsync(cancellation);
                _created = true;
            }

            return await ask();
        }
        catch (RequestFailedException e) when (e.Status == 404 && e.ErrorCode == TableErrorCode.TableNotFound)
        {
            _created = false;
            throw new InstanceStoreUnavailableException($"Table '{tableName}' is missing; it will be created again.", e);
        }
        catch (RequestFailedException e) when (e.Status is 0 or 408 or 429 or >= 500)
        {
            throw InstanceStoreUnavailableException.Because(e);
        }
        catch (AuthenticationFailedException e)
        {
            throw new InstanceStoreUnavailableException($"No token for storage can be had now ({e.Message.ReplaceLineEndings(" ")}).", e);
        }
        // The client's own time-outs are cancellations too, with any inner exception or none.
        catch (Exception e) when (e is AggregateException or TimeoutException or IOException and not InstanceStoreUnavailableException
            || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            throw InstanceStoreUnavailableException.Because(e);
        }
    }

    [LoggerMessage(LogLevel.Error, "The status of instance {InstanceId} cannot be read, and is left out of lists: {Exception}")]
    private partial void LogSpoilt(string instanceId, string exception);
}
