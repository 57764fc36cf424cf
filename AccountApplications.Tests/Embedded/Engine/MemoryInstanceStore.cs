using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using AccountApplications.EmbeddedHost.Engine;
using Azure;
using Microsoft.DurableTask.Client;

namespace AccountApplications.Tests.Embedded.Engine;

/// <summary>The store's contract without storage, for tests of the engine.</summary>
internal sealed class MemoryInstanceStore : IInstanceStore
{
    private const int MaxPayloadCharacters = 256 * 1024;
    private const int MaxEventCharacters = 2_500_000;

    private readonly ConcurrentDictionary<string, (Instance Instance, List<HistoryEvent> History)> _rows = new();
    private readonly Lock _lock = new();
    private int _versions;

    public Task<Instance?> FindAsync(string id, CancellationToken cancellation) =>
        Task.FromResult(_rows.TryGetValue(id, out var row) ? row.Instance : null);

    public Task<(Instance Instance, List<HistoryEvent> History)?> LoadAsync(string id, CancellationToken cancellation) =>
        Task.FromResult(_rows.TryGetValue(id, out var row) ? ((Instance, List<HistoryEvent>)?)(row.Instance, [.. row.History]) : null);

    public Task<Instance> CommitAsync(Instance instance, IReadOnlyList<HistoryEvent> events, CancellationToken cancellation)
    {
        if (new[] { instance.Input, instance.Output, instance.CustomStatus }.Any(payload => payload?.Length > MaxPayloadCharacters)
            || events.OfType<EventRaised>().Sum(raised => raised.Input?.Length ?? 0) > MaxEventCharacters)
        {
            throw new PayloadTooLargeException("Too large.");
        }

        lock (_lock)
        {
            var isThere = _rows.TryGetValue(instance.Id, out var row);
            if ((isThere ? row.Instance.ETag : default) != instance.ETag) throw new InstanceChangedException(instance.Id);
            var committed = instance with { Commits = instance.Commits + 1, Replaces = null, ETag = new ETag($"{++_versions}") };
            if (isThere && instance.Commits > 0) committed = committed with { Input = row.Instance.Input };
            _rows[instance.Id] = (committed, instance.Commits == 0 ? [.. events] : [.. row.History, .. events]);
            return Task.FromResult(committed);
        }
    }

    public Task PurgeAsync(Instance instance, CancellationToken cancellation)
    {
        lock (_lock)
        {
            return _rows.TryGetValue(instance.Id, out var row) && row.Instance.ETag == instance.ETag && _rows.TryRemove(instance.Id, out _)
                ? Task.CompletedTask
                : throw new InstanceChangedException(instance.Id);
        }
    }

    public Task<(IReadOnlyList<Instance> Instances, string? ContinuationToken)> QueryAsync(
        OrchestrationQuery filter, CancellationToken cancellation)
    {
        var found = _rows.Values.Select(row => row.Instance).OrderBy(instance => instance.Id, StringComparer.Ordinal)
            .Where(instance => (filter.CreatedFrom is null || instance.CreatedAt >= filter.CreatedFrom)
                && (filter.CreatedTo is null || instance.CreatedAt <= filter.CreatedTo)
                && instance.Id.StartsWith(filter.InstanceIdPrefix ?? "", StringComparison.Ordinal)
                && (filter.Statuses?.Any() != true || filter.Statuses.Contains(instance.Status))
                && string.CompareOrdinal(instance.Id, filter.ContinuationToken ?? "") > 0).Take(filter.PageSize + 1).ToList();
        IReadOnlyList<Instance> page = [.. found.Take(filter.PageSize)];
        return Task.FromResult((page, found.Count > filter.PageSize ? page[^1].Id : null));
    }

    public async IAsyncEnumerable<string> FindOpenWorkAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        await Task.CompletedTask;
        foreach (var row in _rows.Values.Where(row => row.Instance.HasOpenWork)) yield return row.Instance.Id;
    }
}
