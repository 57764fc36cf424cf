using System.Net;
using System.Text.Json;
using static AccountApplications.Tests.Embedded.Semantics.SemanticsFunctions;

namespace AccountApplications.Tests.Embedded.Semantics;

public sealed class EventTests(SemanticsHost host) : IClassFixture<SemanticsHost>
{
    [Fact]
    public async Task Event_NameInAnotherCase_Arrives()
    {
        var id = await host.StartAsync(nameof(EventNameInAnyCase));
        await host.RaiseAsync(id, "decision", "yes");
        Assert.Equal(new Outcome("Completed", "\"yes\""), await host.EndAsync(id));
    }

    [Fact]
    public async Task Events_RaisedBeforeTheWait_AreTakenInOrder()
    {
        var id = await host.StartAsync(nameof(EventsBeforeTheWait));
        foreach (var number in new[] { 1, 2, 3 })
            await host.RaiseAsync(id, "E", number);
        await host.RaiseAsync(id, "Go", "");
        Assert.Equal(new Outcome("Completed", "[1,2,3]"), await host.EndAsync(id));
    }

    [Fact]
    public async Task Events_SeveralOpenWaits_NewestWaitFirst()
    {
        var id = await host.StartAsync(nameof(ThreeWaits));
        foreach (var number in new[] { 1, 2, 3 })
            await host.RaiseAsync(id, "E", number);
        Assert.Equal(new Outcome("Completed", "[3,2,1]"), await host.EndAsync(id));
    }

    [Theory]
    [InlineData(nameof(WaitAfterATimeout), "\"timed out\"")]
    [InlineData(nameof(WaitAfterACancellation), "\"cancelled\"")]
    public async Task Event_AfterAWaitThatDied_IsLostWithIt(string orchestrator, string died)
    {
        var id = await host.StartAsync(orchestrator);
        await host.CustomStatusAsync(id, died);
        await host.RaiseAsync(id, "E", "lost");
        await host.RaiseAsync(id, "E", "kept");
        await host.RaiseAsync(id, "Go", "");
        Assert.Equal(new Outcome("Completed", "\"kept\"", died), await host.EndAsync(id));
    }

    [Fact]
    public async Task Event_NewWaitOverADeadOne_GoesToTheNewOne()
    {
        var id = await host.StartAsync(nameof(NewWaitOverADeadOne));
        await host.RaiseAsync(id, "E", "first");
        Assert.Equal(new Outcome("Completed", "\"first\""), await host.EndAsync(id));
    }

    [Fact]
    public async Task EventThatDoesNotFit_WaitIsOpen_FailsTheInstanceAndLosesItsStatus()
    {
        var id = await host.StartAsync(nameof(WaitForANumber));
        await host.CustomStatusAsync(id, "\"waiting\"");
        await host.RaiseAsync(id, "E", "text");
        var outcome = await host.EndAsync(id);
        Assert.Equal(("Failed", "null"), (outcome.Status, outcome.CustomStatus));
        Assert.StartsWith("\"System.Text.Json.JsonException: ", outcome.Output);
    }

    [Fact]
    public async Task EventThatDoesNotFit_WasBuffered_ThrowsWhatCanBeCaught()
    {
        var id = await host.StartAsync(nameof(WaitForABufferedNumber));
        await host.RaiseAsync(id, "E", "text");
        await host.RaiseAsync(id, "E", 7);
        await host.RaiseAsync(id, "Go", "");
        Assert.Equal(new Outcome("Completed", "\"caught System.Text.Json.JsonException, next 7\""), await host.EndAsync(id));
    }

    [Fact]
    public async Task SecondWait_OfAnotherType_ThrowsAndLeavesTheFirst()
    {
        var id = await host.StartAsync(nameof(WaitForTwoTypes));
        await host.RaiseAsync(id, "E", 5);
        await host.RaiseAsync(id, "E", "text");
        Assert.Equal(new Outcome("Completed", "\"System.ArgumentException, then 5, then text\""), await host.EndAsync(id));
    }

    [Theory]
    [InlineData("null", "Null")]
    [InlineData("{}", "Object")]
    [InlineData("[1]", "Array")]
    [InlineData("\"text\"", "String")]
    [InlineData("1.5", "Number")]
    [InlineData("false", "False")]
    public async Task Event_AsJsonElement_TakesAnyJson(string json, string kind)
    {
        var id = await host.StartAsync(nameof(EventAsJson));
        using var answer = await host.PostAsync(id, "raiseEvent/E", json);
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.Equal(new Outcome("Completed", $"\"{kind}\""), await host.EndAsync(id));
    }

    [Fact]
    public async Task Event_ToNobodyOrAnEndedInstance_IsRefused()
    {
        using var unknown = await host.PostAsync(SemanticsHost.NewId(), "raiseEvent/E", "1");
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);

        var id = await host.StartAsync(nameof(NoInput));
        await host.EndAsync(id);
        using var ended = await host.PostAsync(id, "raiseEvent/E", "1");
        Assert.Equal(HttpStatusCode.Gone, ended.StatusCode);

        await Assert.ThrowsAnyAsync<Exception>(() => host.Durable.RaiseEventAsync(SemanticsHost.NewId(), "E", 1));
        await Assert.ThrowsAnyAsync<Exception>(() => host.Durable.RaiseEventAsync(id, "E", 1));
    }

    [Fact]
    public async Task Event_ByTheClient_IsSerialisedAsDeclared()
    {
        var id = await host.Durable.ScheduleNewOrchestrationInstanceAsync(nameof(EventAsJson));
        await host.Durable.RaiseEventAsync(id, "e", new Payload { Name = "Käthe 🚀" });
        Assert.Equal(new Outcome("Completed", "\"Object\""), await host.EndAsync(id));
        var raised = (await host.StatusAsync(id, "?showHistory=true&showHistoryOutput=true")).GetProperty("historyEvents").EnumerateArray()
            .Single(e => e.GetProperty("EventType").GetString() == "EventRaised");
        var payload = JsonDocument.Parse(raised.GetProperty("Input").GetString()!).RootElement;
        Assert.Equal("Käthe 🚀", payload.GetProperty("Name").GetString());
        Assert.Equal(JsonValueKind.Number, payload.GetProperty("Colour").ValueKind);
    }
}
