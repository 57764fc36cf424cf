using AccountApplications.Functions.Applications;
using Azure;
using Azure.Messaging;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;

namespace AccountApplications.Functions.Storage;

/// <summary>
/// Tells those who come after what becomes of applications: CloudEvents 1.0 as plain JSON in a queue, each at least once. Their data has no
/// applicant's name and no address. Methods throw <see cref="EventsUnsentException"/> if they cannot be sent.
/// </summary>
/// <param name="queue">null: nobody is told.</param>
public sealed class EventQueue(QueueClient? queue)
{
    private const string Source = "/api/applications";
    private const string Type = "account-application.";

    private static readonly TimeSpan NoExpiry = TimeSpan.FromSeconds(-1);

    public bool IsRead => queue is not null;

    /// <summary>Sends one event for each state.</summary>
    /// <param name="first">The place of the first entry in the application's history.</param>
    public async Task SendStatesAsync(string id, int first, IReadOnlyList<HistoryEntry> entries)
    {
        foreach (var (i, entry) in entries.Index())
            await SendAsync(
                $"{id}/{first + i}", Type + entry.State.ToWireName().ToLowerInvariant().Replace('_', '-'), id, entry.At,
                new { Id = id, entry.State, entry.By, entry.At, Sequence = first + i });
    }

    public Task SendReminderAsync(string id, DateTime at) => SendAsync($"{id}/due", $"{Type}reminder", id, at, new { Id = id, At = at });

    public Task SendErasedAsync(string id, DateTime at) => SendAsync($"{id}/erased", $"{Type}erased", id, at, new { Id = id, At = at });

    private async Task SendAsync(string eventId, string type, string id, DateTime at, object data)
    {
        if (queue is null)
            return;
        var json = BinaryData.FromString(StoredJson.Write(data));
        var message = BinaryData.FromObjectAsJson(
            new CloudEvent(Source, type, json, "application/json", CloudEventDataFormat.Json) { Id = eventId, Subject = id, Time = at });
        try
        {
            await SendAsync(queue, message);
        }
        catch (Exception e) when (e is RequestFailedException or StorageUnavailableException)
        {
            throw new EventsUnsentException(e);
        }
    }

    private static async Task SendAsync(QueueClient queue, BinaryData message)
    {
        try
        {
            await queue.SendMessageAsync(message, timeToLive: NoExpiry);
        }
        catch (RequestFailedException e) when (e.ErrorCode == QueueErrorCode.QueueNotFound)
        {
            await queue.CreateIfNotExistsAsync();
            await queue.SendMessageAsync(message, timeToLive: NoExpiry);
        }
    }
}

/// <summary>Something is recorded, and those who are to know of it could not be told yet.</summary>
public sealed class EventsUnsentException(Exception reason) : Exception($"An event cannot be sent ({reason.GetType().Name}).", reason);
