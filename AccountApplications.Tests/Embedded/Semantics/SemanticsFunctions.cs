using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using Microsoft.Extensions.Logging;

namespace AccountApplications.Tests.Embedded.Semantics;

/// <summary>
/// One small orchestrator for each thing that Durable Functions does in its own way. They know nothing of the host that runs them: this
/// file compiles in a function app of its own, and what the tests expect of them can be compared with what Azure's runtime does.
/// </summary>
public static partial class SemanticsFunctions
{
    private const string E = "E";
    private const string Go = "Go";

    private static readonly ConcurrentDictionary<string, int> Calls = new();
    private static readonly ConcurrentDictionary<string, TaskCompletionSource> Gates = new();

    // ---- Activities -------------------------------------------------------------------------------------------------------------

    [Function(nameof(Echo))]
    public static JsonElement Echo([ActivityTrigger] JsonElement input) => input;

    [Function(nameof(Nothing))]
    public static string? Nothing([ActivityTrigger] string? input) => null;

    [Function("Other")]
    public static string ByAnotherName([ActivityTrigger] string? input) => "of another name";

    [Function(nameof(Fail))]
    public static string Fail([ActivityTrigger] string message) =>
        throw new SpecificException(message, new FormatException("what was behind it"));

    /// <summary>Fails for the first calls of a key, then says how many calls there were.</summary>
    [Function(nameof(FailTimes))]
    public static int FailTimes([ActivityTrigger] Failures failures)
    {
        var calls = Calls.AddOrUpdate(failures.Key, 1, (_, before) => before + 1);
        return calls > failures.Times ? calls : throw new SpecificException($"call {calls}");
    }

    [Function(nameof(CountCalls))]
    public static int CountCalls([ActivityTrigger] string key) => Calls.GetValueOrDefault(key);

    /// <summary>Goes on when the gate of that key is opened.</summary>
    [Function(nameof(PassGate))]
    public static Task PassGate([ActivityTrigger] string key) => Gates.GetOrAdd(key, _ => new()).Task;

    [Function(nameof(OpenGate))]
    public static void OpenGate([ActivityTrigger] string key) => Gates.GetOrAdd(key, _ => new()).TrySetResult();

    // ---- Events -----------------------------------------------------------------------------------------------------------------

    [Function(nameof(EventNameInAnyCase))]
    public static Task<string> EventNameInAnyCase([OrchestrationTrigger] TaskOrchestrationContext context) =>
        context.WaitForExternalEvent<string>("DeCiSiOn");

