using Microsoft.DurableTask;
using Microsoft.Extensions.Logging;
using Moq;
using Moq.Protected;

namespace AccountApplications.Tests.Embedded.Sdk;

public sealed class TaskOrchestrationContextTests
{
    private static readonly DateTime Now = new(2026, 11, 22, 13, 0, 0, DateTimeKind.Utc);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private readonly Mock<TaskOrchestrationContext> _context = new() { CallBase = true };
    private readonly TaskCompletionSource _timer = new();
    private readonly TaskCompletionSource<string> _event = new();

    public TaskOrchestrationContextTests()
    {
        _context.Setup(context => context.CurrentUtcDateTime).Returns(Now);
        _context.Setup(context => context.CreateTimer(Now + Hour, It.IsAny<CancellationToken>()))
            .Returns<DateTime, CancellationToken>((_, cancellation) => _timer.Task.WaitAsync(cancellation));
        _context.Setup(context => context.WaitForExternalEvent<string>("Decision", It.IsAny<CancellationToken>()))
            .Returns<string, CancellationToken>((_, cancellation) => _event.Task.WaitAsync(cancellation));
    }

    [Fact]
    public async Task WaitForExternalEvent_EventInTime_IsReceivedAndTheTimerCancelled()
    {
        CancellationToken timer = default;
        _context.Setup(context => context.CreateTimer(Now + Hour, It.IsAny<CancellationToken>()))
            .Callback<DateTime, CancellationToken>((_, cancellation) => timer = cancellation).Returns(_timer.Task);
        var wait = _context.Object.WaitForExternalEvent<string>("Decision", Hour);

        _event.SetResult("APPROVE");

        Assert.Equal("APPROVE", await wait);
        Assert.True(timer.IsCancellationRequested);
    }

    [Fact]
    public async Task WaitForExternalEvent_TimerFirst_IsCancelled()
    {
        var wait = _context.Object.WaitForExternalEvent<string>("Decision", Hour);

        _timer.SetResult();

        await Assert.ThrowsAsync<TaskCanceledException>(() => wait);
    }

    [Fact]
    public async Task WaitForExternalEvent_CallerCancels_IsCancelled()
    {
        using var caller = new CancellationTokenSource();
        var wait = _context.Object.WaitForExternalEvent<string>("Decision", Hour, caller.Token);

        await caller.CancelAsync();

        await Assert.ThrowsAsync<TaskCanceledException>(() => wait);
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 0)]
    public void ReplaySafeLoggers_WhileReplaying_AreSilent(bool replaying, int expected)
    {
        var logger = new Mock<ILogger>();
        var factory = Mock.Of<ILoggerFactory>(f => f.CreateLogger(It.IsAny<string>()) == logger.Object);
        _context.Protected().Setup<ILoggerFactory>("LoggerFactory").Returns(factory);
        _context.Setup(context => context.IsReplaying).Returns(replaying);
        ILogger[] loggers =
        [
            _context.Object.CreateReplaySafeLogger("Category"),
            _context.Object.CreateReplaySafeLogger(GetType()),
            _context.Object.CreateReplaySafeLogger<string>(),
            _context.Object.ReplaySafeLoggerFactory.CreateLogger("Category"),
        ];

        foreach (var safe in loggers) safe.Log(LogLevel.Information, 0, "state", null, (state, _) => state);

        Assert.Equal(expected * loggers.Length, logger.Invocations.Count(call => call.Method.Name == nameof(ILogger.Log)));
    }

    [Fact]
    public void Entities_OfThisHost_AreRefusedByName()
    {
        var exception = Assert.Throws<NotSupportedException>(() => _context.Object.Entities);

        Assert.Equal(
            "Durable entities: the embedded host does not support it; run the Azure build (FunctionsRuntime=Azure).",
            exception.Message);
    }

    [Fact]
    public async Task CallHttpAsync_OfThisHost_IsRefusedByName()
    {
        var exception = await Assert.ThrowsAsync<NotSupportedException>(
            () => _context.Object.CallHttpAsync(HttpMethod.Get, new Uri("https://example.org")));

        Assert.Contains("CallHttpAsync", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void GetFunctionContext_OfAnotherContext_IsNull() => Assert.Null(_context.Object.GetFunctionContext());

    [Theory]
    [InlineData("", "", 0)]
    [InlineData("", "1.0", -1)]
    [InlineData("1.0", "", 1)]
    [InlineData("1.10", "1.9", 1)] // as versions
    [InlineData("beta", "ALPHA", 1)] // as text
    [InlineData("beta", "BETA", 0)]
    public void CompareVersionTo_AnyVersion_SaysWhichComesFirst(string own, string other, int expected)
    {
        _context.Setup(context => context.Version).Returns(own);

        Assert.Equal(expected, Math.Sign(_context.Object.CompareVersionTo(other)));
    }
}
