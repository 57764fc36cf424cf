using Azure;
using Microsoft.DurableTask.Client;

namespace AccountApplications.EmbeddedHost.Engine;

/// <summary>
/// Instances and their histories. All members throw <see cref="InstanceStoreUnavailableException"/> while storage does not answer;
/// what was asked may or may not have been done then.
/// </summary>
internal interface IInstanceStore
{
    /// <summary>The status row alone; null when there is none.</summary>
    Task<Instance?> FindAsync(string id, CancellationToken cancellation);

    /// <summary>The status row with the history of its current execution, oldest event first; null when there is none.</summary>
    /// <exception cref="SpoiltHistoryException">Somebody has spoilt the history.</exception>
    Task<(Instance Instance, List<HistoryEvent> History)?> LoadAsync(string id, CancellationToken cancellation);

    /// <summary>
    /// Writes the status row and appends the events, both or neither, if the stored row still has <see cref="Instance.ETag"/>
    /// (does not exist when that is default). Returns the instance with its new ETag and count of commits.
    /// </summary>
    /// <exception cref="InstanceChangedException">Somebody else was quicker; nothing was written.</exception>
    /// <exception cref="PayloadTooLargeException">More than a transaction takes; nothing was written.</exception>
    /// <remarks>The first commit of an execution removes the history of the one that it <see cref="Instance.Replaces"/>.</remarks>
    Task<Instance> CommitAsync(Instance instance, IReadOnlyList<HistoryEvent> events, CancellationToken cancellation);

    /// <summary>
    /// Removes the status row, if it still has <see cref="Instance.ETag"/>, and everything that belongs to it. As long as anything is
    /// left, so is the status row: who purges again removes the rest.
    /// </summary>
    /// <exception cref="InstanceChangedException">Somebody else was quicker; nothing was removed.</exception>
    Task PurgeAsync(Instance instance, CancellationToken cancellation);

    /// <summary>A page of status rows in no particular order, by the filter's dates, statuses, prefix and page size.</summary>
    Task<(IReadOnlyList<Instance> Instances, string? ContinuationToken)> QueryAsync(OrchestrationQuery filter, CancellationToken cancellation);

    /// <summary>The ids of the instances with <see cref="Instance.HasOpenWork"/>.</summary>
    IAsyncEnumerable<string> FindOpenWorkAsync(CancellationToken cancellation);
}

/// <summary>Storage does not answer, or answers that it is busy.</summary>
internal sealed class InstanceStoreUnavailableException(string message, Exception? inner = null) : IOException(message, inner)
{
    /// <summary>Of a request that got no answer, or one of "busy": <c>Storage does not answer (no connection).</c></summary>
    public static InstanceStoreUnavailableException Because(Exception failure) => new($"Storage does not answer ({What(failure)}).", failure);

    private static string What(Exception failure) => failure switch
    {
        AggregateException tries => What(tries.InnerExceptions[^1]),
        RequestFailedException { Status: 0 } => "no connection",
        RequestFailedException answer => $"{answer.Status}",
        OperationCanceledException or TimeoutException => "time-out",
        _ => failure.GetType().Name,
    };
}

/// <summary>The stored instance is not the one that the commit was computed from.</summary>
internal sealed class InstanceChangedException(string id) : Exception($"Instance '{id}' was changed by somebody else.");

/// <summary>What is stored of an instance is not what a host writes.</summary>
internal sealed class SpoiltHistoryException(string id, Exception inner)
    : Exception($"The history of instance '{id}' cannot be read ({inner.GetType().Name}).", inner);

/// <summary>An input, output, custom status or event that is larger than this host stores.</summary>
internal sealed class PayloadTooLargeException(string message) : ArgumentException(message);
