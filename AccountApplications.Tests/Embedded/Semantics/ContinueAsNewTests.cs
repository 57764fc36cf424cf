using static AccountApplications.Tests.Embedded.Semantics.SemanticsFunctions;

namespace AccountApplications.Tests.Embedded.Semantics;

public sealed class ContinueAsNewTests(SemanticsHost host) : IClassFixture<SemanticsHost>
{
    [Fact]
    public async Task ContinueAsNew_EventsThatNobodyHasTaken_GoWithIt()
    {
        var id = await host.StartAsync(nameof(CollectAsNew), new Round(3, ""));
        foreach (var letter in new[] { "a", "b", "c" })
            await host.RaiseAsync(id, "E", letter);

        Assert.Equal(new Outcome("Completed", "\"abc\"", "0"), await host.EndAsync(id));
        Assert.Equal("""{"Left":0,"Seen":"abc"}""", (await host.StatusAsync(id)).GetProperty("input").GetRawText());
        Assert.Equal(["ExecutionStarted", "ExecutionCompleted"], await host.HistoryAsync(id));
    }

    [Fact]
    public async Task ContinueAsNew_WithoutTheEventsThatNobodyHasTaken_WaitsForOthers()
    {
        var id = await host.StartAsync(nameof(DropEventsAsNew), false);
        await host.RaiseAsync(id, "E", "dropped");
        await host.RaiseAsync(id, "Go", "");
        await host.CustomStatusAsync(id, "true");
        Assert.Equal("Running", (await host.OutcomeAsync(id)).Status);
        await host.RaiseAsync(id, "E", "taken");

        Assert.Equal(new Outcome("Completed", "\"taken\"", "true"), await host.EndAsync(id));
    }

    [Fact]
    public async Task ContinueAsNew_ThenAnException_Fails() =>
        Assert.Equal(
            new Outcome("Failed", "\"System.InvalidOperationException: Failed all the same.\""), await host.RunAsync(nameof(FailAfterAsNew)));

    [Fact]
    public async Task ContinueAsNew_WithoutEverWaiting_FailsAndSaysSo()
    {
        var outcome = await host.RunAsync(nameof(AlwaysAsNew));

        Assert.Equal("Failed", outcome.Status);
        Assert.Contains("'AlwaysAsNew' continued as new 100 times in a row", outcome.Output, StringComparison.Ordinal);
    }
}
