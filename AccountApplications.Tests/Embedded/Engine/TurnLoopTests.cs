using System.Collections.Concurrent;
using System.Text.Json;
using AccountApplications.EmbeddedHost.Engine;
using AccountApplications.Tests.Fixtures;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.DurableTask.Converters;
using Microsoft.Extensions.Logging.Abstractions;

namespace AccountApplications.Tests.Embedded.Engine;

/// <summary>Many at once, and storage that fails: everything that was acknowledged happens, and every instance comes to its end.</summary>
public sealed class TurnLoopTests
{
    private readonly MemoryInstanceStore _memory = new();

    [Theory]
    [InlineData(20)]
    [InlineData(1000)] // more than one turn takes
    public async Task Raise_ManyAtOnce_EachArrivesOnce(int count)
    {
        await using var loop = await StartAsync(_memory);
        await loop.StartAsync("a", nameof(Collect), count);
        await Task.WhenAll(Enumerable.Range(0, count).Select(number => Task.Run(() => loop.RaiseAsync("a", number))));
        Assert.Equal(Enumerable.Range(0, count), Sorted(await EndAsync("a")));
    }

    [Fact]
    public async Task Raise_OneAfterTheOther_ArrivesInOrder()
    {
        await using var loop = await StartAsync(_memory);
        await loop.StartAsync("a", nameof(Collect), 50);
        for (var number = 0; number < 50; number++) await loop.RaiseAsync("a", number);
        Assert.Equal(Enumerable.Range(0, 50), JsonSerializer.Deserialize<int[]>((await EndAsync("a")).Output!));
    }

    [Fact]
    public async Task Raise_SomebodyElseCommitsInBetween_EachArrivesOnce()
    {
        const int Count = 500; // more than one turn takes
        var gathered = new TaskCompletionSource();
        var store = new FailingInstanceStore(_memory)
        {
            Before = async number =>
            {
                if (number == 1) await gathered.Task;
                if (number % 2 == 0) await _memory.CommitAsync((await _memory.FindAsync("a", default))!, [], default);
            },
        };
        await using var loop = await StartAsync(store);
        var started = loop.StartAsync("a", nameof(Collect), Count + 1);
        var raised = Task.WhenAll(Enumerable.Range(0, Count).Select(number => loop.RaiseAsync("a", number)));
        gathered.SetResult();
        await started;
        await raised;
        await loop.RaiseAsync("a", Count);
        Assert.Equal(Enumerable.Range(0, Count + 1), JsonSerializer.Deserialize<int[]>((await EndAsync("a")).Output!));
    }

