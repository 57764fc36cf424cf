using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.DurableTask.Converters;

namespace AccountApplications.Tests.Embedded.Sdk;

public sealed class OrchestrationMetadataTests
{
    [Fact]
    public void Read_FetchedWithInputsAndOutputs_GivesTheValues()
    {
        var metadata = new OrchestrationMetadata("Process", "1")
        {
            DataConverter = JsonDataConverter.Default,
            SerializedInput = "\"Spock\"",
            SerializedOutput = "42",
        };

        Assert.Equal("Spock", metadata.ReadInputAs<string>());
        Assert.Equal(42, metadata.ReadOutputAs<int>());
        Assert.Null(metadata.ReadCustomStatusAs<string>());
    }

    [Fact]
    public void Read_FetchedWithout_SaysSo()
    {
        var metadata = new OrchestrationMetadata("Process", "1");

        var exception = Assert.Throws<InvalidOperationException>(metadata.ReadInputAs<string>);
        Assert.Contains("ReadInputAs", exception.Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(metadata.ReadOutputAs<string>);
        Assert.Throws<InvalidOperationException>(metadata.ReadCustomStatusAs<string>);
    }

    [Theory]
    [InlineData(OrchestrationRuntimeStatus.Pending, false, false)]
    [InlineData(OrchestrationRuntimeStatus.Running, true, false)]
    [InlineData(OrchestrationRuntimeStatus.Suspended, false, false)]
    [InlineData(OrchestrationRuntimeStatus.Completed, false, true)]
    [InlineData(OrchestrationRuntimeStatus.Failed, false, true)]
    [InlineData(OrchestrationRuntimeStatus.Terminated, false, true)]
    public void Status_OfAnyKind_SaysWhetherItRunsOrHasEnded(OrchestrationRuntimeStatus status, bool running, bool completed)
    {
        var metadata = new OrchestrationMetadata("Process", "1") { RuntimeStatus = status };

        Assert.Equal((running, completed), (metadata.IsRunning, metadata.IsCompleted));
    }

    [Fact]
    public void ToString_OfAFailedInstance_ShortensWhatIsLong()
    {
        var at = new DateTimeOffset(2026, 11, 22, 13, 0, 0, TimeSpan.Zero);
        var metadata = new OrchestrationMetadata("Process", "1")
        {
            RuntimeStatus = OrchestrationRuntimeStatus.Failed,
            CreatedAt = at,
            LastUpdatedAt = at.AddSeconds(1),
            SerializedInput = new string('x', 51),
            FailureDetails = new TaskFailureDetails("Bank.Closed", "It is Sunday.", null, null, null),
        };

        Assert.Equal(
            "[Name: 'Process', ID: '1', RuntimeStatus: Failed, CreatedAt: 2026-11-22T13:00:00, LastUpdatedAt: 2026-11-22T13:00:01, "
            + $"Input: '{new string('x', 50)}...', FailureDetails: 'Bank.Closed - It is Sunday.']",
            metadata.ToString());
    }

    [Fact]
    public void PurgeResult_OfANegativeCount_IsRefused() => Assert.Throws<ArgumentOutOfRangeException>(() => new PurgeResult(-1));
}
