using System.Text.Json;
using AccountApplications.EmbeddedHost.Engine;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.DurableTask.Converters;
using Microsoft.Extensions.Logging.Abstractions;

namespace AccountApplications.Tests.Embedded.Engine;

/// <summary>Turns without a host: history and what has happened since go in, decisions come out.</summary>
public sealed class OrchestrationTurnTests
{
    [Fact]
    public void Turn_First_DecidesWhatTheOrchestratorAskedFor()
    {
        var run = new Recording(Story);
        var result = run.Start("in");
        Assert.Equal(
            [
                new TurnStarted(run.Now), new ExecutionStarted(run.Now, "Story", "\"in\""),
                new TaskScheduled(run.Now, 0, "A", "\"in\""), new TaskScheduled(run.Now, 1, "B", null),
            ],
            result.Events);
        Assert.Equal(OrchestrationRuntimeStatus.Running, result.Status);
        Assert.Equal([0, 1], OpenTaskIds(result));
    }

    [Fact]
    public void Turn_NothingNew_GivesTheSameOpenWorkAndNoEvents()
    {
        var run = RecordStory();
        for (var turns = 1; turns < run.Turns.Count; turns++)
        {
            var recorded = run.Turns[turns - 1];
            var recovered = new Recording(Story).Run([.. run.Turns.Take(turns).SelectMany(turn => turn.Events)], [], run.Now.AddDays(1));
            Assert.Empty(recovered.Events);
            Assert.Equal(recorded.OpenWork, recovered.OpenWork);
            Assert.Equal((recorded.Status, recorded.Output, recorded.CustomStatus), (recovered.Status, recovered.Output, recovered.CustomStatus));
        }
    }

    [Fact]
    public void Turn_AnyOfARecordedHistory_DecidesTheSameAgain()
    {
        var run = RecordStory();
        Assert.Equal((OrchestrationRuntimeStatus.Completed, "\"a, b, go, 2 tries\""), (run.Turns[^1].Status, run.Turns[^1].Output));
        for (var turns = 0; turns < run.Turns.Count; turns++)
        {
            var history = AsStored([.. run.Turns.Take(turns).SelectMany(turn => turn.Events)]);
            var again = new Recording(Story).Run(history, run.Fresh[turns], run.Turns[turns].Events[0].Timestamp);
            Assert.Equal(run.Turns[turns].Events, again.Events);
            Assert.Equal(run.Turns[turns].OpenWork, again.OpenWork);
        }

        static List<HistoryEvent> AsStored(List<HistoryEvent> history) =>
            JsonSerializer.Deserialize<List<HistoryEvent>>(JsonSerializer.Serialize(history))!;
    }

    [Fact]
    public void Turn_SeveralOutcomesAtOnce_DecidesAsOneByOne()
    {
        var run = new Recording(Story);
        run.Start("in");
        var result = run.Turn(Done(1, "b"), Done(0, "a"));
        Assert.Equal(2, Assert.IsType<TimerCreated>(result.Events[^1]).TaskId);
        Assert.Equal("\"a, b\"", result.CustomStatus);
    }

    [Fact]
    public void Turn_OutcomeTwice_SecondIsIgnored()
    {
        var run = new Recording(Story);
        run.Start("in");
        run.Turn(Done(0, "a"));
        var result = run.Turn(Done(0, "other"), Done(1, "b"));
        Assert.Equal("\"a, b\"", result.CustomStatus);
    }

