using System.Text.Json;
using AccountApplications.EmbeddedHost.Functions;
using AccountApplications.Tests.Fixtures;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using static AccountApplications.Tests.Embedded.Semantics.SemanticsFunctions;

namespace AccountApplications.Tests.Embedded.Semantics;

/// <summary>Clock, chance, logs and timers that are too short to wait for.</summary>
public sealed class TimeTests(SemanticsHost host) : IClassFixture<SemanticsHost>
{
    [Theory]
    [InlineData(nameof(TimersOfThePast), "fired")]
    [InlineData(nameof(TimerCancelledBefore), "cancelled")]
    [InlineData(nameof(ShortTimerWins), "early")]
    public async Task Timer_PastCancelledOrRaced_DoesNotHoldTheInstance(string orchestrator, string output) =>
        Assert.Equal(new Outcome("Completed", $"\"{output}\""), await host.RunAsync(orchestrator));

    [Fact]
    public async Task TimerThatLost_Cancelled_InstanceCompletes()
    {
        var id = await host.StartAsync(nameof(TimerThatLoses), true);
        await host.RaiseAsync(id, "E", "");
        Assert.Equal(new Outcome("Completed", "\"event\""), await host.EndAsync(id));
    }

    [Fact]
    public async Task Clock_StandsStillInATurnAndReadsTheSameOnReplay()
    {
        var id = await host.StartAsync(nameof(ReadTheClock));
        var outcome = await host.EndAsync(id);
        var read = JsonSerializer.Deserialize<DateTime[]>(outcome.Output)!;
        Assert.Equal(read[0], read[1]);
        Assert.True(read[2] > read[0]);
        Assert.All(read, time => Assert.Equal(DateTimeKind.Utc, time.Kind));
        Assert.Equal(read[0], JsonSerializer.Deserialize<DateTime>(outcome.CustomStatus));
    }

    [Fact]
    public async Task NewGuid_IsVersion5DistinctAndStableOnReplay()
    {
        var outcome = await host.RunAsync(nameof(MakeGuids));
        var guids = JsonSerializer.Deserialize<Guid[]>(outcome.Output)!;
        Assert.Equal(3, guids.Distinct().Count());
        Assert.All(guids, guid => Assert.Equal((5, 8), (guid.Version, guid.Variant & 0xC)));
        Assert.Equal(guids[..2], JsonSerializer.Deserialize<Guid[]>(outcome.CustomStatus)!);

        Assert.NotEqual(outcome.Output, (await host.RunAsync(nameof(MakeGuids))).Output);
    }

    [Fact]
    public async Task ReplaySafeLogger_CodeRunsThreeTimes_LogsEachLineOnce()
    {
        var key = SemanticsHost.NewId();
        Assert.Equal("Completed", (await host.RunAsync(nameof(LogLines), key)).Status);
        var lines = host.Log.Where(line => line.Contains(key, StringComparison.Ordinal) && line.Contains("line of", StringComparison.Ordinal));
        Assert.Equal([Line("first"), Line("second"), Line("third")], lines);

        string Line(string which) => $"Information {nameof(LogLines)}: the {which} line of {key} ";
    }

    [Fact]
    public async Task IsReplaying_LastTurn_IsTrueUntilItsNewEvents() =>
        Assert.Equal(new Outcome("Completed", "[true,true,false]"), await host.RunAsync(nameof(TellReplays)));
}

