using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.DurableTask.Entities;

namespace SampleApp;

public static class DurableFunctions
{
    private static int _ticks;

    [Function(nameof(Start))]
    public static async Task<IResult> Start(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "start/{name}")] HttpRequest request, [DurableClient] DurableTaskClient client, string name)
    {
        var id = await client.ScheduleNewOrchestrationInstanceAsync(name, 20);
        return Results.Text((await client.WaitForInstanceCompletionAsync(id, getInputsAndOutputs: true)).SerializedOutput);
    }

    /// <summary>An activity's, a sub-orchestration's and an entity's answer.</summary>
    [Function(nameof(Parent))]
    public static async Task<string> Parent([OrchestrationTrigger] TaskOrchestrationContext context, int number)
    {
        var twice = await context.CallActivityAsync<int>(nameof(Twice), number);
        var more = await context.CallSubOrchestratorAsync<int>(nameof(Child), twice);
        var counter = new EntityInstanceId(nameof(Counter), context.InstanceId);
        await context.Entities.SignalEntityAsync(counter, "Add", more);
        return $"{twice} {more} {await context.Entities.CallEntityAsync<int>(counter, "Add", 1)}";
    }

    [Function(nameof(Child))]
    public static async Task<int> Child([OrchestrationTrigger] TaskOrchestrationContext context, int number)
    {
        await context.CreateTimer(TimeSpan.FromMilliseconds(10), CancellationToken.None);
        return await context.CallActivityAsync<int>(nameof(Twice), number) + 1;
    }

    [Function(nameof(Twice))]
    public static int Twice([ActivityTrigger] int number) => number * 2;

    [Function(nameof(FailingParent))]
    public static Task FailingParent([OrchestrationTrigger] TaskOrchestrationContext context) => context.CallActivityAsync(nameof(FailingActivity));

    [Function(nameof(FailingActivity))]
    public static void FailingActivity([ActivityTrigger] string? input) => throw new InvalidOperationException("An activity that fails.");

    [Function(nameof(Counter))]
    public static Task Counter([EntityTrigger] TaskEntityDispatcher dispatcher) => dispatcher.DispatchAsync<CounterEntity>();

    [Function(nameof(ReadCounter))]
    public static async Task<IResult> ReadCounter(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "post", Route = "counters/{key}")] HttpRequest request, [DurableClient] DurableTaskClient client, string key)
    {
        var id = new EntityInstanceId(nameof(Counter), key);
        if (request.Method == HttpMethods.Post)
            await client.Entities.SignalEntityAsync(id, "Add", 5);
        return Results.Text($"{(await client.Entities.GetEntityAsync<int>(id))?.State}");
    }

    [Function(nameof(Tick))]
    public static void Tick([TimerTrigger("%TickSchedule%")] TimerInfo timer, [DurableClient] DurableTaskClient client) =>
        _ticks += timer.ScheduleStatus is null || client.Name is null ? 1000 : 1;

    [Function(nameof(Ticks))]
    public static IResult Ticks([HttpTrigger(AuthorizationLevel.Anonymous, "get")] HttpRequest request) => Results.Text($"{_ticks}");
}

public sealed class CounterEntity : TaskEntity<int>
{
    public int Add(int number) => State += number;
}