    [Fact]
    public async Task Start_OneIdManyTimesAtOnce_OneWins()
    {
        await using var loop = await StartAsync(_memory);
        var refused = 0;
        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(async () =>
        {
            try
            {
                await loop.StartAsync("a", nameof(Collect), 1);
            }
            catch (OrchestrationAlreadyExistsException)
            {
                Interlocked.Increment(ref refused);
            }
        })));
        Assert.Equal(49, refused);
        await loop.RaiseAsync("a", 7);
        Assert.Equal("[7]", (await EndAsync("a")).Output);
    }

    [Fact]
    public async Task Instances_ManyAtOnce_AllComplete()
    {
        await using var loop = await StartAsync(_memory);
        await Task.WhenAll(Enumerable.Range(0, 300).Select(number => loop.StartAsync($"{number}", nameof(TwoSteps), number)));
        for (var number = 0; number < 300; number++) Assert.Equal($"{number + 2}", (await EndAsync($"{number}")).Output);
    }

    [Fact]
    public async Task StartTerminateAndPurge_AllAtOnce_EachIsDoneOrRefusedAndTheIdStaysUsable()
    {
        await using var loop = await StartAsync(_memory);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(async () =>
        {
            for (var round = 0; round < 50; round++)
            {
                try
                {
                    await (((worker + round) % 4) switch
                    {
                        0 => loop.StartAsync("a", nameof(Collect), 1),
                        1 => loop.RaiseAsync("a", round),
                        2 => loop.TerminateAsync("a"),
                        _ => loop.PurgeAsync("a"),
                    });
                }
                catch (InvalidOperationException)
                {
                    // There is none, it has ended, or it has not: as it happens.
                }
            }
        })));

        if (await _memory.FindAsync("a", default) is { HasEnded: false }) await loop.TerminateAsync("a");
        await loop.StartAsync("a", nameof(TwoSteps), 1);
        Assert.Equal("3", (await EndAsync("a")).Output);
    }

    [Theory]
    [MemberData(nameof(EveryCommit))]
    public async Task Commit_FailsBeforeItIsWritten_EverythingStillEndsRight(string story, int commit)
    {
        var store = new FailingInstanceStore(_memory) { FailsBefore = number => number == commit };
        await RunStoryAsync(store, story);
        Assert.True(store.Commits > commit);
    }

    [Theory]
    [MemberData(nameof(EveryCommit))]
    public async Task Commit_FailsAfterItIsWritten_EverythingStillEndsRight(string story, int commit) =>
        await RunStoryAsync(new FailingInstanceStore(_memory) { FailsAfter = number => number == commit }, story);

    [Fact]
    public async Task Reads_EverySecondFails_EverythingStillEndsRight() =>
        await RunStoryAsync(new FailingInstanceStore(_memory) { FailsReading = number => number % 2 == 1 }, nameof(Story));

    [Theory]
    [MemberData(nameof(EveryCommit))]
    public async Task Host_DiesAfterACommit_TheNextOneGoesOn(string story, int commit)
    {
        var dying = new FailingInstanceStore(_memory) { FailsBefore = number => number > commit };
        await using (var loop = await StartAsync(dying))
        {
            await Insist(() => loop.StartAsync("a", story, 1));
            await Raise(loop);
            await Eventually.Async(async () =>
                dying.Commits > commit || await _memory.FindAsync("a", default) is { HasEnded: true });
        }

        await using var next = await StartAsync(_memory);
        await Raise(next);
        Assert.Equal("\"3 go 5\"", (await EndAsync("a")).Output);

        // Nobody answers while the store is down, and the event may have been taken already.
        static async Task Raise(Running loop)
        {
            try
            {
                await loop.RaiseAsync("a", "go");
            }
            catch (Exception e) when (e is InstanceStoreUnavailableException or InstanceEndedException)
            {
            }
        }
    }

    [Fact]
    public async Task Output_LargerThanIsStored_FailsTheInstanceAndSaysWhy()
    {
        await using var loop = await StartAsync(_memory);
        await loop.StartAsync("a", nameof(TooMuch), 0);
        await loop.RaiseAsync("a", 1);
        var ended = await EndAsync("a");
        Assert.Equal(OrchestrationRuntimeStatus.Failed, ended.Status);
        Assert.StartsWith(typeof(PayloadTooLargeException).FullName!, ended.Output);
    }

    [Fact]
    public async Task Output_OfTheFirstTurnLargerThanIsStored_FailsTheInstanceAndSaysWhy()
    {
        await using var loop = await StartAsync(_memory);
        await loop.StartAsync("a", nameof(TooMuchAtOnce), 0);
        Assert.StartsWith(typeof(PayloadTooLargeException).FullName!, (await EndAsync("a")).Output);
    }

    [Fact]
    public async Task Activity_RunsAtMostOnce_WhileNothingFails()
    {
        await using var loop = await StartAsync(_memory);
        await loop.StartAsync("a", nameof(Story), 1);
        await loop.RaiseAsync("a", "go");
        await EndAsync("a");
        Assert.Equal(["1", "3"], loop.Functions.Calls);
    }

    [Fact]
    public async Task Activity_OfAnInstanceThatWasTerminated_ChangesNothing()
    {
        await using var loop = await StartAsync(_memory);
        var gate = loop.Functions.Gate = new();
        await loop.StartAsync("a", nameof(TwoSteps), 1);
        await loop.TerminateAsync("a");
        gate.SetResult();
        Assert.Equal(OrchestrationRuntimeStatus.Terminated, (await EndAsync("a")).Status);

        await loop.StartAsync("a", nameof(TwoSteps), 10);
        Assert.Equal("12", (await EndAsync("a")).Output);
    }

    [Fact]
    public async Task Orchestrator_LeavesItsThreadLater_FailsTheInstanceAndOnlyThat()
    {
        await using var loop = await StartAsync(_memory);
        var foreign = loop.Functions.Foreign;
        await loop.StartAsync("a", nameof(AwaitForeign), 1);
        await loop.StartAsync("b", nameof(Collect), 1);
        Assert.Equal(OrchestrationRuntimeStatus.Running, (await _memory.FindAsync("a", default))!.Status);

        foreign.SetResult();
        var ended = await EndAsync("a");
        Assert.StartsWith("System.InvalidOperationException: An invalid asynchronous invocation was detected", ended.Output);
        await loop.RaiseAsync("b", 1);
        Assert.Equal("[1]", (await EndAsync("b")).Output);
    }

    [Fact]
    public async Task Activity_OfAnExecutionThatWasPurged_DoesNotAnswerTheNext()
    {
        await using var loop = await StartAsync(_memory);
        var gate = loop.Functions.Gate = new();
        await loop.StartAsync("a", nameof(TwoSteps), 1);
        await Eventually.Async(() => loop.Functions.Calls.Count == 1);
        await loop.TerminateAsync("a");
        await loop.PurgeAsync("a");
        await loop.StartAsync("a", nameof(TwoSteps), 10);
        await Eventually.Async(() => loop.Functions.Calls.Count == 2);

        gate.SetResult();

        Assert.Equal("12", (await EndAsync("a")).Output);
    }

    [Fact]
    public async Task Orchestrator_OfAnExecutionThatWasPurged_DoesNotFailTheNext()
    {
        await using var loop = await StartAsync(_memory);
        var foreign = loop.Functions.Foreign;
        await loop.StartAsync("a", nameof(AwaitForeign), 1);
        await loop.TerminateAsync("a");
        await loop.PurgeAsync("a");
        await loop.StartAsync("a", nameof(Collect), 1);

        foreign.SetResult();
        await Eventually.Async(() => loop.Functions.Foreign.Task.IsCompleted);
        await loop.RaiseAsync("a", 1);

        Assert.Equal((OrchestrationRuntimeStatus.Completed, "[1]"), await StatusAsync("a"));
    }

    [Fact]
    public async Task ScheduledStart_WhoseCommitIsNotAnswered_RunsOnce()
    {
        await using var loop = await StartAsync(new FailingInstanceStore(_memory) { FailsAfter = number => number == 2 });
        await loop.StartAsync("a", nameof(TwoSteps), 1, DateTimeOffset.UtcNow.AddMilliseconds(50));

        Assert.Equal("3", (await EndAsync("a")).Output);
        Assert.Equal(["1", "2"], loop.Functions.Calls.Distinct());
        var history = (await _memory.LoadAsync("a", default))!.Value.History;
        Assert.Equal(2, history.OfType<TaskScheduled>().Count());
    }

    [Theory]
    [InlineData(nameof(WaitsWithAStatusThatCannotBeWritten), "System.Text.Json.JsonException")]
    [InlineData(nameof(CallsWhatFailsInManyLevels), "Microsoft.DurableTask.TaskFailedException: Task 'Fail' (#0)")]
    public async Task Instance_WhoseTurnCannotBeWritten_Fails(string orchestrator, string reason)
    {
        await using var loop = await StartAsync(_memory);
        await loop.StartAsync("a", orchestrator, 1);

        var ended = await EndAsync("a");

        Assert.Equal(OrchestrationRuntimeStatus.Failed, ended.Status);
        Assert.StartsWith(reason, ended.Output, StringComparison.Ordinal);
        Assert.NotEmpty(JsonSerializer.Serialize((await _memory.LoadAsync("a", default))!.Value.History, HistoryJson.Options));
    }

    [Fact]
    public async Task Wait_ForAnEndWhoseCommitIsNotAnswered_EndsToo()
    {
        var store = new FailingInstanceStore(_memory) { FailsAfter = number => number == 2 };
        await using var loop = await StartAsync(store);
        var client = loop.Client(store);
        await loop.StartAsync("a", nameof(Collect), 1);
        var completion = client.WaitForInstanceCompletionAsync("a");

        await Assert.ThrowsAsync<InstanceStoreUnavailableException>(() => loop.RaiseAsync("a", 1));

        Assert.Equal(OrchestrationRuntimeStatus.Completed, (await completion.WaitAsync(TimeSpan.FromSeconds(20))).RuntimeStatus);
    }

    [Fact]
    public async Task PurgeOfMany_WhileOneIsStartedAgain_PurgesTheOthers()
    {
        await using var loop = await StartAsync(_memory);
        foreach (var id in (string[])["a", "b", "c"])
        {
            await loop.StartAsync(id, nameof(Collect), 0);
            await EndAsync(id);
        }

        var purged = await loop.Client(new FailingInstanceStore(_memory) { AfterQuery = () => loop.StartAsync("b", nameof(Collect), 1) })
            .PurgeAllInstancesAsync(new(DateTimeOffset.MinValue));

        Assert.Equal(2, purged.PurgedInstanceCount);
        Assert.Equal(OrchestrationRuntimeStatus.Running, (await StatusAsync("b")).Status);
    }

    [Fact]
    public async Task Instance_BesideManyThatBlock_Starts()
    {
        await using var loop = await StartAsync(_memory);
        var blocked = Enumerable.Range(0, 40).Select(number => loop.StartAsync($"blocked{number}", nameof(Blocks), 1)).ToList();
        await Eventually.Async(() => loop.Functions.Blocked == blocked.Count);

        await loop.StartAsync("a", nameof(Collect), 0);

        Assert.Equal((OrchestrationRuntimeStatus.Completed, "[]"), await StatusAsync("a"));
        loop.Functions.Unblock.Set();
        await Task.WhenAll(blocked);
    }

    [Fact]
    public async Task ContinueAsNew_WithManyEventsWaiting_TakesThemAll()
    {
        await using var loop = await StartAsync(_memory);
        await loop.StartAsync("a", nameof(CollectAsNew), 150);
        await loop.SuspendAsync("a");
        for (var number = 0; number < 150; number++) await loop.RaiseAsync("a", number);
        await loop.ResumeAsync("a");

        Assert.Equal((OrchestrationRuntimeStatus.Completed, "0"), await StatusAsync("a"));
        // Though the clock stood still, what each made of it is its own.
        Assert.Equal(150, loop.Functions.Guids.Distinct().Count());
    }

    [Fact]
    public async Task Events_TooLargeForOneTurn_AreTakenInSeveral()
    {
        await using var loop = await StartAsync(_memory);
        await loop.StartAsync("a", nameof(CollectText), 6);

        await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => loop.RaiseAsync("a", new string('x', 1_000_000))));

        Assert.Equal((OrchestrationRuntimeStatus.Completed, "6000000"), await StatusAsync("a"));
    }

    [Fact]
    public async Task Instance_ThatThisHostRemembers_IsNotLoadedForEveryEvent()
    {
        var reads = 0;
        await using var loop = await StartAsync(new FailingInstanceStore(_memory)
        {
            FailsReading = _ =>
            {
                reads++;
                return false;
            },
        });
        await loop.StartAsync("a", nameof(Collect), 100);
        for (var number = 0; number < 100; number++) await loop.RaiseAsync("a", number);
        await EndAsync("a");
        Assert.InRange(reads, 1, 3);
    }

    [Fact]
    public async Task Start_OfAnIdThatAnotherHostHasEnded_IsTaken()
    {
        await using var loop = await StartAsync(_memory);
        await using var other = await StartAsync(_memory);
        await loop.StartAsync("a", nameof(Collect), 1);
        await other.RaiseAsync("a", 7);
        Assert.Equal("[7]", (await EndAsync("a")).Output);

        await loop.StartAsync("a", nameof(Collect), 1);
        await other.RaiseAsync("a", 8);

        Assert.Equal("[8]", (await Eventually.Async(async () => (await _memory.FindAsync("a", default))!, instance => instance is { HasEnded: true, Output: not "[7]" })).Output);
    }

    public static TheoryData<string, int> EveryCommit
    {
        get
        {
            TheoryData<string, int> all = [];
            for (var commit = 1; commit <= 4; commit++)
            {
                all.Add(nameof(Story), commit);
                all.Add(nameof(StoryAsNew), commit);
            }

            return all;
        }
    }

    private static IEnumerable<int> Sorted(Instance ended) => JsonSerializer.Deserialize<int[]>(ended.Output!)!.Order();

    /// <summary>Start, activity, event, timer, activity: four commits at least.</summary>
    private async Task RunStoryAsync(FailingInstanceStore store, string story)
    {
        await using var loop = await StartAsync(store);
        await Insist(() => loop.StartAsync("a", story, 1));
        await Insist(() => loop.RaiseAsync("a", "go"));
        var ended = await EndAsync("a");
        Assert.Equal((OrchestrationRuntimeStatus.Completed, "\"3 go 5\""), (ended.Status, ended.Output));
        Assert.Equal(["1", "3"], loop.Functions.Calls.Distinct());
    }

    /// <summary>As a client does: asks again while storage does not answer. "There already" and "over" mean that it had been heard.</summary>
    private static async Task Insist(Func<Task> ask)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await ask();
                return;
            }
            catch (InstanceStoreUnavailableException) when (attempt < 20)
            {
            }
            catch (Exception e) when (attempt > 0 && e is OrchestrationAlreadyExistsException or InstanceEndedException)
            {
                return;
            }
        }
    }

    private async Task<(OrchestrationRuntimeStatus Status, string? Output)> StatusAsync(string id) =>
        await _memory.FindAsync(id, default) is { } instance ? (instance.Status, instance.Output) : default;

    private Task<Instance> EndAsync(string id) =>
        Eventually.Async(async () => (await _memory.FindAsync(id, default))!, instance => instance.HasEnded);

    private static async Task<Running> StartAsync(IInstanceStore store)
    {
        var functions = new Functions();
        var loop = new TurnLoop(
            store, functions, JsonDataConverter.Default, TimeProvider.System, NullLoggerFactory.Instance, NullLogger<TurnLoop>.Instance);
        await loop.StartAsync(CancellationToken.None);
        return new(loop, functions);
    }

    private static async Task<object?> Collect(TaskOrchestrationContext context, Functions functions)
    {
        var numbers = new List<int>();
        while (numbers.Count < context.GetInput<int>()) numbers.Add(await context.WaitForExternalEvent<int>("E"));
        return numbers;
    }

    private static async Task<object?> TwoSteps(TaskOrchestrationContext context, Functions functions)
    {
        var one = await context.CallActivityAsync<int>("AddOne", context.GetInput<int>());
        return await context.CallActivityAsync<int>("AddOne", one);
    }

    private static async Task<object?> Story(TaskOrchestrationContext context, Functions functions)
    {
        var first = await context.CallActivityAsync<int>("AddTwo", 1);
        var go = await context.WaitForExternalEvent<string>("E");
        await context.CreateTimer(TimeSpan.FromMilliseconds(1), CancellationToken.None);
        return $"{first} {go} {await context.CallActivityAsync<int>("AddTwo", first)}";
    }

    /// <summary>The same story in two executions.</summary>
    private static async Task<object?> StoryAsNew(TaskOrchestrationContext context, Functions functions)
    {
        var first = context.GetInput<int>();
        if (first == 1)
        {
            first = await context.CallActivityAsync<int>("AddTwo", first);
            await context.WaitForExternalEvent<string>("E");
            context.ContinueAsNew(first);
            return null;
        }

        await context.CreateTimer(TimeSpan.FromMilliseconds(1), CancellationToken.None);
        return $"{first} go {await context.CallActivityAsync<int>("AddTwo", first)}";
    }

    private static async Task<object?> CollectAsNew(TaskOrchestrationContext context, Functions functions)
    {
        var left = context.GetInput<int>();
        if (left == 0) return 0;
        await context.WaitForExternalEvent<int>("E");
        functions.Guids.Enqueue(context.NewGuid());
        context.ContinueAsNew(left - 1);
        return null;
    }

    private static Task<object?> Blocks(TaskOrchestrationContext context, Functions functions)
    {
        functions.CountBlocked();
        functions.Unblock.Wait();
        return Task.FromResult<object?>(null);
    }

    private static async Task<object?> CollectText(TaskOrchestrationContext context, Functions functions)
    {
        var length = 0;
        for (var left = context.GetInput<int>(); left > 0; left--) length += (await context.WaitForExternalEvent<string>("E")).Length;
        return length;
    }

    private static async Task<object?> WaitsWithAStatusThatCannotBeWritten(TaskOrchestrationContext context, Functions functions)
    {
        await context.CallActivityAsync<int>("AddOne", 1);
        var loop = new List<object>();
        loop.Add(loop);
        context.SetCustomStatus(loop);
        return await context.WaitForExternalEvent<int>("E");
    }

    private static async Task<object?> CallsWhatFailsInManyLevels(TaskOrchestrationContext context, Functions functions)
    {
        await context.CallActivityAsync<int>("Fail", 1);
        return null;
    }

    private static async Task<object?> TooMuch(TaskOrchestrationContext context, Functions functions)
    {
        await context.WaitForExternalEvent<int>("E");
        return new string('x', 300_000);
    }

    private static Task<object?> TooMuchAtOnce(TaskOrchestrationContext context, Functions functions) =>
        Task.FromResult<object?>(new string('x', 300_000));

    private static async Task<object?> AwaitForeign(TaskOrchestrationContext context, Functions functions)
    {
        _ = context.WaitForExternalEvent<int>("E");
        await functions.Foreign.Task;
        return null;
    }

    private sealed class Running(TurnLoop loop, Functions functions) : IAsyncDisposable
    {
        public Functions Functions => functions;

        public Task StartAsync(string id, string name, int input, DateTimeOffset? startAt = null) =>
            loop.StartInstanceAsync(id, name, $"{input}", startAt);

        public EmbeddedDurableTaskClient Client(IInstanceStore store) => new EmbeddedDurableTaskClient(loop, store, JsonDataConverter.Default, "hub");

        public Task RaiseAsync(string id, object payload) =>
            loop.TellAsync(id, now => new EventRaised(now, "E", JsonSerializer.Serialize(payload)));

        public Task TerminateAsync(string id) => loop.TellAsync(id, now => new ExecutionTerminated(now, null));

        public Task SuspendAsync(string id) => loop.TellAsync(id, now => new ExecutionSuspended(now, null));

        public Task ResumeAsync(string id) => loop.TellAsync(id, now => new ExecutionResumed(now, null));

        public Task PurgeAsync(string id) => loop.PurgeAsync(id);

        public async ValueTask DisposeAsync()
        {
            await loop.StopAsync(CancellationToken.None);
            loop.Dispose();
        }
    }

    private sealed class Functions : IFunctions
    {
        private readonly ConcurrentQueue<string> _calls = new();
        private int _blocked;

        public void CountBlocked() => Interlocked.Increment(ref _blocked);

        public ConcurrentQueue<string> Calls => _calls;

        /// <summary>What activities wait for, when it is set.</summary>
        public TaskCompletionSource? Gate { get; set; }

        public ConcurrentQueue<Guid> Guids { get; } = new();

        /// <summary>What blocked orchestrators wait for.</summary>
        public ManualResetEventSlim Unblock { get; } = new();

        public int Blocked => _blocked;

        public TaskCompletionSource Foreign { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<object?> RunOrchestratorAsync(ReplayContext context, string name) => name switch
        {
            nameof(Collect) => Collect(context, this),
            nameof(TwoSteps) => TwoSteps(context, this),
            nameof(Story) => Story(context, this),
            nameof(StoryAsNew) => StoryAsNew(context, this),
            nameof(CollectAsNew) => CollectAsNew(context, this),
            nameof(Blocks) => Blocks(context, this),
            nameof(CollectText) => CollectText(context, this),
            nameof(WaitsWithAStatusThatCannotBeWritten) => WaitsWithAStatusThatCannotBeWritten(context, this),
            nameof(CallsWhatFailsInManyLevels) => CallsWhatFailsInManyLevels(context, this),
            nameof(TooMuch) => TooMuch(context, this),
            nameof(TooMuchAtOnce) => TooMuchAtOnce(context, this),
            _ => AwaitForeign(context, this),
        };

        public async Task<string?> RunActivityAsync(string name, string? input, string instanceId, CancellationToken cancellation)
        {
            _calls.Enqueue(input!);
            if (Gate is { } gate) await gate.Task.WaitAsync(cancellation);
            if (name == "Fail") throw Enumerable.Range(0, 100).Aggregate(new InvalidOperationException("0"), (inner, level) => new($"{level}", inner));
            return JsonSerializer.Serialize(JsonSerializer.Deserialize<int>(input!) + (name == "AddOne" ? 1 : 2));
        }
    }
}
