using AccountApplications.Functions.Storage;

namespace AccountApplications.Functions.Api;

/// <summary>The time that storage and the workflow runtime have for an HTTP request, which is to be answered within 10 s.</summary>
internal static class TimeLimit
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(8);

    /// <exception cref="StorageUnavailableException">The work did not end within 8 s.</exception>
    public static async Task<T> WithinLimitAsync<T>(
        this TimeProvider time, Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await work(either.Token).WaitAsync(either.Token);
        }
        catch (OperationCanceledException e) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new StorageUnavailableException($"Storage did not answer within {Limit.TotalSeconds} s.", e);
        }
    }
}
