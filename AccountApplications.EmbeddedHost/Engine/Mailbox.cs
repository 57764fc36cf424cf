namespace AccountApplications.EmbeddedHost.Engine;

/// <summary>Something for an instance to deal with in its next turn.</summary>
internal abstract record Message;

/// <summary>An outcome of this host's own work: of an activity, a timer, or a start that was due.</summary>
/// <param name="Execution">Which execution of the instance it belongs to.</param>
/// <param name="Event">Without its time, which is that of the turn that takes it.</param>
internal sealed record Outcome(Guid Execution, HistoryEvent Event) : Message;


/// <summary>The orchestrator of that execution went on where it must not.</summary>
internal sealed record LeftThread(Guid Execution) : Message;

/// <summary>Something that somebody outside asked for, and who waits until it is in storage.</summary>
internal abstract record Request : Message
{
    private readonly TaskCompletionSource _stored = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Stored => _stored.Task;

    public void Accept() => _stored.TrySetResult();

    public void Reject(Exception why) => _stored.TrySetException(why);
}

/// <summary>Start an instance under an id that is free or whose instance has ended.</summary>
internal sealed record Start(string Name, string? Input, DateTimeOffset? StartAt) : Request;

/// <summary>Let something happen to a running instance: an event, or the wish to end, suspend or resume it.</summary>
internal sealed record Tell(Func<DateTime, HistoryEvent> Event) : Request;

/// <summary>Look at the instance: it may have work that nobody does.</summary>
internal sealed record WakeUp : Request;

/// <summary>Remove an ended instance.</summary>
internal sealed record Purge : Request;

/// <summary>
/// What waits for one instance, and who has it in hand: turns of an instance never overlap, and what arrives during one goes into the next.
/// </summary>
internal sealed class Mailbox(string instanceId)
{
    private const int MessagesPerTurn = 200;

    private readonly Lock _lock = new();
    private readonly List<Message> _waiting = [];
    private bool _isInHand;
    private bool _isRetired;

    public string InstanceId => instanceId;

    /// <summary>What has been dispatched and not answered, by execution and task id; timers with their timer.</summary>
    public Dictionary<(Guid Execution, int TaskId), IDisposable?> InFlight { get; } = [];

    /// <summary>Turns in a row that failed, or that somebody else was quicker than.</summary>
    public int Failures { get; set; }

    /// <summary>How many messages a turn takes at most.</summary>
    public int TurnSize { get; set; } = MessagesPerTurn;

    /// <summary>What the last turn failed with if the next would fail with it too; null otherwise.</summary>
    public Exception? Broken { get; set; }

    /// <param name="message">What to deal with.</param>
    /// <param name="takeInHand">Whether the caller has to empty the mailbox, because nobody does.</param>
    /// <returns>False if the mailbox has been thrown away: take another.</returns>
    public bool TryPost(Message message, out bool takeInHand)
    {
        lock (_lock)
        {
            takeInHand = !_isRetired && !_isInHand;
            if (_isRetired) return false;
            _waiting.Add(message);
            _isInHand = true;
            return true;
        }
    }

    /// <summary>The turn before went well: nothing that was in the way is any more.</summary>
    public void Recover() => (Failures, TurnSize, Broken) = (0, MessagesPerTurn, null);

    /// <summary>What the next turn is for. Nothing means that the mailbox is out of hand again, and to be thrown away if nothing is in flight.</summary>
    public List<Message> Take(out bool isRetired)
    {
        lock (_lock)
        {
            List<Message> taken = [.. _waiting.Take(TurnSize)];
            _waiting.RemoveRange(0, taken.Count);
            _isInHand = taken.Count > 0;
            _isRetired = isRetired = !_isInHand && InFlight.Count == 0;
            return taken;
        }
    }

    /// <summary>Puts back, in front, what a turn did not deal with.</summary>
    public void Return(IEnumerable<Message> messages)
    {
        lock (_lock) _waiting.InsertRange(0, messages.Where(message => message is not Request { Stored.IsCompleted: true }));
    }
}
