using System.Runtime.CompilerServices;
using System.Text.Json;
using AccountApplications.Functions.Applications;
using Azure;
using Azure.Data.Tables;
using Microsoft.Extensions.Logging;

namespace AccountApplications.Functions.Storage;

/// <summary>
/// Applications by state, the longest-waiting first. A state's rows are spread over 16 partitions, so that no single one takes
/// every new application; a row carries all that a list shows.
/// </summary>
public sealed partial class ApplicationIndex(Tables tables, ILogger<ApplicationIndex> log)
{
    private const string Buckets = "0123456789abcdef";

    /// <summary>The place of an application in a list: by submission, then by id.</summary>
    public static string KeyOf(AccountApplication application) => $"{application.SubmittedAt.Ticks:D19}_{application.Id}";

    public async Task UpsertAsync(AccountApplication application, CancellationToken cancellationToken)
    {
        var row = new TableEntity(PartitionOf(application.State, application.Id), KeyOf(application))
        {
            [StoredJson.Column] = StoredJson.Write(application),
        };
        var table = await tables.Index.GetAsync(cancellationToken);
        await table.UpsertEntityAsync(row, TableUpdateMode.Replace, cancellationToken);
    }

    /// <summary>The version of the application's row in a state's list; null if it is not there.</summary>
    public async Task<ETag?> FindAsync(AccountApplication application, ApplicationState state, CancellationToken cancellationToken)
    {
        var table = await tables.Index.GetAsync(cancellationToken);
        var found = await table.GetEntityIfExistsAsync<TableEntity>(
            PartitionOf(state, application.Id), KeyOf(application), cancellationToken: cancellationToken);
        return found.HasValue ? found.Value?.ETag : null;
    }

    /// <summary>Removes the application's row from a state's list, if it is there.</summary>
    /// <param name="version">The only version that is removed; any if not given.</param>
    public async Task DeleteAsync(
        AccountApplication application, ApplicationState state, CancellationToken cancellationToken, ETag? version = null)
    {
        var table = await tables.Index.GetAsync(cancellationToken);
        try
        {
            await table.DeleteEntityAsync(PartitionOf(state, application.Id), KeyOf(application), version ?? ETag.All, cancellationToken);
        }
        catch (RequestFailedException e) when (e.Status == 412)
        {
            // Somebody has written it again, and answers for it.
        }
    }

    /// <summary>Applications in a state behind <paramref name="after"/>, merged from all partitions as they are asked for.</summary>
    /// <param name="expected">About how many will be taken: what each partition is asked for at a time follows from it.</param>
    public async IAsyncEnumerable<AccountApplication> ReadAsync(
        ApplicationState state, string after, int expected, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var table = await tables.Index.GetAsync(cancellationToken);
        // An even share and a margin: ids are random, so one partition rarely holds so many of the next rows.
        var share = expected / Buckets.Length + 6;
        var partitions = Buckets.Select(bucket => table
            .QueryAsync<TableEntity>(
                TableClient.CreateQueryFilter($"PartitionKey eq {PartitionOf(state, bucket)} and RowKey gt {after}"), share,
                cancellationToken: cancellationToken)
            .GetAsyncEnumerator(cancellationToken)).ToArray();
        try
        {
            var heads = new PriorityQueue<IAsyncEnumerator<TableEntity>, string>(StringComparer.Ordinal);
            var filled = await Task.WhenAll(partitions.Select(partition => partition.MoveNextAsync().AsTask()));
            foreach (var (partition, hasRow) in partitions.Zip(filled))
                if (hasRow)
                    heads.Enqueue(partition, partition.Current.RowKey);
            while (heads.TryDequeue(out var next, out _))
            {
                if (TryRead(next.Current) is { } application)
                    yield return application;
                if (await next.MoveNextAsync())
                    heads.Enqueue(next, next.Current.RowKey);
            }
        }
        finally
        {
            foreach (var partition in partitions)
                await partition.DisposeAsync();
        }
    }

    // One row that somebody has spoilt must not take the list down.
    private AccountApplication? TryRead(TableEntity row)
    {
        try
        {
            return StoredJson.Read<AccountApplication>(row);
        }
        catch (Exception e) when (e is JsonException or InvalidDataException or InvalidOperationException or ArgumentNullException)
        {
            LogSpoilt(row.PartitionKey, row.RowKey, e.GetType().Name);
            return null;
        }
    }

    [LoggerMessage(LogLevel.Warning, "The index row {Partition} {Row} cannot be read and is left out of its list: {Exception}")]
    private partial void LogSpoilt(string partition, string row, string exception);

    // The last digit of a random id is as good a hash of it as any.
    private static string PartitionOf(ApplicationState state, string id) => PartitionOf(state, id[^1]);

    private static string PartitionOf(ApplicationState state, char bucket) => $"{state.ToWireName()}_{bucket}";
}
