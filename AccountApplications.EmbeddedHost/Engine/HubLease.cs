using System.Diagnostics;
using System.Globalization;
using Azure;
using Azure.Data.Tables;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AccountApplications.EmbeddedHost.Engine;

/// <summary>
/// One host owns a task hub: a row that its owner writes again every few seconds. Whoever comes while it is held waits up to one lease,
/// and takes over what nobody has written for that long by the newcomer's own clock; clocks of different machines are never compared.
/// </summary>
internal sealed partial class HubLease(
    TableServiceClient service, string tableName, TimeProvider time, IHostApplicationLifetime lifetime, ILogger<HubLease> log)
    : BackgroundService
{
    // No instance id begins with @.
    private const string Partition = "@lease";
    private const string Row = "owner";

    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan RenewalInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(500);

    // A process's start is known to the tick, but reckoned from the machine's, which is not.
    private static readonly TimeSpan StartTimeTolerance = TimeSpan.FromSeconds(5);

    private readonly TableClient _table = service.GetTableClient(tableName);
    private readonly Lock _renewing = new();
    private readonly Guid _owner = Guid.NewGuid();
    private readonly DateTimeOffset _since = time.GetUtcNow();
    private Task<bool>? _renewal;
    private ETag _version;
    private long _renewedAt;
    private volatile bool _isLost;

    /// <summary>Returns when this host owns the hub.</summary>
    /// <exception cref="HostStartException">Another host owns it, and is alive.</exception>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await _table.CreateIfNotExistsAsync(cancellationToken);
        (ETag Version, long At)? firstSeen = null;
        while (await FindOwnerAsync(cancellationToken) is var found)
        {
            var hasWaited = firstSeen is { } seen && time.GetElapsedTime(seen.At) >= Duration;
            if (found is null || IsOwn(found) || HasDied(found) || (hasWaited && found.ETag == firstSeen?.Version))
            {
                if (await TryWriteAsync(found?.ETag, cancellationToken)) break;
                continue;
            }

            var holder = $"process {found.GetInt32("ProcessId")} on {found.GetString("Machine")} " +
                $"since {found.GetDateTimeOffset("Since")?.ToString("u", CultureInfo.InvariantCulture)}";
            if (hasWaited)
            {
                throw new HostStartException(
                    $"Another host has this task hub (table {tableName}): {holder}. The embedded host does not scale out: end that one, or run the Azure build.");
            }

            if (firstSeen is null) LogWaiting(tableName, holder, Duration.TotalSeconds);
            // Not from when it was asked for: a slow answer must not shorten what a slow holder has.
            firstSeen ??= (found.ETag, time.GetTimestamp());
            await Task.Delay(PollInterval, time, cancellationToken);
        }

        await base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            // Without a version, one that never had it would delete the row of whoever has.
            if (!_isLost && _version != default) await _table.DeleteEntityAsync(Partition, Row, _version, cancellationToken);
        }
        catch (Exception)
        {
            // The next host finds that this process has gone.
        }
    }

    /// <summary>
    /// Returns while this host owns the hub. One that has not renewed its lease in time, because it was paused or storage was away, makes
    /// sure first that nobody took it over.
    /// </summary>
    /// <exception cref="InstanceStoreUnavailableException">It does not own the hub, or cannot know now.</exception>
    public async Task EnsureHeldAsync()
    {
        // Again if the answer took so long that the lease has run out meanwhile.
        while (!IsHeld)
        {
            if (!await RenewAsync()) throw new InstanceStoreUnavailableException("Another host has taken over the task hub.");
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!_isLost)
        {
            await Task.Delay(RenewalInterval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (stoppingToken.IsCancellationRequested) return;
            try
            {
                await RenewAsync();
            }
            catch (InstanceStoreUnavailableException e)
            {
                LogNotRenewed(tableName, e.Message);
            }
        }
    }

    private bool IsHeld => !_isLost && time.GetElapsedTime(Volatile.Read(ref _renewedAt)) < Duration;

    /// <summary>Whoever comes while a renewal is under way shares it, and its failure: one after the other, the last would wait for minutes.</summary>
    private Task<bool> RenewAsync()
    {
        lock (_renewing)
        {
            if (_renewal is null or { IsCompleted: true }) _renewal = Task.Run(WriteAgainAsync);
            return _renewal;
        }
    }

    private async Task<bool> WriteAgainAsync()
    {
        if (_isLost) return false;
        try
        {
            var isWritten = await TryWriteAsync(_version, CancellationToken.None);
            // Somebody may have emptied the storage: nobody can have taken over what is still held.
            while (!isWritten && await FindOwnerAsync(CancellationToken.None) is var found && (found is null ? IsHeld : IsOwn(found)))
            {
                isWritten = found is null
                    ? await TryCreateAsync(CancellationToken.None)
                    : await TryWriteAsync(found.ETag, CancellationToken.None);
            }

            if (isWritten) return true;
        }
        catch (Exception e)
        {
            throw InstanceStoreUnavailableException.Because(e);
        }

        _isLost = true;
        LogLost(tableName);
        Environment.ExitCode = 1;
        lifetime.StopApplication();
        return false;
    }

    private async Task<bool> TryCreateAsync(CancellationToken cancellation)
    {
        await _table.CreateIfNotExistsAsync(cancellation);
        return await TryWriteAsync(null, cancellation);
    }

    private async Task<TableEntity?> FindOwnerAsync(CancellationToken cancellation)
    {
        var found = await _table.GetEntityIfExistsAsync<TableEntity>(Partition, Row, cancellationToken: cancellation);
        return found.HasValue ? found.Value : null;
    }

    private async Task<bool> TryWriteAsync(ETag? replaced, CancellationToken cancellation)
    {
        var startedAt = time.GetTimestamp();
        var row = new TableEntity(Partition, Row)
        {
            ["Owner"] = _owner,
            ["Machine"] = Environment.MachineName,
            ["ProcessId"] = Environment.ProcessId,
            ["ProcessStart"] = new DateTimeOffset(Process.GetCurrentProcess().StartTime),
            ["Since"] = _since,
        };
        try
        {
            var response = replaced is { } version
                ? await _table.UpdateEntityAsync(row, version, TableUpdateMode.Replace, cancellation)
                : await _table.AddEntityAsync(row, cancellation);
            _version = response.Headers.ETag!.Value;
            Volatile.Write(ref _renewedAt, startedAt);
            return true;
        }
        catch (RequestFailedException e) when (e.Status is 404 or 409 or 412)
        {
            return false;
        }
    }

    /// <summary>A write that was sent again after its answer was lost meets itself.</summary>
    private bool IsOwn(TableEntity owner) => owner.GetGuid("Owner") == _owner;

    /// <summary>Whether the owner ran on this machine and does not any more.</summary>
    private static bool HasDied(TableEntity owner)
    {
        if (owner.GetString("Machine") != Environment.MachineName || owner.GetInt32("ProcessId") is not { } processId) return false;
        try
        {
            using var process = Process.GetProcessById(processId);
            var distance = new DateTimeOffset(process.StartTime) - owner.GetDateTimeOffset("ProcessStart");
            return distance?.Duration() > StartTimeTolerance;
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            return true;
        }
    }

    [LoggerMessage(LogLevel.Warning, "The task hub (table {Hub}) is held by {Holder}; waiting up to {Seconds} s for it")]
    private partial void LogWaiting(string hub, string holder, double seconds);

    [LoggerMessage(LogLevel.Warning, "The lease on the task hub (table {Hub}) could not be renewed: {Reason}")]
    private partial void LogNotRenewed(string hub, string reason);

    [LoggerMessage(LogLevel.Critical, "Another host has taken over the task hub (table {Hub}) while this one was paused; this one commits nothing more and ends")]
    private partial void LogLost(string hub);
}

