using System.Text;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace AccountApplications.EmbeddedHost.Engine;

/// <summary>The client that functions are given: what changes an instance goes through the turn loop, what looks at one reads storage.</summary>
internal sealed class EmbeddedDurableTaskClient(TurnLoop loop, IInstanceStore store, DataConverter converter, string taskHub)
    : DurableTaskClient(taskHub)
{
    /// <summary>The largest input or event payload, in bytes of UTF-8 JSON.</summary>
    internal const int MaxInputBytes = 256 * 1024;
    internal const int MaxEventBytes = 1024 * 1024;

    /// <summary>What it may take in the history, where some characters are escaped; the rest of a transaction is for what the turn adds.</summary>
    private const int MaxStoredEventBytes = 2_200_000;

    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    public override Task<string> ScheduleNewOrchestrationInstanceAsync(
        TaskName orchestratorName, object? input = null, StartOrchestrationOptions? options = null, CancellationToken cancellation = default) =>
        StartAsync(orchestratorName.Name, converter.Serialize(input), options?.InstanceId, options?.StartAt, cancellation);

    /// <param name="name">Of the orchestrator.</param>
    /// <param name="input">JSON, or null.</param>
    /// <param name="instanceId">A random one if null.</param>
    /// <param name="startAt">At once if null or past.</param>
    /// <param name="cancellation">Stops waiting, not starting.</param>
    /// <returns>The instance's id, when the start is in storage.</returns>
    /// <exception cref="ArgumentException">The id cannot be one, or the input is too large.</exception>
    internal async Task<string> StartAsync(
        string name, string? input, string? instanceId, DateTimeOffset? startAt, CancellationToken cancellation)
    {
        var id = instanceId ?? Guid.NewGuid().ToString("N");
        if (!IsInstanceId(id)) throw new InvalidInstanceIdException();
        Limit("input", input, MaxInputBytes);
        await loop.StartInstanceAsync(id, name, input, startAt).WaitAsync(cancellation);
        return id;
    }

    public override Task RaiseEventAsync(
        string instanceId, string eventName, object? eventPayload = null, CancellationToken cancellation = default) =>
        RaiseSerializedEventAsync(instanceId, eventName, converter.Serialize(eventPayload), cancellation);

    internal Task RaiseSerializedEventAsync(string instanceId, string eventName, string? json, CancellationToken cancellation)
    {
        Limit("event", json, MaxEventBytes);
        if (json?.Length > MaxStoredEventBytes / 6 && HistoryJson.BytesOf(json) is > MaxStoredEventBytes and var stored)
            throw new PayloadTooLargeException($"The event would be stored as {stored} bytes; this host stores {MaxStoredEventBytes}.");
        return loop.TellAsync(instanceId, now => new EventRaised(now, eventName, json)).WaitAsync(cancellation);
    }

    public override Task TerminateInstanceAsync(
        string instanceId, TerminateInstanceOptions? options = null, CancellationToken cancellation = default) =>
        TerminateAsync(instanceId, converter.Serialize(options?.Output), cancellation);

    internal Task TerminateAsync(string instanceId, string? output, CancellationToken cancellation) =>
        loop.TellAsync(instanceId, now => new ExecutionTerminated(now, output)).WaitAsync(cancellation);

    public override Task SuspendInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellation = default) =>
        loop.TellAsync(instanceId, now => new ExecutionSuspended(now, reason)).WaitAsync(cancellation);

    public override Task ResumeInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellation = default) =>
        loop.TellAsync(instanceId, now => new ExecutionResumed(now, reason)).WaitAsync(cancellation);

    public override async Task<OrchestrationMetadata?> GetInstancesAsync(
        string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default) =>
        await store.FindAsync(instanceId, cancellation) is { } instance ? Describe(instance, getInputsAndOutputs) : null;

    public override AsyncPageable<OrchestrationMetadata> GetAllInstancesAsync(OrchestrationQuery? filter = null) =>
        Pageable.Create<OrchestrationMetadata>(async (continuationToken, pageSize, cancellation) =>
        {
            var query = filter ?? new OrchestrationQuery();
            query = query with { ContinuationToken = continuationToken ?? query.ContinuationToken, PageSize = pageSize ?? query.PageSize };
            var (instances, next) = await store.QueryAsync(query, cancellation);
            return new([.. instances.Select(instance => Describe(instance, query.FetchInputsAndOutputs))], next);
        });

    public override Task<OrchestrationMetadata> WaitForInstanceStartAsync(
        string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default) =>
        WaitUntilAsync(instanceId, instance => instance.Status != OrchestrationRuntimeStatus.Pending, getInputsAndOutputs, cancellation);

    public override Task<OrchestrationMetadata> WaitForInstanceCompletionAsync(
        string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default) =>
        WaitUntilAsync(instanceId, instance => instance.HasEnded, getInputsAndOutputs, cancellation);

    public override async Task<PurgeResult> PurgeInstanceAsync(
        string instanceId, PurgeInstanceOptions? options = null, CancellationToken cancellation = default)
    {
        try
        {
            await loop.PurgeAsync(instanceId).WaitAsync(cancellation);
            return new(1, isComplete: true);
        }
        catch (InstanceNotFoundException)
        {
            return new(0, isComplete: true);
        }
    }

    public override async Task<PurgeResult> PurgeAllInstancesAsync(
        PurgeInstancesFilter filter, PurgeInstanceOptions? options = null, CancellationToken cancellation = default)
    {
        var purged = 0;
        await foreach (var instance in GetAllInstancesAsync(new(filter.CreatedFrom, filter.CreatedTo, filter.Statuses))
            .WithCancellation(cancellation))
        {
            if (!instance.IsCompleted) continue;
            try
            {
                purged += (await PurgeInstanceAsync(instance.InstanceId, options, cancellation)).PurgedInstanceCount;
            }
            catch (InvalidOperationException)
            {
                // Somebody has started it again.
            }
        }

        return new(purged, isComplete: true);
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task<OrchestrationMetadata> WaitUntilAsync(
        string id, Func<Instance, bool> isThere, bool getInputsAndOutputs, CancellationToken cancellation)
    {
        var seen = new TaskCompletionSource<Instance>(TaskCreationOptions.RunContinuationsAsynchronously);
        loop.Committed += Look;
        try
        {
            while (true)
            {
                var stored = await store.FindAsync(id, cancellation) ?? throw new InstanceNotFoundException(id);
                if (isThere(stored)) return Describe(stored, getInputsAndOutputs);
                // A commit whose answer was lost is not told of, nor is another host's.
                await Task.WhenAny(seen.Task, Task.Delay(LookInterval, cancellation));
                cancellation.ThrowIfCancellationRequested();
                if (seen.Task.IsCompleted) return Describe(await seen.Task, getInputsAndOutputs);
            }
        }
        finally
        {
            loop.Committed -= Look;
        }

        void Look(Instance committed)
        {
            if (committed.Id == id && isThere(committed)) seen.TrySetResult(committed);
        }
    }

    private OrchestrationMetadata Describe(Instance instance, bool withInputsAndOutputs) => new(instance.Name, instance.Id)
    {
        RuntimeStatus = instance.Status,
        CreatedAt = instance.CreatedAt,
        LastUpdatedAt = instance.LastUpdatedAt,
        FailureDetails = instance.Failure,
        DataConverter = withInputsAndOutputs ? converter : null,
        SerializedInput = withInputsAndOutputs ? instance.Input : null,
        SerializedOutput = withInputsAndOutputs ? instance.Output : null,
        SerializedCustomStatus = withInputsAndOutputs ? instance.CustomStatus : null,
    };

    internal static bool IsInstanceId(string id) =>
        id.Length is > 0 and <= 256 && id.IndexOfAny(['/', '\\', '#', '?']) < 0 && !id.Any(char.IsControl) && id[0] != '@';

    private static void Limit(string what, string? json, int bytes)
    {
        if (json is not null && Encoding.UTF8.GetByteCount(json) > bytes)
            throw new PayloadTooLargeException($"The {what} has {Encoding.UTF8.GetByteCount(json)} bytes; this host takes {bytes}.");
    }
}

internal sealed class InvalidInstanceIdException()
    : ArgumentException("An instance id has 1 to 256 characters, none of them / \\ # ? or a control character, and no @ first.");
