using System.Runtime.CompilerServices;
using System.Text.Json;
using AccountApplications.Functions.Applications;
using Azure;
using Azure.Data.Tables;
using Microsoft.Extensions.Logging;

namespace AccountApplications.Functions.Storage;

/// <summary>An application in a list.</summary>
/// <param name="Version">Of its row.</param>
/// <param name="Claim">As it was taken, good or not.</param>
public sealed record ListedApplication(AccountApplication Application, ETag Version, TakenClaim? Claim)
{
    /// <summary>The claim while it is good: until its time is up, or its reviewer's decision is recorded.</summary>
    public Claim? ClaimAt(DateTime now) =>
        Claim is { } taken && now < taken.Until && !Application.Reviews.Skip(taken.Reviews).Any(taken.IsOf)
            ? new Claim(taken.Reviewer, taken.Until)
            : null;
}

/// <param name="Reviews">How many decisions there were when it was taken.</param>
public sealed record TakenClaim(string Reviewer, DateTime Until, int Reviews)
{
    public bool IsOf(Review review) => ReviewDecision.AreSame(review.Reviewer, Reviewer);
}

/// <summary>
/// Applications by state, the longest-waiting first. A state's rows are spread over 16 partitions, so that no single one takes
/// every new application; a row carries all that a list shows, and who has claimed the application.
/// </summary>
public sealed partial class ApplicationIndex(Tables tables, ILogger<ApplicationIndex> log)
{
    private const string ClaimColumn = "Claim";
    private const string Buckets = "0123456789abcdef";

    /// <summary>The place of an application in a list: by submission, then by id.</summary>
    public static string KeyOf(AccountApplication application) => KeyOf(application.Id, application.SubmittedAt);

    /// <summary>Writes the application's row, and leaves a claim in it alone.</summary>
    public async Task UpsertAsync(AccountApplication application, CancellationToken cancellationToken)
    {
        var table = await tables.Index.GetAsync(cancellationToken);
        await table.UpsertEntityAsync(RowOf(application), TableUpdateMode.Merge, cancellationToken);
    }

    /// <summary>Writes the application's row anew if it is there, and leaves a claim in it alone.</summary>
    public async Task UpdateAsync(AccountApplication application, CancellationToken cancellationToken)
    {
        var table = await tables.Index.GetAsync(cancellationToken);
        try
        {
            await table.UpdateEntityAsync(RowOf(application), ETag.All, TableUpdateMode.Merge, cancellationToken);
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            // It has left the list.
        }
    }

    /// <summary>The application's row in a state's list; null if it is not there.</summary>
    public async Task<ListedApplication?> FindAsync(AccountApplication application, ApplicationState state, CancellationToken cancellationToken)
    {
        var table = await tables.Index.GetAsync(cancellationToken);
        var found = await table.GetEntityIfExistsAsync<TableEntity>(
            PartitionOf(state, application.Id), KeyOf(application), cancellationToken: cancellationToken);
        // What is spoilt in it is in the application as well.
        return found is { HasValue: true, Value: { } row } ? TryRead(row) ?? new ListedApplication(application, row.ETag, null) : null;
    }

    /// <summary>Writes who has claimed the application, unless its row has changed.</summary>
    /// <param name="claim">null: nobody.</param>
    /// <returns>false: it has changed, or is gone.</returns>
    public async Task<bool> TryClaimAsync(ListedApplication listed, TakenClaim? claim, CancellationToken cancellationToken)
    {
        var row = new TableEntity(PartitionOf(listed.Application.State, listed.Application.Id), KeyOf(listed.Application))
        {
            [ClaimColumn] = claim is null ? "" : StoredJson.Write(claim),
        };
        var table = await tables.Index.GetAsync(cancellationToken);
        try
        {
            await table.UpdateEntityAsync(row, listed.Version, TableUpdateMode.Merge, cancellationToken);
            return true;
        }
        catch (RequestFailedException e) when (e.Status is 404 or 412)
        {
            return false;
        }
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

    /// <summary>Removes the application's rows from all lists.</summary>
    public async Task DeleteEverywhereAsync(string id, DateTime submittedAt, CancellationToken cancellationToken)
    {
        var table = await tables.Index.GetAsync(cancellationToken);
        await Task.WhenAll(ApplicationStates.Listed.Select(
            state => table.DeleteEntityAsync(PartitionOf(state, id), KeyOf(id, submittedAt), ETag.All, cancellationToken)));
    }

    /// <summary>Applications in a state behind <paramref name="after"/>, merged from all partitions as they are asked for.</summary>
    /// <param name="expected">About how many will be taken: what each partition is asked for at a time follows from it.</param>
    public async IAsyncEnumerable<ListedApplication> ReadAsync(
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
                if (TryRead(next.Current) is { } listed)
                    yield return listed;
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
    private ListedApplication? TryRead(TableEntity row)
    {
        try
        {
            var claim = row.GetString(ClaimColumn);
            return new ListedApplication(
                StoredJson.Read<AccountApplication>(row), row.ETag, string.IsNullOrEmpty(claim) ? null : StoredJson.Parse<TakenClaim>(claim));
        }
        catch (Exception e) when (e is JsonException or InvalidDataException or InvalidOperationException or ArgumentNullException)
        {
            LogSpoilt(row.PartitionKey, row.RowKey, e.GetType().Name);
            return null;
        }
    }

    [LoggerMessage(LogLevel.Warning, "The index row {Partition} {Row} cannot be read and is left out of its list: {Exception}")]
    private partial void LogSpoilt(string partition, string row, string exception);

    private static TableEntity RowOf(AccountApplication application) =>
        new(PartitionOf(application.State, application.Id), KeyOf(application)) { [StoredJson.Column] = StoredJson.Write(application) };

    private static string KeyOf(string id, DateTime submittedAt) => $"{submittedAt.Ticks:D19}_{id}";

    // The last digit of a random id is as good a hash of it as any.
    private static string PartitionOf(ApplicationState state, string id) => PartitionOf(state, id[^1]);

    private static string PartitionOf(ApplicationState state, char bucket) => $"{state.ToWireName()}_{bucket}";
}