    [Theory]
    [InlineData("another activity", "The history says that the orchestrator called activity 'B' as step #1, but on replay it called activity 'C' as step #1.")]
    [InlineData("another order", "The history says that the orchestrator called activity 'A' as step #0, but on replay it called activity 'B' as step #0.")]
    [InlineData("a timer instead", "The history says that the orchestrator called activity 'B' as step #1, but on replay it created a timer as step #1.")]
    [InlineData("one too many", "On replay the orchestrator called activity 'C' as step #2, which its history does not have.")]
    [InlineData("one too few", "The history says that the orchestrator called activity 'B' as step #1, but on replay it has not.")]
    public void Turn_CodeHasChanged_FailsAndNamesBothSidesAndTheStep(string change, string message)
    {
        var run = new Recording(context => Task.WhenAll(Call(context, "A"), Call(context, "B")));
        run.Start(null);

        var result = new Recording(context => change switch
        {
            "another activity" => Task.WhenAll(Call(context, "A"), Call(context, "C")),
            "another order" => Task.WhenAll(Call(context, "B"), Call(context, "A")),
            "a timer instead" => Task.WhenAll(Call(context, "A"), context.CreateTimer(TimeSpan.FromDays(1), default)),
            "one too many" => Task.WhenAll(Call(context, "A"), Call(context, "B"), Call(context, "C")),
            _ => Call(context, "A"),
        }).Run(run.History, [Done(0, "a")], run.Now.AddSeconds(1));

        Assert.Equal(OrchestrationRuntimeStatus.Failed, result.Status);
        Assert.StartsWith($"{typeof(NonDeterministicOrchestrationException).FullName}: {message}", result.Output);
        Assert.EndsWith("or does it use a clock, random numbers or I/O?", result.Output);
        Assert.Equal([typeof(TurnStarted), typeof(TaskCompleted), typeof(ExecutionCompleted)], result.Events.Select(e => e.GetType()));
        Assert.Empty(result.OpenWork);
    }

    [Fact]
    public void Turn_OrchestratorDependsOnSomethingElse_FailsOnReplay()
    {
        var runs = 0;
        var run = new Recording(async context =>
        {
            await Call(context, runs++ == 0 ? "First" : "Later");
            await Call(context, "B");
        });
        run.Start(null);
        var result = run.Turn(Done(0, "a"));
        Assert.Equal(OrchestrationRuntimeStatus.Failed, result.Status);
        Assert.Contains("called activity 'First' as step #0, but on replay it called activity 'Later' as step #0", result.Output);
    }

    [Fact]
    public void Turn_ActivityNameDiffersInCaseOnly_IsTheSame()
    {
        var run = new Recording(context => Call(context, "Activity"));
        run.Start(null);
        var result = new Recording(context => Call(context, "ACTIVITY")).Run(run.History, [Done(0, "a")], run.Now);
        Assert.Equal(OrchestrationRuntimeStatus.Completed, result.Status);
    }

    [Fact]
    public void RetryPolicy_Backoff_GrowsToTheLongestInterval() =>
        Assert.Equal([1, 2, 4, 5, 5], RetryDelays(new RetryPolicy(6, Seconds(1), 2, Seconds(5))));

    [Fact]
    public void RetryPolicy_NoBackoff_StaysTheSame() => Assert.Equal([3, 3], RetryDelays(new RetryPolicy(3, Seconds(3))));

    [Fact]
    public void RetryPolicy_NoLimitToTheInterval_GoesBeyondAnHour() =>
        Assert.Equal([3000, 9000], RetryDelays(new RetryPolicy(3, Seconds(3000), 3, Timeout.InfiniteTimeSpan)));

    [Fact]
    public void RetryPolicy_Timeout_StopsBeforeTheAttemptsAreUsedUp() =>
        Assert.Equal([1, 2, 4], RetryDelays(new RetryPolicy(100, Seconds(1), 2, retryTimeout: Seconds(7))));

    [Fact]
    public void RetryPolicy_HandleFailureThrows_DoesNotRetry() =>
        Assert.Empty(RetryDelays(new RetryPolicy(5, Seconds(1)) { HandleFailure = _ => throw new FormatException() }));

    [Fact]
    public void RetryHandler_IsToldOfTheTimeThatHasPassed()
    {
        var told = new List<double>();
        var run = new Recording(context => context.CallActivityAsync("A", TaskOptions.FromRetryHandler(retry =>
        {
            told.Add(retry.TotalRetryTime.TotalSeconds);
            return retry.LastAttemptNumber < 3;
        })));
        run.Start(null);
        for (var task = 0; task < 3; task++)
            run.Turn(Failed(task));
        Assert.Equal(OrchestrationRuntimeStatus.Failed, run.Turns[^1].Status);
        Assert.Equal([1, 2, 3], told.TakeLast(3));
    }

