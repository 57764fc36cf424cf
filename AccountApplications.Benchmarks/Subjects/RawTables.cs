using AccountApplications.Functions.Applications;
using AccountApplications.Functions.Storage;
using Azure;
using Azure.Data.Tables;

namespace AccountApplications.Benchmarks;

/// <summary>The requests to Table Storage that the app's operations come to, and nothing else.</summary>
internal sealed class RawTables(string connectionString, string hub)
{
    private const string Waiting = "FLAGGED_FOR_REVIEW";
    private const string Buckets = "0123456789abcdef";

    private readonly TableServiceClient _service = new(connectionString, StorageOptions.ClientOptions());
    private readonly Tables _tables = new(new TableServiceClient(connectionString, StorageOptions.ClientOptions()), hub);

    /// <summary>The first rows of all partitions of the waiting list.</summary>
    public async Task ListAsync(int size)
    {
        var index = await _tables.Index.GetAsync(CancellationToken.None);
        await Task.WhenAll(Buckets.Select(bucket => FirstPageAsync(index.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey eq {$"{Waiting}_{bucket}"} and RowKey gt {""}"), (size + 1) / Buckets.Length + 6))));
    }

    /// <summary>The record and its history.</summary>
    public async Task ReadAsync(string id)
    {
        var table = await _tables.Applications.GetAsync(CancellationToken.None);
        await FirstPageAsync(table.QueryAsync<TableEntity>(TableClient.CreateQueryFilter($"PartitionKey eq {id}")));
    }

    /// <summary>Those, the row in the waiting list and the instance.</summary>
    public async Task ReadWaitingAsync(AccountApplication application)
    {
        await ReadAsync(application.Id);
        await Task.WhenAll(
            FindListedAsync(application),
            _service.GetTableClient($"{hub}Instances").GetEntityIfExistsAsync<TableEntity>(application.Id, ""));
    }

    public async Task ClaimAsync(AccountApplication application)
    {
        await FindAsync(application);
        await MergeAsync((await FindListedAsync(application)).Value!);
    }

    public async Task NextAsync(AccountApplication application)
    {
        await ListAsync(0);
        await MergeAsync(new TableEntity(PartitionOf(application), ApplicationIndex.KeyOf(application)) { ETag = ETag.All });
        await FindAsync(application);
    }

    private async Task FindAsync(AccountApplication application) =>
        await (await _tables.Applications.GetAsync(CancellationToken.None)).GetEntityIfExistsAsync<TableEntity>(application.Id, "application");

    private async Task<NullableResponse<TableEntity>> FindListedAsync(AccountApplication application) =>
        await (await _tables.Index.GetAsync(CancellationToken.None))
            .GetEntityIfExistsAsync<TableEntity>(PartitionOf(application), ApplicationIndex.KeyOf(application));

    private async Task MergeAsync(TableEntity listed) => await (await _tables.Index.GetAsync(CancellationToken.None)).UpdateEntityAsync(
        new TableEntity(listed.PartitionKey, listed.RowKey) { ["Claim"] = "" }, listed.ETag, TableUpdateMode.Merge);

    private static string PartitionOf(AccountApplication application) => $"{Waiting}_{application.Id[^1]}";

    private static async Task FirstPageAsync(AsyncPageable<TableEntity> rows)
    {
        await foreach (var _ in rows.AsPages())
            break;
    }
}
