using System.Text.Json;
using System.Text.Json.Serialization;
using AccountApplications.Functions.Applications;
using Microsoft.DurableTask;
using Microsoft.Extensions.Logging;

namespace AccountApplications.Functions.Workflow;

[JsonConverter(typeof(WireNames.Converter<MessageKind>))]
public enum MessageKind
{
    Decision,
    Withdrawal,
    Reminder,
    Expiry,
}

/// <summary>Something that reached the workflow of an application.</summary>
/// <param name="At">UTC, when the workflow received it.</param>
/// <param name="Review">The decision, if it is one.</param>
public sealed record Message(MessageKind Kind, DateTime At, Review? Review = null);

/// <summary>
/// What reaches a workflow: events from outside and timers, one after the other in the order of its history. Open from the start, so that
/// an event counts whenever it comes.
/// </summary>
/// <param name="kept">What an earlier execution received and did not finish.</param>
internal sealed partial class Inbox(TaskOrchestrationContext context, IReadOnlyList<Message> kept, ILogger log) : IDisposable
{
    /// <summary>The name of the event with which the applicant takes an application back.</summary>
    public const string WithdrawalEvent = "Withdrawal";

    // At most, on Azure Storage.
    private static readonly TimeSpan TimersAreEarlyBy = TimeSpan.FromSeconds(1);

    private readonly List<Message> _messages = [.. kept];
    private readonly CancellationTokenSource _closed = new();
    private TaskCompletionSource _arrival = new();
    private int _read;

    /// <summary>All that has come, reminders apart: those come again.</summary>
    public IReadOnlyList<Message> Received => [.. _messages.Where(message => message.Kind != MessageKind.Reminder)];

    /// <summary>Whether something came that was not kept before.</summary>
    public bool HasNews => Received.Count > kept.Count;

    public Inbox Open()
    {
        _ = ReceiveAsync(ReviewDecision.EventName);
        _ = ReceiveAsync(WithdrawalEvent);
        return this;
    }

    /// <summary>Reads an event; null if it is none of the workflow's.</summary>
    public static Message? Read(string name, JsonElement payload, DateTime at) =>
        name.Equals(WithdrawalEvent, StringComparison.OrdinalIgnoreCase) ? new Message(MessageKind.Withdrawal, at)
        : name.Equals(ReviewDecision.EventName, StringComparison.OrdinalIgnoreCase) && ReviewDecision.TryRead(payload, out var decision)
            ? new Message(MessageKind.Decision, at, decision.At(at))
        : null;

    /// <summary>Sends a message at a time, unless the inbox is closed before.</summary>
    public void Schedule(MessageKind kind, DateTime at) => _ = SendAsync(kind, at);

    public async Task<Message> NextAsync()
    {
        while (_read == _messages.Count)
        {
            await _arrival.Task;
            _arrival = new TaskCompletionSource();
        }

        return _messages[_read++];
    }

    /// <summary>Cancels what is scheduled: a timer that is left would keep the workflow going until it fires.</summary>
    public void Dispose() => _closed.Cancel();

    private async Task ReceiveAsync(string name)
    {
        while (true)
        {
            // One wait at a time, for anything and nothing: of two the newest would take the event, and what does not fit would end all.
            var payload = await context.WaitForExternalEvent<JsonElement?>(name) ?? default;
            if (Read(name, payload, context.CurrentUtcDateTime) is { } message)
                Add(message);
            else
                LogNoDecision(log, context.InstanceId);
        }
    }

    private async Task SendAsync(MessageKind kind, DateTime at)
    {
        try
        {
            for (var fireAt = at; context.CurrentUtcDateTime < at; fireAt = at + TimersAreEarlyBy)
                await context.CreateTimer(fireAt, _closed.Token);
            Add(new Message(kind, context.CurrentUtcDateTime));
        }
        catch (OperationCanceledException)
        {
        }
    }

    private void Add(Message message)
    {
        _messages.Add(message);
        _arrival.TrySetResult();
    }

    [LoggerMessage(LogLevel.Warning, "{Id}: an event that is no decision is ignored")]
    private static partial void LogNoDecision(ILogger log, string id);
}