    [Fact]
    public void RetryHandler_Throws_FailsWithWhatItThrew()
    {
        RetryHandler handler = _ => throw new FormatException("no");
        var run = new Recording(context => context.CallActivityAsync("A", TaskOptions.FromRetryHandler(handler)));
        run.Start(null);
        Assert.Equal("System.FormatException: no", run.Turn(Failed(0)).Output);
    }

    [Fact]
    public void Activity_OptionsGivenAsInput_IsRefused()
    {
        object options = TaskOptions.FromRetryPolicy(new RetryPolicy(1, Seconds(1)));
        var run = new Recording(context => context.CallActivityAsync<string>("A", options));
        Assert.StartsWith("System.ArgumentException: The TaskOptions were given as the activity's input.", run.Start(null).Output);
    }

    [Fact]
    public void Timer_Cancelled_IsForgotten()
    {
        var run = new Recording(async context =>
        {
            using var stop = new CancellationTokenSource();
            _ = context.CreateTimer(Seconds(60), stop.Token);
            await Call(context, "A");
            stop.Cancel();
            await context.WaitForExternalEvent<string>("E");
        });
        Assert.Equal([0, 1], OpenTaskIds(run.Start(null)));
        Assert.Empty(run.Turn(Done(1, "a")).OpenWork);
        Assert.Equal(OrchestrationRuntimeStatus.Running, run.Turn(new TimerFired(default, 0, default)).Status);
        Assert.Equal(OrchestrationRuntimeStatus.Completed, run.Turn(new EventRaised(default, "E", null)).Status);
    }

    [Fact]
    public void Suspended_WhatHappens_IsKeptForTheTurnThatResumes()
    {
        var run = new Recording(Story);
        run.Start("in");
        var suspended = run.Turn(new ExecutionSuspended(default, "lunch"));
        Assert.Equal((OrchestrationRuntimeStatus.Suspended, "lunch"), (suspended.Status, suspended.Output));
        Assert.Equal([0, 1], OpenTaskIds(suspended));

        var kept = run.Turn(Done(0, "a"), Done(1, "b"));
        Assert.Equal((OrchestrationRuntimeStatus.Suspended, 3), (kept.Status, kept.Events.Count));
        Assert.Empty(kept.OpenWork);

        var resumed = run.Turn(new ExecutionResumed(default, null));
        Assert.Equal((OrchestrationRuntimeStatus.Running, null, "\"a, b\""), (resumed.Status, resumed.Output, resumed.CustomStatus));
        Assert.Equal([2], OpenTaskIds(resumed));
    }

    [Fact]
    public void Suspended_BeforeItStarted_StartsWhenResumed()
    {
        var run = new Recording(Story);
        run.Turn(new ExecutionSuspended(default, "not yet"));
        Assert.Empty(run.Start("in").OpenWork);
        Assert.Equal([0, 1], OpenTaskIds(run.Turn(new ExecutionResumed(default, null))));
    }

    [Fact]
    public void Terminated_WithEventsBefore_EndsWithAllOfThemInTheHistory()
    {
        var run = new Recording(Story);
        run.Start("in");
        var result = run.Turn(Done(0, "a"), new ExecutionTerminated(default, "\"enough\""));
        Assert.Equal((OrchestrationRuntimeStatus.Terminated, "\"enough\""), (result.Status, result.Output));
        Assert.Equal(
            [typeof(TurnStarted), typeof(TaskCompleted), typeof(ExecutionTerminated), typeof(ExecutionCompleted)],
            result.Events.Select(e => e.GetType()));
    }

    [Fact]
    public void Await_OfNothingThatCouldCome_FailsAtOnce()
    {
        var run = new Recording(_ => new TaskCompletionSource().Task);
        Assert.StartsWith("System.InvalidOperationException: An invalid asynchronous invocation was detected", run.Start(null).Output);
    }

