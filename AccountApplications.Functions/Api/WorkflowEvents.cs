using AccountApplications.Functions.Applications;
using AccountApplications.Functions.Storage;
using AccountApplications.Functions.Telemetry;
using AccountApplications.Functions.Workflow;
using Microsoft.AspNetCore.Http;
using Microsoft.DurableTask.Client;

namespace AccountApplications.Functions.Api;

/// <summary>Hands events to applications' workflows and shows what came of them.</summary>
public sealed class WorkflowEvents(ApplicationStore store, WorkflowWaits waits, TimeProvider time)
{
    // WaitForInstanceCompletionAsync would look every 2 s only.
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Hands an event over.</summary>
    /// <param name="answerTo">What an application says to it; null while its workflow has not dealt with it.</param>
    /// <returns>null once the workflow has it.</returns>
    public async Task<IResult?> HandOverAsync(
        DurableTaskClient client, AccountApplication application, string name, object? payload, Func<AccountApplication, IResult?> answerTo,
        CancellationToken cancellationToken)
    {
        using var span = Traces.Continue($"hand over {name}", application.Trace);
        if (await client.TryRaiseAsync(application.Id, name, payload, cancellationToken))
            return null;
        // What came before it may just have ended the workflow.
        application = await store.FindAsync(application.Id, cancellationToken) ?? application;
        return answerTo(application) ?? NotRunning();
    }

    /// <summary>Waits for the workflow to record what it made of the event, until 10 s after the request came.</summary>
    /// <param name="started">When the request came, as <see cref="TimeProvider.GetTimestamp"/> told it.</param>
    public Task<IResult> OutcomeAsync(
        DurableTaskClient client, string id, Func<AccountApplication, IResult?> answerTo, long started, CancellationToken cancellationToken) =>
        OutcomeAsync(
            client, id, id, async token => await store.FindAsync(id, token) is { } application ? answerTo(application) : null,
            NotRunning, started, cancellationToken);

    /// <summary>Waits for what a workflow does with an application, until 10 s after the request came.</summary>
    /// <param name="instanceId">Of the workflow.</param>
    /// <param name="look">What came of it; null while it is not known.</param>
    /// <param name="ended">What to say if the workflow has ended and nothing came of it.</param>
    /// <param name="started">When the request came, as <see cref="TimeProvider.GetTimestamp"/> told it.</param>
    public async Task<IResult> OutcomeAsync(
        DurableTaskClient client, string id, string instanceId, Func<CancellationToken, Task<IResult?>> look, Func<IResult> ended, long started,
        CancellationToken cancellationToken)
    {
        var left = Patience - time.GetElapsedTime(started);
        using var wait = waits.TryEnter();
        if (wait is not null && left > TimeSpan.Zero)
        {
            using var patience = new CancellationTokenSource(left, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
            try
            {
                return await PollAsync(client, instanceId, look, ended, either.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
            }
        }

        return TypedResults.Accepted($"/api/applications/{id}");
    }

    private async Task<IResult> PollAsync(
        DurableTaskClient client, string instanceId, Func<CancellationToken, Task<IResult?>> look, Func<IResult> ended, CancellationToken cancellationToken)
    {
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            await Task.Delay(pause, time, cancellationToken);
            try
            {
                // One that takes its time may have been ended. Asked first: what it recorded before that is seen then.
                var hasEnded = pause == LongestPause && !await client.IsRunningAsync(instanceId, cancellationToken);
                if (await look(cancellationToken) is { } answer)
                    return answer;
                if (hasEnded)
                    return ended();
            }
            catch (StorageUnavailableException)
            {
                // The workflow has the event all the same.
            }
        }
    }

    private static IResult NotRunning() => Problems.Conflict("Its workflow is not running, so nothing can be decided about it: start it again.");
}

/// <summary>Places for those who wait for the outcome of an event: each holds a request open and reads storage.</summary>
public sealed class WorkflowWaits
{
    private const int Places = 64;

    private int _taken;

    /// <summary>A place, free again once it is disposed of; null if there is none.</summary>
    public IDisposable? TryEnter()
    {
        var place = new Place(this);
        if (Interlocked.Increment(ref _taken) <= Places)
            return place;
        place.Dispose();
        return null;
    }

    private sealed class Place(WorkflowWaits waits) : IDisposable
    {
        public void Dispose() => Interlocked.Decrement(ref waits._taken);
    }
}
