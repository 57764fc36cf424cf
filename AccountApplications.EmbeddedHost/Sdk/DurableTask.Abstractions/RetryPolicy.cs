namespace Microsoft.DurableTask;

/// <summary>Tries again after growing intervals.</summary>
public class RetryPolicy
{
    private readonly Func<TaskFailureDetails, bool>? _handleFailure;

    /// <param name="maxNumberOfAttempts">The first attempt included; at least 1.</param>
    /// <param name="firstRetryInterval">Between the first attempt and the second; more than zero.</param>
    /// <param name="backoffCoefficient">What every further interval is multiplied by; at least 1.</param>
    /// <param name="maxRetryInterval">1 hour if it is null; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="retryTimeout">No limit if it is null or <see cref="Timeout.InfiniteTimeSpan"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">One of them is too small.</exception>
    public RetryPolicy(
        int maxNumberOfAttempts,
        TimeSpan firstRetryInterval,
        double backoffCoefficient = 1,
        TimeSpan? maxRetryInterval = null,
        TimeSpan? retryTimeout = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxNumberOfAttempts, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(firstRetryInterval, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(backoffCoefficient, 1);
        ThrowIfShorter(maxRetryInterval, firstRetryInterval, nameof(maxRetryInterval));
        ThrowIfShorter(retryTimeout, firstRetryInterval, nameof(retryTimeout));

        MaxNumberOfAttempts = maxNumberOfAttempts;
        FirstRetryInterval = firstRetryInterval;
        BackoffCoefficient = backoffCoefficient;
        MaxRetryInterval = maxRetryInterval ?? TimeSpan.FromHours(1);
        RetryTimeout = retryTimeout ?? Timeout.InfiniteTimeSpan;
        Handle = HandleTaskFailure;
    }

    public int MaxNumberOfAttempts { get; }

    public TimeSpan FirstRetryInterval { get; }

    public double BackoffCoefficient { get; }

    public TimeSpan MaxRetryInterval { get; }

    public TimeSpan RetryTimeout { get; }

    /// <summary><see cref="HandleFailure"/> as the engine asks it, by a <see cref="TaskFailedException"/>.</summary>
    public Func<Exception, bool> Handle { get; }

    [Obsolete("This functionality is not implemented. Will be removed in the future. "
        + "Use TaskOptions.FromRetryHandler or HandleFailure instead.")]
    public Func<Exception, Task<bool>>? HandleAsync { get; set; }

    /// <summary>Which failures to try again after; all of them unless set. It runs in the orchestrator and must be deterministic.</summary>
    public Func<TaskFailureDetails, bool> HandleFailure
    {
        init => _handleFailure = value;
    }

    private bool HandleTaskFailure(Exception exception) => (_handleFailure, exception) switch
    {
        (null, _) => true,
        (_, TaskFailedException failed) => _handleFailure(failed.FailureDetails),
        _ => throw new InvalidOperationException($"{nameof(HandleFailure)} is asked about failed tasks, not {exception.GetType()}."),
    };

    private static void ThrowIfShorter(TimeSpan? value, TimeSpan firstRetryInterval, string name)
    {
        if (value < firstRetryInterval && value != Timeout.InfiniteTimeSpan)
            throw new ArgumentOutOfRangeException(name, value, "It must not be shorter than the first retry interval.");
    }
}