    [Fact]
    public async Task Await_GoesOnElsewhere_IsReportedAndDecidesNothing()
    {
        var foreign = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var left = new TaskCompletionSource();
        var run = new Recording(async context =>
        {
            _ = context.CreateTimer(Seconds(60), default);
            await foreign.Task;
            await Call(context, "A");
        });
        var result = run.Run([], [new ExecutionStarted(run.Now, "Story", null)], run.Now, left.SetResult);
        Assert.Equal([0], OpenTaskIds(result));
        Assert.False(left.Task.IsCompleted);

        foreign.SetResult();
        await left.Task.WaitAsync(Seconds(10));
        Assert.Equal([0], OpenTaskIds(result));
    }

    [Fact]
    public async Task Orchestrator_Blocks_FailsAfterTheLimitAndNamesTheFunction()
    {
        using var released = new ManualResetEventSlim();
        var turn = new OrchestrationTurn(
            (_, _) =>
            {
                released.Wait();
                return Task.FromResult<object?>(null);
            },
            JsonDataConverter.Default,
            NullLoggerFactory.Instance)
        { Limit = Seconds(0.05) };
        var now = DateTime.UtcNow;

        var result = await turn.RunAsync("instance", [], [new ExecutionStarted(now, "Story", null)], now);

        released.Set();
        Assert.Equal(OrchestrationRuntimeStatus.Failed, result.Status);
        Assert.StartsWith("System.TimeoutException: Orchestrator 'Story' did not give its thread back within 0.05 s.", result.Output);
        Assert.Equal(
            [typeof(TurnStarted), typeof(ExecutionStarted), typeof(ExecutionCompleted)], result.Events.Select(e => e.GetType()));
    }

    [Fact]
    public void WhenAny_OneWaitKeptOpenOverManyTimers_SeesEveryEvent()
    {
        var run = new Recording(async context =>
        {
            var seen = new List<string>();
            var next = context.WaitForExternalEvent<string>("E");
            while (seen.Count < 3)
            {
                using var stop = new CancellationTokenSource();
                var timer = context.CreateTimer(Seconds(60), stop.Token);
                if (await Task.WhenAny(next, timer) == timer) continue;
                stop.Cancel();
                seen.Add(await next);
                next = context.WaitForExternalEvent<string>("E");
            }

            context.SetCustomStatus(seen);
        });
        run.Start(null);
        run.Turn(new EventRaised(default, "E", "\"1\""));
        run.Turn(new TimerFired(default, 1, default));
        run.Turn(new TimerFired(default, 2, default), new EventRaised(default, "e", "\"2\""), new EventRaised(default, "E", "\"3\""));
        Assert.Equal((OrchestrationRuntimeStatus.Completed, """["1","2","3"]"""), (run.Turns[^1].Status, run.Turns[^1].CustomStatus));
    }

    private static Recording RecordStory()
    {
        var run = new Recording(Story);
        run.Start("in");
        run.Turn(Done(1, "b"));
        run.Turn(Done(0, "a"));
        run.Turn(new ExecutionSuspended(default, "lunch"));
        run.Turn(new EventRaised(default, "Early", "1"));
        run.Turn(new ExecutionResumed(default, "back"), new EventRaised(default, "Go", "\"go\""));
        run.Turn(Failed(3));
        run.Turn(new TimerFired(default, 4, default));
        run.Turn(Done(5, "2 tries"));
        return run;
    }

