using System.Text.Json.Serialization;

namespace AccountApplications.Functions.Applications;

/// <summary>An application for an account: the resource of the API, the input of the workflow and what storage keeps.</summary>
public record AccountApplication
{
    /// <summary>See <see cref="AccountApplicationId"/>; also the id of the workflow's instance.</summary>
    public required string Id { get; init; }

    public required string Name { get; init; }

    public required string Address { get; init; }

    public ApplicationState State { get; init; }

    /// <summary>Why it was flagged, in words; null if it was not.</summary>
    public string? Reason { get; init; }

    /// <summary>Empty until the checks are recorded.</summary>
    public IReadOnlyList<CheckResult> Checks { get; init; } = [];

    /// <summary>The review that closed it; null while it waits, and if none did.</summary>
    public Review? Review { get; init; }

    /// <summary>Every decision taken, oldest first. The first release recorded the one that closed it alone.</summary>
    public IReadOnlyList<Review> Reviews
    {
        get => field.Count == 0 && Review is { } review ? [review] : field;
        init;
    } = [];

    /// <summary>What was agreed when it was flagged for review; null before, and for what the first release submitted.</summary>
    public Terms? Terms { get; init; }

    /// <summary>UTC: from then on it is overdue. null before it is flagged for review, and for what the first release submitted.</summary>
    public DateTime? DueAt { get; init; }

    /// <summary>UTC: it expires then if nobody has decided. null as <see cref="DueAt"/> is.</summary>
    public DateTime? ExpiresAt { get; init; }

    /// <summary>UTC, when the reviewers were reminded of it; null if they were not.</summary>
    public DateTime? RemindedAt { get; init; }

    /// <summary>Who looks at it now; null if nobody does. Kept with the waiting list, not with the application.</summary>
    public Claim? Claim { get; init; }

    /// <summary>The trace that begins with its submission, as W3C's <c>traceparent</c>; null if none does. Kept beside it.</summary>
    [JsonIgnore]
    public string? Trace { get; init; }

    /// <summary>UTC.</summary>
    public required DateTime SubmittedAt { get; init; }

    /// <summary>UTC, of the last change of state.</summary>
    public DateTime UpdatedAt { get; init; }

    /// <summary>Every state so far, oldest first; null unless one application was asked for.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<HistoryEntry>? History { get; init; }

    /// <summary>Whether it was erased: then all but its id, its state and its times is blank. Storage and the workflow tell each other so.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsErased { get; init; }

    public static AccountApplication Submitted(string id, string name, string address, DateTime at) => new()
    {
        Id = id,
        Name = name,
        Address = address,
        State = ApplicationState.Submitted,
        SubmittedAt = at,
        UpdatedAt = at,
    };

    /// <summary>One that was erased.</summary>
    public static AccountApplication Erased(string id, ApplicationState state, DateTime submittedAt) =>
        Submitted(id, "", "", submittedAt) with { State = state, IsErased = true };

    /// <summary>The same application on the day it came in.</summary>
    public AccountApplication AsSubmitted() => Submitted(Id, Name, Address, SubmittedAt);

    /// <summary>Approves it, because its checks are clean or because of reviews, the last of which closes it; null if it is in no state for that.</summary>
    public StateChange? Approve(IReadOnlyList<CheckResult> checks, IReadOnlyList<Review> reviews, DateTime at) =>
        reviews.Count == 0
            ? MoveTo(this with { Checks = checks }, new HistoryEntry(ApplicationState.Approved, at, By.Workflow, null))
            : Close(reviews, Decision.Approve, ApplicationState.ReviewApproved, ApplicationState.Approved, at);

    /// <summary>Rejects it because of the last of its reviews; null if it is in no state for that.</summary>
    public StateChange? Reject(IReadOnlyList<Review> reviews, DateTime at) =>
        reviews.Count == 0 ? null : Close(reviews, Decision.Reject, ApplicationState.ReviewRejected, ApplicationState.Rejected, at);

