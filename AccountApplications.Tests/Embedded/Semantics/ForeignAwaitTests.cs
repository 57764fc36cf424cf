using AccountApplications.Tests.Fixtures;
using static AccountApplications.Tests.Embedded.Semantics.SemanticsFunctions;

namespace AccountApplications.Tests.Embedded.Semantics;

/// <summary>An orchestrator may await its context's tasks only.</summary>
public sealed class ForeignAwaitTests(SemanticsHost host) : IClassFixture<SemanticsHost>
{
    [Theory]
    [InlineData(nameof(AwaitDelay))]
    [InlineData(nameof(AwaitDelayLater))]
    [InlineData(nameof(AwaitDelayBesideAnActivity))]
    [InlineData(nameof(AwaitTaskRun))]
    [InlineData(nameof(AwaitWithoutTheThread))]
    [InlineData(nameof(AwaitHttp))]
    public async Task Await_OfSomethingForeign_FailsTheInstance(string orchestrator)
    {
        var outcome = await host.RunAsync(orchestrator);
        Assert.Equal("Failed", outcome.Status);
        Assert.StartsWith("\"System.InvalidOperationException: An invalid asynchronous invocation was detected", outcome.Output);
    }

    [Fact]
    public async Task Await_OfWhatIsThereAlready_IsFine() =>
        Assert.Equal(new Outcome("Completed", "\"fine\""), await host.RunAsync(nameof(AwaitWhatIsThere)));

    [Fact]
    public async Task Await_OfSomethingForeign_IsLoggedWithTheOrchestratorsName()
    {
        var id = await host.StartAsync(nameof(AwaitDelay));
        await host.EndAsync(id);
        await Eventually.Async(() => host.Log.Any(line =>
            line.StartsWith("Error", StringComparison.Ordinal) && line.Contains(nameof(AwaitDelay), StringComparison.Ordinal)
            && line.Contains(id, StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("sub-orchestration", "Sub-orchestrations")]
    [InlineData("send event", "Sending events from an orchestrator")]
    [InlineData("entities", "Durable entities")]
    [InlineData("http", "Durable HTTP (CallHttpAsync)")]
    public async Task Feature_ThatTheHostHasNot_SaysSoAndWhereItIs(string feature, string name) =>
        Assert.Equal(
            new Outcome("Completed", $"\"{name}: the embedded host does not support it; run the Azure build (FunctionsRuntime=Azure).\""),
            await host.RunAsync(nameof(UseFeature), feature));
}
