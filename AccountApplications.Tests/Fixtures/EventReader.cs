using System.Text.Json;
using AccountApplications.Tests.EndToEnd;
using Azure.Storage.Queues;

namespace AccountApplications.Tests.Fixtures;

/// <summary>Reads the app's events, as whoever comes after the app does.</summary>
internal sealed class EventReader(string connectionString, string hub)
{
    private readonly List<JsonElement> _events = [];

    public string Queue { get; } = QueueOf(hub);

    public static string QueueOf(string hub) => $"{hub.ToLowerInvariant()}-events";

    /// <summary>All events so far, those of one application by their ids, each once.</summary>
    public async Task<IReadOnlyDictionary<string, JsonElement>> ReadAsync(string application)
    {
        var queue = new QueueClient(connectionString, Queue);
        if (await queue.ExistsAsync())
            while ((await queue.ReceiveMessagesAsync(32)).Value is { Length: > 0 } messages)
                foreach (var message in messages)
                {
                    lock (_events)
                        _events.Add(JsonSerializer.Deserialize<JsonElement>(message.MessageText));
                    await queue.DeleteMessageAsync(message.MessageId, message.PopReceipt);
                }

        lock (_events)
            return _events.Where(one => one.Text("subject") == application).GroupBy(one => one.Id()).ToDictionary(same => same.Key, same => same.First());
    }
}