    /// <summary>Leaves it to reviewers because a check flags it; null if it is in no state for that.</summary>
    /// <param name="rules">null for what the first release submitted: one review, and no deadlines.</param>
    public StateChange? FlagForReview(IReadOnlyList<CheckResult> checks, DateTime at, ReviewOptions? rules = null)
    {
        var reason = string.Join(" ", checks.Where(check => check.Flagged).Select(check => check.Reason));
        return MoveTo(
            this with
            {
                Checks = checks,
                Reason = reason,
                Terms = rules is null ? null : new Terms(rules.Approvals, rules.RejectionNeedsComment),
                DueAt = at + rules?.DueAfter,
                ExpiresAt = at + rules?.ExpireAfter,
            },
            new HistoryEntry(ApplicationState.FlaggedForReview, at, By.Workflow, reason));
    }

    /// <summary>Records reviews that do not close it; null if they are recorded, or it does not wait any more.</summary>
    public StateChange? Record(IReadOnlyList<Review> reviews) =>
        State == ApplicationState.FlaggedForReview && reviews.Count > Reviews.Count ? new StateChange(this with { Reviews = reviews }, []) : null;

    /// <summary>Records that the reviewers were reminded; null if they were before, or it does not wait any more.</summary>
    public StateChange? Remind(DateTime at) =>
        State == ApplicationState.FlaggedForReview && RemindedAt is null ? new StateChange(this with { RemindedAt = at }, []) : null;

    /// <summary>Ends it because the applicant wants it back; null if it is in no state for that.</summary>
    public StateChange? Withdraw(DateTime at) => MoveTo(this, new HistoryEntry(ApplicationState.Withdrawn, at, By.Applicant, null));

    /// <summary>Ends it because nobody decided; null if it is in no state for that.</summary>
    public StateChange? Expire(DateTime at) => MoveTo(this, new HistoryEntry(ApplicationState.Expired, at, By.Workflow, null));

    /// <summary>Whether a decision is one here: its reviewer has a name where two are needed, and a rejection the comment that it needs.</summary>
    public bool Accepts(ReviewDecision decision) =>
        !(NeedsNames && ReviewDecision.AreSame(decision.Reviewer, ReviewDecision.Anonymous)) && !(NeedsComment(decision.Decision) && decision.Comment is null);

    /// <summary>Whether two reviewers are needed, who must be told apart.</summary>
    [JsonIgnore]
    public bool NeedsNames => Terms is { Approvals: > 1 };

    /// <summary>Whether the decision is one with a comment only.</summary>
    public bool NeedsComment(Decision decision) => decision == Decision.Reject && Terms is { RejectionNeedsComment: true };

    /// <summary>Whether the reviewer's approval is among its reviews.</summary>
    public bool IsApprovedBy(string reviewer) =>
        Reviews.Any(review => review.Decision == Decision.Approve && ReviewDecision.AreSame(review.Reviewer, reviewer));

    /// <summary>Whether as many reviewers have approved as its terms ask for.</summary>
    [JsonIgnore]
    public bool HasApprovals => Reviews.Count(review => review.Decision == Decision.Approve) >= (Terms?.Approvals ?? 1);

    /// <summary>Gives it up because a check cannot process its data; null if it is in no state for that.</summary>
    public StateChange? FlagUnprocessable(DateTime at)
    {
        var reason = $"Simulated error: Name '{Name}' is not possible to check.";
        return MoveTo(
            this with { Reason = reason },
            new HistoryEntry(ApplicationState.FlaggedWithUnprocessableData, at, By.Workflow, reason));
    }

    private StateChange? Close(IReadOnlyList<Review> reviews, Decision decision, ApplicationState reviewed, ApplicationState closed, DateTime at) =>
        reviews[^1] is var review && review.Decision != decision
            ? null
            : MoveTo(
                this with { Review = review, Reviews = reviews },
                new HistoryEntry(reviewed, at, review.Reviewer, review.Comment),
                new HistoryEntry(closed, at, By.Workflow, null));

    private StateChange? MoveTo(AccountApplication next, params HistoryEntry[] steps)
    {
        var state = State;
        foreach (var step in steps)
        {
            if (!state.MayBecome(step.State))
                return null;
            state = step.State;
        }

        return new StateChange(next with { State = state, UpdatedAt = steps[^1].At }, steps);
    }
}
