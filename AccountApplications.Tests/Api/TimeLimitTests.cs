using AccountApplications.Functions.Api;
using AccountApplications.Functions.Storage;
using Microsoft.Extensions.Time.Testing;

namespace AccountApplications.Tests.Api;

public class TimeLimitTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly TaskCompletionSource<int> _never = new();

    [Fact]
    public async Task Work_OverTheLimit_IsUnavailable()
    {
        var work = _time.WithinLimitAsync(_ => _never.Task, default);

        _time.Advance(TimeSpan.FromSeconds(7.9));
        Assert.False(work.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(0.1));

        await Assert.ThrowsAsync<StorageUnavailableException>(() => work);
    }

    [Fact]
    public async Task Work_CallerGone_IsCancelled()
    {
        using var caller = new CancellationTokenSource();
        var work = _time.WithinLimitAsync(_ => _never.Task, caller.Token);

        await caller.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => work);
    }

    [Fact]
    public async Task Work_InTime_GivesItsResult() => Assert.Equal(7, await _time.WithinLimitAsync(_ => Task.FromResult(7), default));
}
