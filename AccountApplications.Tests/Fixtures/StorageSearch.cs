using System.IO.Compression;
using System.Text;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;

namespace AccountApplications.Tests.Fixtures;

/// <summary>Looks for text in all that storage has of a hub, through its API: entities, blobs and messages.</summary>
internal sealed class StorageSearch(string connectionString, string hub)
{
    /// <summary>Where the text is, or a part of it.</summary>
    public async Task<IReadOnlyList<string>> FindAsync(string text)
    {
        List<string> places = [];
        await foreach (var (place, content) in ReadAsync())
            if (content.Contains(text, StringComparison.OrdinalIgnoreCase))
                places.Add(place);
        return places;
    }

    private async IAsyncEnumerable<(string Place, string Content)> ReadAsync()
    {
        var tables = new TableServiceClient(connectionString);
        await foreach (var table in tables.QueryAsync())
            if (table.Name.StartsWith(hub, StringComparison.OrdinalIgnoreCase))
                await foreach (var row in tables.GetTableClient(table.Name).QueryAsync<TableEntity>())
                    yield return ($"{table.Name} {row.PartitionKey} {row.RowKey}", string.Join('\n', row.Select(column => $"{column.Key}: {TextOf(column.Value)}")));

        var blobs = new BlobServiceClient(connectionString);
        await foreach (var container in blobs.GetBlobContainersAsync())
            if (container.Name.StartsWith(hub, StringComparison.OrdinalIgnoreCase))
                await foreach (var blob in blobs.GetBlobContainerClient(container.Name).GetBlobsAsync())
                    yield return (
                        $"{container.Name}/{blob.Name}",
                        TextOf((await blobs.GetBlobContainerClient(container.Name).GetBlobClient(blob.Name).DownloadContentAsync()).Value.Content.ToArray()));

        var queues = new QueueServiceClient(connectionString);
        await foreach (var queue in queues.GetQueuesAsync())
            if (queue.Name.StartsWith(hub, StringComparison.OrdinalIgnoreCase))
                foreach (var message in (await queues.GetQueueClient(queue.Name).PeekMessagesAsync(32)).Value)
                    yield return ($"{queue.Name} {message.MessageId}", TextOf(message.Body.ToArray()));
    }

    private static string TextOf(object? value) => value is byte[] bytes ? TextOf(bytes) : $"{value}";

    // Large messages of the task hub are compressed.
    private static string TextOf(byte[] bytes)
    {
        if (bytes is not [0x1f, 0x8b, ..])
            return Encoding.UTF8.GetString(bytes);
        using var unpacked = new StreamReader(new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress));
        return unpacked.ReadToEnd();
    }
}
