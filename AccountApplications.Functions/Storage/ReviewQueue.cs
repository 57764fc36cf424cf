using AccountApplications.Functions.Applications;
using Microsoft.Extensions.Options;

namespace AccountApplications.Functions.Storage;

/// <summary>How many applications wait for a review, of the 1,000 that have waited longest.</summary>
/// <param name="OldestSubmittedAt">UTC; null if none waits.</param>
/// <param name="More">Whether there are others.</param>
public sealed record QueueCount(int Waiting, int Overdue, DateTime? OldestSubmittedAt, bool More);

/// <summary>
/// The applications that wait for a review, and who has claimed which. A claim is written into the application's row in the waiting list, if
/// that is as it was read: of several callers one is first. Methods throw <see cref="StorageUnavailableException"/> while storage does not answer.
/// </summary>
public sealed class ReviewQueue(ApplicationIndex index, ApplicationStore store, IOptions<ReviewOptions> options, TimeProvider time)
{
    private const ApplicationState Waiting = ApplicationState.FlaggedForReview;
    private const int MaxCounted = 1000;

    private DateTime Now => time.GetUtcNow().UtcDateTime;

    /// <summary>Claims the application, or renews the reviewer's claim.</summary>
    /// <returns>The claim that is good now, the reviewer's or somebody else's; null if the application is not in the list.</returns>
    public async Task<Claim?> ClaimAsync(AccountApplication application, string reviewer, CancellationToken cancellationToken)
    {
        while (await index.FindAsync(application, Waiting, cancellationToken) is { } listed)
        {
            if (listed.ClaimAt(Now) is { } good && !ReviewDecision.AreSame(good.Reviewer, reviewer))
                return good;
            if (await TryClaimAsync(listed, reviewer, cancellationToken) is { } claim)
                return claim;
        }

        return null;
    }

    /// <summary>Gives the reviewer's claim back, if there is one.</summary>
    /// <returns>Somebody else's claim that is good; null if there is none.</returns>
    public async Task<Claim?> ReleaseAsync(AccountApplication application, string reviewer, CancellationToken cancellationToken)
    {
        while (await index.FindAsync(application, Waiting, cancellationToken) is { } listed && listed.ClaimAt(Now) is { } good)
        {
            if (!ReviewDecision.AreSame(good.Reviewer, reviewer))
                return good;
            if (await index.TryClaimAsync(listed, null, cancellationToken))
                break;
        }

        return null;
    }

    /// <summary>Claims the longest-waiting application that nobody has claimed and the reviewer has not approved.</summary>
    /// <param name="after">The application behind which it begins; null for the first.</param>
    public async Task<AccountApplication?> NextAsync(string reviewer, AccountApplication? after, CancellationToken cancellationToken)
    {
        await foreach (var found in index.ReadAsync(Waiting, after is null ? "" : ApplicationIndex.KeyOf(after), 1, cancellationToken))
            for (var listed = found; listed is not null; listed = await index.FindAsync(found.Application, Waiting, cancellationToken))
            {
                if (listed.ClaimAt(Now) is not null || listed.Application.IsApprovedBy(reviewer))
                    break;
                if (await TryClaimAsync(listed, reviewer, cancellationToken) is not { } claim)
                    continue;
                // The list may be behind the record.
                if (await store.FindUnlessErasedAsync(listed.Application.Id, cancellationToken) is { State: Waiting } current
                    && !current.IsApprovedBy(reviewer))
                    return current with { Claim = claim };
                await ReleaseAsync(listed.Application, reviewer, cancellationToken);
                break;
            }

        return null;
    }

    /// <summary>The claim on the application that is good; null if there is none.</summary>
    public async Task<Claim?> FindClaimAsync(AccountApplication application, CancellationToken cancellationToken) =>
        application.State == Waiting ? (await index.FindAsync(application, Waiting, cancellationToken))?.ClaimAt(Now) : null;

    public async Task<QueueCount> CountAsync(CancellationToken cancellationToken)
    {
        var now = Now;
        var count = new QueueCount(0, 0, null, false);
        await foreach (var (application, _, _) in index.ReadAsync(Waiting, "", MaxCounted + 1, cancellationToken))
        {
            if (count.Waiting == MaxCounted)
                return count with { More = true };
            count = count with
            {
                Waiting = count.Waiting + 1,
                Overdue = count.Overdue + (application.DueAt <= now ? 1 : 0),
                OldestSubmittedAt = count.OldestSubmittedAt ?? application.SubmittedAt,
            };
        }

        return count;
    }

    private async Task<Claim?> TryClaimAsync(ListedApplication listed, string reviewer, CancellationToken cancellationToken)
    {
        var claim = new Claim(reviewer, Now + options.Value.ClaimFor);
        return await index.TryClaimAsync(listed, new TakenClaim(claim.Reviewer, claim.Until, listed.Application.Reviews.Count), cancellationToken)
            ? claim
            : null;
    }
}
