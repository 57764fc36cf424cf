using Microsoft.DurableTask;

namespace AccountApplications.Tests.Embedded.Sdk;

public sealed class RetryPolicyTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void RetryPolicy_LeftToDefaults_RepeatsTheIntervalWithoutEnd()
    {
        var policy = new RetryPolicy(3, Second);

        Assert.Equal(1, policy.BackoffCoefficient);
        Assert.Equal(TimeSpan.FromHours(1), policy.MaxRetryInterval);
        Assert.Equal(Timeout.InfiniteTimeSpan, policy.RetryTimeout);
        Assert.True(policy.Handle(new IOException()));
    }

    [Theory]
    [InlineData(0, 1, 1, null, null, "maxNumberOfAttempts")]
    [InlineData(1, 0, 1, null, null, "firstRetryInterval")]
    [InlineData(1, 1, 0.9, null, null, "backoffCoefficient")]
    [InlineData(1, 2, 1, 1, null, "maxRetryInterval")]
    [InlineData(1, 2, 1, null, 1, "retryTimeout")]
    public void RetryPolicy_ArgumentTooSmall_IsRefused(
        int attempts, int firstInterval, double backoff, int? maxInterval, int? timeout, string parameter) =>
        Assert.Throws<ArgumentOutOfRangeException>(parameter, () => new RetryPolicy(
            attempts, firstInterval * Second, backoff, maxInterval * Second, timeout * Second));

    [Fact]
    public void RetryPolicy_InfiniteLimits_AreTaken()
    {
        var policy = new RetryPolicy(1, Second, 1, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        Assert.Equal(Timeout.InfiniteTimeSpan, policy.MaxRetryInterval);
        Assert.Equal(Timeout.InfiniteTimeSpan, policy.RetryTimeout);
    }

    [Theory]
    [InlineData(typeof(FileNotFoundException), true)]
    [InlineData(typeof(TimeoutException), false)]
    public void Handle_WithHandleFailure_AsksItAboutTheFailure(Type cause, bool expected)
    {
        var policy = new RetryPolicy(3, Second) { HandleFailure = failure => failure.IsCausedBy<IOException>() };

        Assert.Equal(expected, policy.Handle(new TaskFailedException("Read", 0, (Exception)Activator.CreateInstance(cause)!)));
    }

    [Fact]
    public void Handle_OfWhatIsNoFailedTask_IsRefused() =>
        Assert.Throws<InvalidOperationException>(() => new RetryPolicy(3, Second) { HandleFailure = _ => true }.Handle(new IOException()));

    [Fact]
    public async Task TaskRetryOptions_OfAPlainHandler_AskIt()
    {
        RetryHandler handler = context => context.LastAttemptNumber < 3;
        TaskRetryOptions options = handler;
        var failure = TaskFailureDetails.FromException(new IOException());

        Assert.Null(options.Policy);
        Assert.True(await options.Handler!(new(null!, 2, failure, Second, CancellationToken.None)));
        Assert.False(await options.Handler!(new(null!, 3, failure, Second, CancellationToken.None)));
    }

    [Fact]
    public void TaskOptions_OfAPolicy_CarryItIntoASubOrchestration()
    {
        var policy = new RetryPolicy(3, Second);

        var options = TaskOptions.FromRetryPolicy(policy) with { Version = "2" };
        var sub = options.WithInstanceId("child");

        Assert.Same(policy, sub.Retry!.Policy);
        Assert.Equal("child", sub.InstanceId);
        Assert.Equal("2", sub.Version?.Version);
        Assert.Equal("child", new SubOrchestrationOptions((TaskOptions)sub).InstanceId);
        Assert.Equal("other", new SubOrchestrationOptions(sub, "other").InstanceId);
    }
}