/// <summary>Timers of hours and days, on a clock that the tests move.</summary>
public sealed class LongTimerTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);

    [Fact]
    public async Task TimerThatLost_NotCancelled_KeepsTheInstanceRunningUntilItFires()
    {
        await using var host = await StartAsync();
        var id = await host.Durable.ScheduleNewOrchestrationInstanceAsync(nameof(TimerThatLoses), false);
        await host.Durable.RaiseEventAsync(id, "E", "");
        Assert.Equal(OrchestrationRuntimeStatus.Running, await StatusAsync(host, id));

        _time.Advance(TimeSpan.FromMinutes(59));
        Assert.Equal(OrchestrationRuntimeStatus.Running, await StatusAsync(host, id));

        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("\"event\"", await OutputAsync(host, id));
    }

    [Fact]
    public async Task TimerThatWins_InTime_WinsTheRace()
    {
        await using var host = await StartAsync();
        var id = await host.Durable.ScheduleNewOrchestrationInstanceAsync(nameof(TimerThatLoses), false);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal("\"timer\"", await OutputAsync(host, id));
    }

    [Theory]
    [InlineData(6)]
    [InlineData(400)] // longer than the platform's timers
    public async Task Timer_OfDays_FiresWhenItIsDueAndNotBefore(int days)
    {
        await using var host = await StartAsync();
        var id = await host.Durable.ScheduleNewOrchestrationInstanceAsync(nameof(SleepForDays), days);
        for (var day = 1; day < days; day++)
            _time.Advance(TimeSpan.FromDays(1));
        Assert.Equal(OrchestrationRuntimeStatus.Running, await StatusAsync(host, id));

        _time.Advance(TimeSpan.FromDays(1));
        Assert.Equal("\"awake\"", await OutputAsync(host, id));
    }

    [Fact]
    public async Task StartAt_InTheFuture_IsPendingUntilThen()
    {
        await using var host = await StartAsync();
        var due = _time.GetUtcNow().AddHours(2);
        var id = await host.Durable.ScheduleNewOrchestrationInstanceAsync(
            nameof(WaitForANumber), null, new StartOrchestrationOptions { StartAt = due });
        Assert.Equal(OrchestrationRuntimeStatus.Pending, await StatusAsync(host, id));

        _time.Advance(TimeSpan.FromHours(2));
        await Eventually.Async(async () =>
        {
            LetTimePass();
            Assert.Equal(OrchestrationRuntimeStatus.Running, await StatusAsync(host, id));
        });
    }

    [Fact]
    public async Task StartAt_HostStartsAgain_StartsWhenDue()
    {
        var hub = TestHost.NewHub();
        var id = SemanticsHost.NewId();
        await using (var host = await StartAsync(hub))
        {
            await host.Durable.ScheduleNewOrchestrationInstanceAsync(
                nameof(NoInput), null, new StartOrchestrationOptions(id, _time.GetUtcNow().AddHours(2)));
            await host.Durable.RaiseEventAsync(id, "E", 1);
        }

        _time.Advance(TimeSpan.FromHours(3));
        await using var next = await StartAsync(hub);
        await Eventually.Async(async () => await StatusAsync(next, id) == OrchestrationRuntimeStatus.Completed);
    }

    [Fact]
    public async Task Timer_HostStartsAgainLater_FiresAtOnce()
    {
        var hub = TestHost.NewHub();
        string id;
        await using (var host = await StartAsync(hub))
            id = await host.Durable.ScheduleNewOrchestrationInstanceAsync(nameof(SleepForDays), 1);

        _time.Advance(TimeSpan.FromDays(2));
        await using var next = await StartAsync(hub);
        await Eventually.Async(async () => await StatusAsync(next, id) == OrchestrationRuntimeStatus.Completed);
    }

    private Task<TestHost> StartAsync(string? hub = null) => TestHost.StartAsync(
        azurite.ConnectionString, hub ?? TestHost.NewHub(), new FunctionSource([typeof(SemanticsFunctions)]),
        builder => builder.Services.AddSingleton<TimeProvider>(_time));

    private async Task<string?> OutputAsync(TestHost host, string id)
    {
        var ended = await Eventually.Async(
            () =>
            {
                LetTimePass();
                return host.Durable.GetInstanceAsync(id, getInputsAndOutputs: true);
            },
            instance => instance!.IsCompleted);
        return ended!.SerializedOutput;
    }

    /// <summary>A timer that was being set while a test moved the clock is late by as much.</summary>
    private void LetTimePass() => _time.Advance(TimeSpan.FromDays(1));

    private static async Task<OrchestrationRuntimeStatus> StatusAsync(TestHost host, string id) =>
        (await host.Durable.GetInstanceAsync(id))!.RuntimeStatus;
}
