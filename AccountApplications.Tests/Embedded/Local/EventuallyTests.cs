using AccountApplications.Tests.Fixtures;
using Xunit.Sdk;

namespace AccountApplications.Tests.Embedded.Local;

public class EventuallyTests
{
    [Fact]
    public async Task Eventually_ConditionThatComesTrue_AsksUntilThen()
    {
        var asked = 0;

        await Eventually.Async(() => ++asked == 3);

        Assert.Equal(3, asked);
    }

    [Fact]
    public async Task Eventually_ValueThatIsRight_ReturnsIt()
    {
        var read = 0;

        var value = await Eventually.Async(() => Task.FromResult(++read), until: number => number > 2);

        Assert.Equal(3, value);
    }

    [Fact]
    public async Task Eventually_ValueThatStaysWrong_FailsWithTheConditionAndTheValue()
    {
        var failure = await Assert.ThrowsAsync<FailException>(
            () => Eventually.Async(() => Task.FromResult("SUBMITTED"), state => state == "APPROVED", TimeSpan.FromMilliseconds(1)));

        Assert.Contains("state => state == \"APPROVED\"", failure.Message, StringComparison.Ordinal);
        Assert.Contains("Seen last: SUBMITTED", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Eventually_AssertionThatNeverPasses_FailsWithItsMessage()
    {
        var failure = await Assert.ThrowsAsync<FailException>(() => Eventually.Async(
            async () =>
            {
                await Task.Yield();
                Assert.Equal(1, 2);
            },
            TimeSpan.FromMilliseconds(1)));

        Assert.Contains("Expected: 1", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Eventually_ReadThatNeverReturns_FailsAllTheSame()
    {
        var never = new TaskCompletionSource<bool>();

        await Assert.ThrowsAsync<FailException>(() => Eventually.Async(() => never.Task, TimeSpan.FromMilliseconds(1)));
    }
}