    [Function(nameof(EventsBeforeTheWait))]
    public static async Task<List<int>> EventsBeforeTheWait([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        await context.WaitForExternalEvent<string>(Go);
        return
        [
            await context.WaitForExternalEvent<int>(E),
            await context.WaitForExternalEvent<int>(E),
            await context.WaitForExternalEvent<int>(E),
        ];
    }

    [Function(nameof(ThreeWaits))]
    public static async Task<int[]> ThreeWaits([OrchestrationTrigger] TaskOrchestrationContext context) =>
        await Task.WhenAll(
            context.WaitForExternalEvent<int>(E),
            context.WaitForExternalEvent<int>(E),
            context.WaitForExternalEvent<int>(E));

    [Function(nameof(WaitAfterATimeout))]
    public static async Task<string> WaitAfterATimeout([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        try
        {
            await context.WaitForExternalEvent<string>(E, TimeSpan.FromMilliseconds(1));
        }
        catch (TaskCanceledException)
        {
            context.SetCustomStatus("timed out");
        }

        await context.WaitForExternalEvent<string>(Go);
        return await context.WaitForExternalEvent<string>(E);
    }

    [Function(nameof(WaitAfterACancellation))]
    public static async Task<string> WaitAfterACancellation([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        using var cancelled = new CancellationTokenSource();
        var abandoned = context.WaitForExternalEvent<string>(E, cancelled.Token);
        cancelled.Cancel();
        try
        {
            await abandoned;
        }
        catch (TaskCanceledException)
        {
            context.SetCustomStatus("cancelled");
        }

        await context.WaitForExternalEvent<string>(Go);
        return await context.WaitForExternalEvent<string>(E);
    }

    [Function(nameof(NewWaitOverADeadOne))]
    public static async Task<string> NewWaitOverADeadOne([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        using var cancelled = new CancellationTokenSource();
        _ = context.WaitForExternalEvent<string>(E, cancelled.Token);
        cancelled.Cancel();
        return await context.WaitForExternalEvent<string>(E);
    }

    [Function(nameof(WaitForANumber))]
    public static async Task<string> WaitForANumber([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        context.SetCustomStatus("waiting");
        try
        {
            return $"{await context.WaitForExternalEvent<int>(E)}";
        }
        catch (Exception e)
        {
            return $"caught {e.GetType()}";
        }
    }

    [Function(nameof(WaitForABufferedNumber))]
    public static async Task<string> WaitForABufferedNumber([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        await context.WaitForExternalEvent<string>(Go);
        try
        {
            return $"{await context.WaitForExternalEvent<int>(E)}";
        }
        catch (JsonException e)
        {
            return $"caught {e.GetType()}, next {await context.WaitForExternalEvent<int>(E)}";
        }
    }

    [Function(nameof(WaitForTwoTypes))]
    public static async Task<string> WaitForTwoTypes([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        var number = context.WaitForExternalEvent<int>(E);
        var refused = "";
        try
        {
            await context.WaitForExternalEvent<string>(E);
        }
        catch (ArgumentException e)
        {
            refused = e.GetType().ToString();
        }

        return $"{refused}, then {await number}, then {await context.WaitForExternalEvent<string>(E)}";
    }

    [Function(nameof(EventAsJson))]
    public static async Task<string> EventAsJson([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        var json = await context.WaitForExternalEvent<JsonElement>(E);
        return json.ValueKind.ToString();
    }

    // ---- Nothing where something was expected -----------------------------------------------------------------------------------

    [Function(nameof(NoInput))]
    public static string NoInput([OrchestrationTrigger] TaskOrchestrationContext context) =>
        $"{context.GetInput<JsonElement>().ValueKind} {context.GetInput<int>()} {context.GetInput<string>() ?? "null"}";

    [Function(nameof(NoResult))]
    public static async Task<string> NoResult([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        var json = await context.CallActivityAsync<JsonElement>(nameof(Nothing));
        var number = await context.CallActivityAsync<int>(nameof(Nothing));
        var text = await context.CallActivityAsync<string?>(nameof(Nothing));
        return $"{json.ValueKind} {number} {text ?? "null"}";
    }

    // ---- Timers -----------------------------------------------------------------------------------------------------------------

    [Function(nameof(TimerThatLoses))]
    public static async Task<string> TimerThatLoses([OrchestrationTrigger] TaskOrchestrationContext context, bool cancel)
    {
        using var stop = new CancellationTokenSource();
        var timer = context.CreateTimer(TimeSpan.FromHours(1), stop.Token);
        var received = context.WaitForExternalEvent<string>(E);
        var winner = await Task.WhenAny(timer, received);
        if (cancel)
            stop.Cancel();
        return winner == received ? "event" : "timer";
    }

    [Function(nameof(TimersOfThePast))]
    public static async Task<string> TimersOfThePast([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        await context.CreateTimer(context.CurrentUtcDateTime.AddDays(-1), CancellationToken.None);
        await context.CreateTimer(TimeSpan.Zero, CancellationToken.None);
        await context.CreateTimer(TimeSpan.FromHours(-1), CancellationToken.None);
        return "fired";
    }

    [Function(nameof(TimerCancelledBefore))]
    public static async Task<string> TimerCancelledBefore([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        try
        {
            await context.CreateTimer(TimeSpan.FromHours(1), stop.Token);
            return "fired";
        }
        catch (TaskCanceledException)
        {
            return "cancelled";
        }
    }

    [Function(nameof(ShortTimerWins))]
    public static async Task<string> ShortTimerWins([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        using var stop = new CancellationTokenSource();
        var late = context.CreateTimer(TimeSpan.FromHours(1), stop.Token);
        var early = context.CreateTimer(TimeSpan.FromMilliseconds(1), stop.Token);
        var never = context.WaitForExternalEvent<string>(E);
        var winner = await Task.WhenAny(late, early, never);
        stop.Cancel();
        return winner == early ? "early" : "another";
    }

    [Function(nameof(SleepForDays))]
    public static async Task<string> SleepForDays([OrchestrationTrigger] TaskOrchestrationContext context, int days)
    {
        await context.CreateTimer(TimeSpan.FromDays(days), CancellationToken.None);
        return "awake";
    }

    // ---- Time, chance, logs, status ---------------------------------------------------------------------------------------------

    [Function(nameof(ReadTheClock))]
    public static async Task<DateTime[]> ReadTheClock([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        var first = context.CurrentUtcDateTime;
        context.SetCustomStatus(first);
        Thread.Sleep(2); // a clock that stands still does not notice
        var sameTurn = context.CurrentUtcDateTime;
        await context.CallActivityAsync(nameof(Nothing));
        var nextTurn = context.CurrentUtcDateTime;
        await context.CallActivityAsync(nameof(Nothing));
        return [first, sameTurn, nextTurn];
    }

    [Function(nameof(MakeGuids))]
    public static async Task<Guid[]> MakeGuids([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        Guid[] first = [context.NewGuid(), context.NewGuid()];
        context.SetCustomStatus(first);
        await context.CallActivityAsync(nameof(Nothing));
        return [.. first, context.NewGuid()];
    }

    [Function(nameof(LogLines))]
    public static async Task LogLines([OrchestrationTrigger] TaskOrchestrationContext context, string key)
    {
        var safe = context.CreateReplaySafeLogger(nameof(LogLines));
        LogLine(safe, "first", key);
        await context.CallActivityAsync(nameof(Nothing));
        LogLine(safe, "second", key);
        await context.CallActivityAsync(nameof(Nothing));
        LogLine(safe, "third", key);
    }

    [Function(nameof(TellReplays))]
    public static async Task<bool[]> TellReplays([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        var first = context.IsReplaying;
        await context.CallActivityAsync(nameof(Nothing));
        var second = context.IsReplaying;
        await context.CallActivityAsync(nameof(Nothing));
        return [first, second, context.IsReplaying];
    }

    [Function(nameof(SetStatuses))]
    public static async Task SetStatuses([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        context.SetCustomStatus("overwritten in the same turn");
        context.SetCustomStatus(new Payload { Name = "set", Colour = Colour.Green });
        await context.WaitForExternalEvent<string>(Go);
        context.SetCustomStatus(null);
        await context.WaitForExternalEvent<string>(Go);
        context.SetCustomStatus("kept");
    }

    [Function(nameof(DescribeItself))]
    public static string DescribeItself([OrchestrationTrigger] TaskOrchestrationContext context) =>
        $"{context.Name} {context.InstanceId} {context.Parent is null} {context.Version.Length}";

    // ---- Failures ---------------------------------------------------------------------------------------------------------------

    [Function(nameof(DescribeFailure))]
    public static async Task<string> DescribeFailure([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        try
        {
            return await context.CallActivityAsync<string>(nameof(Fail), "it broke");
        }
        catch (TaskFailedException e)
        {
            var details = e.FailureDetails;
            return $"{e.TaskName} #{e.TaskId} | {details.ErrorType} | {details.ErrorMessage} | "
                + $"itself {details.IsCausedBy<SpecificException>()}, base {details.IsCausedBy<InvalidOperationException>()}, "
                + $"inner {details.IsCausedBy<FormatException>()} | {details.InnerFailure?.ErrorType}";
        }
    }

    [Function(nameof(LeaveFailureUncaught))]
    public static async Task LeaveFailureUncaught([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        context.SetCustomStatus("set before");
        await context.CallActivityAsync(nameof(Fail), "it broke");
    }

    [Function(nameof(Throw))]
    public static async Task Throw([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        context.SetCustomStatus("set before");
        await context.CallActivityAsync(nameof(Nothing));
        throw new SpecificException("thrown by the orchestrator");
    }

    [Function(nameof(ThrowAtOnce))]
    public static string ThrowAtOnce([OrchestrationTrigger] TaskOrchestrationContext context) =>
        throw new SpecificException("thrown before anything else");

    [Function(nameof(CallUnknownActivity))]
    public static async Task<string> CallUnknownActivity([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        try
        {
            return await context.CallActivityAsync<string>("NobodyWroteThis");
        }
        catch (TaskFailedException e)
        {
            return $"caught {e.TaskName}";
        }
    }

    [Function(nameof(CallByOtherNames))]
    public static async Task<string[]> CallByOtherNames([OrchestrationTrigger] TaskOrchestrationContext context) =>
        [await context.CallActivityAsync<string>("Other"), await context.CallActivityAsync<string>("OTHER")];

    [Function(nameof(ResultThatDoesNotFit))]
    public static async Task<string> ResultThatDoesNotFit([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        try
        {
            return $"{await context.CallActivityAsync<int>(nameof(Echo), "text")}";
        }
        catch (JsonException e)
        {
            return $"caught {e.GetType()}";
        }
    }

    [Function(nameof(TwoFail))]
    public static async Task<string> TwoFail([OrchestrationTrigger] TaskOrchestrationContext context, bool haveResults)
    {
        var first = FailBehindGateAsync(context, context.InstanceId);
        var second = context.CallActivityAsync<string>(nameof(Fail), "second in the list, first in time");
        try
        {
            if (haveResults)
                await Task.WhenAll<string>(first, second);
            else
                await Task.WhenAll((Task)first, second);
            return "none";
        }
        catch (TaskFailedException e)
        {
            return $"{e.FailureDetails.ErrorMessage}; all finished: {first.IsCompleted && second.IsCompleted}";
        }
    }

    // ---- Retries ----------------------------------------------------------------------------------------------------------------

    [Function(nameof(RetryByPolicy))]
    public static async Task<string> RetryByPolicy([OrchestrationTrigger] TaskOrchestrationContext context, int failures)
    {
        var retries = TaskOptions.FromRetryPolicy(new RetryPolicy(3, TimeSpan.FromMilliseconds(1)));
        return await CallFailTimesAsync(context, failures, retries);
    }

    [Function(nameof(RetryWhatIsHandled))]
    public static async Task<string> RetryWhatIsHandled([OrchestrationTrigger] TaskOrchestrationContext context, bool handle)
    {
        var retries = TaskOptions.FromRetryPolicy(new RetryPolicy(3, TimeSpan.FromMilliseconds(1))
        {
            HandleFailure = failure => handle
                ? failure.IsCausedBy<InvalidOperationException>()
                : failure.IsCausedBy<FormatException>(),
        });
        return await CallFailTimesAsync(context, 2, retries);
    }

    [Function(nameof(RetryByHandler))]
    public static async Task<string> RetryByHandler([OrchestrationTrigger] TaskOrchestrationContext context, int attempts)
    {
        var asked = new List<string>();
        var retries = TaskOptions.FromRetryHandler(retry =>
        {
            asked.Add($"{retry.LastAttemptNumber}: {retry.LastFailure.ErrorMessage}");
            return retry.LastAttemptNumber < attempts;
        });
        return $"{await CallFailTimesAsync(context, 3, retries)}, asked after {string.Join(", ", asked)}";
    }

    [Function(nameof(RetryByHandlerThatWaits))]
    public static async Task<string> RetryByHandlerThatWaits([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        var retries = TaskOptions.FromRetryHandler(async retry =>
        {
            await retry.OrchestrationContext.CreateTimer(TimeSpan.FromMilliseconds(1), CancellationToken.None);
            return true;
        });
        return await CallFailTimesAsync(context, 2, retries);
    }

    // ---- Serialisation ----------------------------------------------------------------------------------------------------------

    [Function(nameof(PassThrough))]
    public static async Task<Payload> PassThrough([OrchestrationTrigger] TaskOrchestrationContext context, Payload payload) =>
        await context.CallActivityAsync<Payload>(nameof(Echo), payload);

    // ---- What keeps an instance running -----------------------------------------------------------------------------------------

    [Function(nameof(LeaveActivityOpen))]
    public static string LeaveActivityOpen([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        _ = context.CallActivityAsync(nameof(PassGate), context.InstanceId);
        return "returned";
    }

    [Function(nameof(LeaveFailureUnobserved))]
    public static string LeaveFailureUnobserved([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        _ = context.CallActivityAsync(nameof(Fail), "nobody looks");
        return "returned";
    }

    [Function(nameof(LeaveWaitOpen))]
    public static string LeaveWaitOpen([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        _ = context.WaitForExternalEvent<string>(E);
        return "returned";
    }

    /// <summary>Opens the gate of an instance, whose id is the input.</summary>
    [Function(nameof(Open))]
    public static Task Open([OrchestrationTrigger] TaskOrchestrationContext context, string id) =>
        context.CallActivityAsync(nameof(OpenGate), id);

    // ---- Awaiting what is not the context's -------------------------------------------------------------------------------------

    [Function(nameof(AwaitDelay))]
    public static async Task<string> AwaitDelay([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        await Task.Delay(100);
        return await context.CallActivityAsync<string>(nameof(Nothing));
    }

    [Function(nameof(AwaitDelayLater))]
    public static async Task<string> AwaitDelayLater([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        await context.CallActivityAsync<string>(nameof(Nothing));
        await Task.Delay(100);
        return await context.CallActivityAsync<string>(nameof(Nothing));
    }

    [Function(nameof(AwaitDelayBesideAnActivity))]
    public static async Task<string> AwaitDelayBesideAnActivity([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        var open = context.CallActivityAsync<string>(nameof(PassGate), context.InstanceId);
        await Task.Delay(100);
        return await open;
    }

    [Function(nameof(AwaitTaskRun))]
    public static async Task<int> AwaitTaskRun([OrchestrationTrigger] TaskOrchestrationContext context) =>
        await Task.Run(async () =>
        {
            await Task.Delay(100);
            return 1;
        });

    [Function(nameof(AwaitWithoutTheThread))]
    public static async Task<string> AwaitWithoutTheThread([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        await Task.Delay(100).ConfigureAwait(false);
        return await context.CallActivityAsync<string>(nameof(Nothing));
    }

    [Function(nameof(AwaitHttp))]
    public static async Task<string> AwaitHttp([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        // A connection that is neither made nor refused: an answer that is there at once would not be foreign.
        using var http = new HttpClient(new SocketsHttpHandler { ConnectCallback = ConnectNeverAsync });
        return await http.GetStringAsync("http://127.0.0.1/");
    }

    private static async ValueTask<Stream> ConnectNeverAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        await Task.Delay(Timeout.Infinite, cancellation);
        return Stream.Null;
    }

    [Function(nameof(AwaitWhatIsThere))]
    public static async Task<string> AwaitWhatIsThere([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        await Task.CompletedTask;
        await Task.Yield();
        return await context.CallActivityAsync<string>(nameof(Echo), await Task.FromResult("fine"));
    }

    // ---- Going on as new ---------------------------------------------------------------------------------------------------------

    public sealed record Round(int Left, string Seen);

    [Function(nameof(CollectAsNew))]
    public static async Task<string> CollectAsNew([OrchestrationTrigger] TaskOrchestrationContext context, Round round)
    {
        context.SetCustomStatus(round.Left);
        if (round.Left == 0) return round.Seen;
        var letter = await context.WaitForExternalEvent<string>(E);
        context.ContinueAsNew(new Round(round.Left - 1, round.Seen + letter));
        return "not the output";
    }

    [Function(nameof(DropEventsAsNew))]
    public static async Task<string> DropEventsAsNew([OrchestrationTrigger] TaskOrchestrationContext context, bool isNew)
    {
        context.SetCustomStatus(isNew);
        if (isNew) return await context.WaitForExternalEvent<string>(E);
        await context.WaitForExternalEvent<string>("Go");
        context.ContinueAsNew(true, preserveUnprocessedEvents: false);
        return "not the output";
    }

    [Function(nameof(FailAfterAsNew))]
    public static Task<string> FailAfterAsNew([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        context.ContinueAsNew();
        throw new InvalidOperationException("Failed all the same.");
    }

    [Function(nameof(AlwaysAsNew))]
    public static string AlwaysAsNew([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        context.ContinueAsNew();
        return "not the output";
    }

    // ---- What the embedded host has not -----------------------------------------------------------------------------------------

    [Function(nameof(UseFeature))]
    public static async Task<string> UseFeature([OrchestrationTrigger] TaskOrchestrationContext context, string feature)
    {
        try
        {
            switch (feature)
            {
                case "sub-orchestration":
                    await context.CallSubOrchestratorAsync(nameof(NoInput));
                    break;
                case "send event":
                    context.SendEvent(context.InstanceId, E, "hello");
                    break;
                case "entities":
                    _ = context.Entities;
                    break;
                case "http":
                    await context.CallHttpAsync(HttpMethod.Get, new Uri("http://127.0.0.1:9/"));
                    break;
            }

            return "supported";
        }
        catch (NotSupportedException e)
        {
            return e.Message;
        }
    }

    private static async Task<string> FailBehindGateAsync(TaskOrchestrationContext context, string gate)
    {
        await context.CallActivityAsync(nameof(PassGate), gate);
        return await context.CallActivityAsync<string>(nameof(Fail), "first in the list, second in time");
    }

    private static async Task<string> CallFailTimesAsync(TaskOrchestrationContext context, int failures, TaskOptions retries)
    {
        string result;
        try
        {
            result = $"succeeded in call {await context.CallActivityAsync<int>(nameof(FailTimes), new Failures(context.InstanceId, failures), retries)}";
        }
        catch (TaskFailedException e)
        {
            result = $"failed with '{e.FailureDetails.ErrorMessage}'";
        }

        return $"{result}, calls {await context.CallActivityAsync<int>(nameof(CountCalls), context.InstanceId)}";
    }

    [LoggerMessage(LogLevel.Information, "the {Which} line of {Key}")]
    private static partial void LogLine(ILogger log, string which, string key);
}

public sealed record Failures(string Key, int Times);

/// <summary>Members that are missing in the JSON keep what they are initialised with.</summary>
public sealed record Payload
{
    public string Name { get; init; } = "nobody";

    public Colour Colour { get; init; } = Colour.Blue;

    public List<int> Numbers { get; init; } = [1];

    public Payload? Nested { get; init; }

    public DateTimeOffset? At { get; init; }
}

public enum Colour
{
    Red,
    Green,
    Blue,
}

public sealed class SpecificException : InvalidOperationException
{
    public SpecificException(string message)
        : base(message)
    {
    }

    public SpecificException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
