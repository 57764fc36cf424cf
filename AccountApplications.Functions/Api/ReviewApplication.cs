using AccountApplications.Functions.Applications;
using AccountApplications.Functions.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;

namespace AccountApplications.Functions.Api;

public sealed class ReviewApplication(ApplicationStore store, Reviewers reviewers, ReviewWaits waits, TimeProvider time)
{
    // WaitForInstanceCompletionAsync would look every 2 s only.
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Hands a reviewer's decision to the workflow and shows what came of it.</summary>
    [Function(nameof(ReviewApplication))]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "api/applications/{id}/review")] HttpRequest request,
        [DurableClient] DurableTaskClient client,
        string id,
        CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        if (!AccountApplicationId.IsValid(id))
            return Problems.NotFound();
        var body = await JsonBody.ReadAsync(request, cancellationToken);
        if (body.Fields is not { } fields)
            return body.Problem!;
        if (!ReviewDecision.TryRead(fields, reviewers.Of(request), out var decision))
            return Problems.Of(fields.Errors);

        return await time.WithinLimitAsync(token => HandOverAsync(client, id, decision, token), cancellationToken)
            ?? await OutcomeAsync(client, id, decision, started, cancellationToken);
    }

    /// <returns>null once the workflow has the decision.</returns>
    private async Task<IResult?> HandOverAsync(
        DurableTaskClient client, string id, ReviewDecision decision, CancellationToken cancellationToken)
    {
        if (await store.FindAsync(id, cancellationToken) is not { } application)
            return Problems.NotFound();
        if (AnswerTo(decision, application) is { } answer)
            return answer;
        if (await client.TryRaiseAsync(id, decision, cancellationToken))
            return null;
        // A decision that came before this one may just have ended the workflow.
        application = await store.FindAsync(id, cancellationToken) ?? application;
        return AnswerTo(decision, application) ?? NotRunning();
    }

    /// <summary>Waits for the workflow to record what it made of the decision, until 10 s after the request came.</summary>
    private async Task<IResult> OutcomeAsync(
        DurableTaskClient client, string id, ReviewDecision decision, long started, CancellationToken cancellationToken)
    {
        var left = Patience - time.GetElapsedTime(started);
        using var wait = waits.TryEnter();
        if (wait is not null && left > TimeSpan.Zero)
        {
            using var patience = new CancellationTokenSource(left, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
            try
            {
                return await PollAsync(client, id, decision, either.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
            }
        }

        return TypedResults.Accepted($"/api/applications/{id}");
    }

    private async Task<IResult> PollAsync(
        DurableTaskClient client, string id, ReviewDecision decision, CancellationToken cancellationToken)
    {
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            await Task.Delay(pause, time, cancellationToken);
            try
            {
                // One that takes its time may have been ended. Asked first: what it recorded before that is seen then.
                var hasEnded = pause == LongestPause && !await client.IsRunningAsync(id, cancellationToken);
                if (await store.FindAsync(id, cancellationToken) is { } application && AnswerTo(decision, application) is { } answer)
                    return answer;
                if (hasEnded)
                    return NotRunning();
            }
            catch (StorageUnavailableException)
            {
                // The workflow has the decision all the same.
            }
        }
    }

    /// <returns>null while the application waits for a review.</returns>
    private static IResult? AnswerTo(ReviewDecision decision, AccountApplication application) => application switch
    {
        { State: ApplicationState.FlaggedForReview } => null,
        { Review: null } => Conflict($"It is not waiting for a review: it is {application.State.ToWireName()}."),
        { Review: var review } when review.Decision == decision.Decision => TypedResults.Ok(application),
        { Review: var review } => Conflict(
            $"{review.Reviewer} decided {review.Decision.ToWireName()}: it is {application.State.ToWireName()}."),
    };

    private static IResult NotRunning() => Conflict("Its workflow is not running, so nobody can decide about it: start it again.");

    private static IResult Conflict(string detail) => Problems.Of(StatusCodes.Status409Conflict, detail);
}

/// <summary>Places for those who wait for the outcome of a review: each holds a request open and reads storage.</summary>
public sealed class ReviewWaits
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

    private sealed class Place(ReviewWaits waits) : IDisposable
    {
        public void Dispose() => Interlocked.Decrement(ref waits._taken);
    }
}