    /// <summary>Something of everything: 0 and 1 are activities, 2 a timer, 3 to 5 an activity that is tried again.</summary>
    private static async Task<string> Story(TaskOrchestrationContext context)
    {
        var results = await Task.WhenAll(
            context.CallActivityAsync<string>("A", context.GetInput<string>()), context.CallActivityAsync<string>("B"));
        context.SetCustomStatus(string.Join(", ", results));
        using var stop = new CancellationTokenSource();
        var timer = context.CreateTimer(Seconds(3600), stop.Token);
        var go = context.WaitForExternalEvent<string>("Go");
        if (await Task.WhenAny(go, timer) == timer) return "too late";
        stop.Cancel();
        var tried = await context.CallActivityAsync<string>(
            "C", $"{context.NewGuid()} {context.CurrentUtcDateTime:O}", TaskOptions.FromRetryPolicy(new RetryPolicy(2, Seconds(5))));
        return string.Join(", ", [.. results, await go, tried]);
    }

    /// <summary>Lets an activity fail at once, always; the seconds between each failure and the next try.</summary>
    private static List<double> RetryDelays(RetryPolicy policy)
    {
        var run = new Recording(context => context.CallActivityAsync("A", TaskOptions.FromRetryPolicy(policy))) { Pause = TimeSpan.Zero };
        run.Start(null);
        var delays = new List<double>();
        for (var task = 0; run.Turn(Failed(task)).Status == OrchestrationRuntimeStatus.Running; task += 2)
        {
            var timer = Assert.IsType<TimerCreated>(Assert.Single(run.Turns[^1].OpenWork));
            delays.Add((timer.FireAt - run.Now).TotalSeconds);
            run.Now = timer.FireAt;
            run.Turn(new TimerFired(default, timer.TaskId, timer.FireAt));
        }

        return delays;
    }

    private static Task<string> Call(TaskOrchestrationContext context, string activity) => context.CallActivityAsync<string>(activity);

    private static TaskCompleted Done(int taskId, string result) => new(default, taskId, JsonSerializer.Serialize(result));

    private static TaskFailed Failed(int taskId) => new(default, taskId, new("System.TimeoutException", "it took too long", null, null, null));

    private static IEnumerable<int> OpenTaskIds(TurnResult result) => result.OpenWork.Select(work => work switch
    {
        TaskScheduled task => task.TaskId,
        TimerCreated timer => timer.TaskId,
        _ => -1,
    });

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);

    /// <summary>An orchestrator, and the turns that it has had.</summary>
    private sealed class Recording
    {
        private readonly OrchestrationTurn _turn;

        public Recording(Func<TaskOrchestrationContext, Task<string>> orchestrator)
            : this((context, _) => WithResultAsync(orchestrator(context)))
        {
        }

        public Recording(Func<TaskOrchestrationContext, Task> orchestrator)
            : this((context, _) => WithoutResultAsync(orchestrator(context)))
        {
        }

        private Recording(Orchestrator orchestrator) => _turn = new(orchestrator, JsonDataConverter.Default, NullLoggerFactory.Instance);

        public DateTime Now { get; set; } = new(2026, 11, 22, 13, 0, 0, DateTimeKind.Utc);

        /// <summary>Between two turns.</summary>
        public TimeSpan Pause { get; init; } = Seconds(1);

        public List<TurnResult> Turns { get; } = [];

        /// <summary>What was new in each turn.</summary>
        public List<HistoryEvent[]> Fresh { get; } = [];

        public List<HistoryEvent> History => [.. Turns.SelectMany(turn => turn.Events)];

        public TurnResult Start(string? input) =>
            Turn(new ExecutionStarted(default, "Story", input is null ? null : JsonSerializer.Serialize(input)));

        public TurnResult Turn(params HistoryEvent[] happened)
        {
            Now += Pause;
            HistoryEvent[] fresh = [.. happened.Select(e => e with { Timestamp = Now })];
            var result = Run(History, fresh, Now);
            Fresh.Add(fresh);
            Turns.Add(result);
            return result;
        }

        public TurnResult Run(List<HistoryEvent> history, HistoryEvent[] fresh, DateTime now, Action? leftThread = null) =>
            _turn.Run("instance", history, fresh, now, leftThread);

        private static async Task<object?> WithResultAsync(Task<string> execution) => await execution;

        private static async Task<object?> WithoutResultAsync(Task execution)
        {
            await execution;
            return null;
        }
    }
}