/// <summary>A store that commits only while this host owns the task hub.</summary>
internal sealed class LeasedInstanceStore(IInstanceStore store, HubLease lease) : IInstanceStore
{
    public Task<Instance?> FindAsync(string id, CancellationToken cancellation) => store.FindAsync(id, cancellation);

    public Task<(Instance Instance, List<HistoryEvent> History)?> LoadAsync(string id, CancellationToken cancellation) =>
        store.LoadAsync(id, cancellation);

    public async Task<Instance> CommitAsync(Instance instance, IReadOnlyList<HistoryEvent> events, CancellationToken cancellation)
    {
        await lease.EnsureHeldAsync();
        return await store.CommitAsync(instance, events, cancellation);
    }

    public async Task PurgeAsync(Instance instance, CancellationToken cancellation)
    {
        await lease.EnsureHeldAsync();
        await store.PurgeAsync(instance, cancellation);
    }

    public Task<(IReadOnlyList<Instance> Instances, string? ContinuationToken)> QueryAsync(
        Microsoft.DurableTask.Client.OrchestrationQuery filter, CancellationToken cancellation) => store.QueryAsync(filter, cancellation);

    public IAsyncEnumerable<string> FindOpenWorkAsync(CancellationToken cancellation) => store.FindOpenWorkAsync(cancellation);
}
