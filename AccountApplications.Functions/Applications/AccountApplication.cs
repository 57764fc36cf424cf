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

    public Review? Review { get; init; }

    /// <summary>UTC.</summary>
    public required DateTime SubmittedAt { get; init; }

    /// <summary>UTC, of the last change of state.</summary>
    public DateTime UpdatedAt { get; init; }

    /// <summary>Every state so far, oldest first; null unless one application was asked for.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<HistoryEntry>? History { get; init; }

    public static AccountApplication Submitted(string id, string name, string address, DateTime at) => new()
    {
        Id = id,
        Name = name,
        Address = address,
        State = ApplicationState.Submitted,
        SubmittedAt = at,
        UpdatedAt = at,
    };

    /// <summary>The same application on the day it came in.</summary>
    public AccountApplication AsSubmitted() => Submitted(Id, Name, Address, SubmittedAt);

    /// <summary>Approves it, because its checks are clean or because of a review; null if it is in no state for that.</summary>
    public StateChange? Approve(IReadOnlyList<CheckResult> checks, Review? review, DateTime at) =>
        review is null
            ? MoveTo(this with { Checks = checks }, new HistoryEntry(ApplicationState.Approved, at, By.Workflow, null))
            : Close(review, Decision.Approve, ApplicationState.ReviewApproved, ApplicationState.Approved, at);

    /// <summary>Rejects it because of a review; null if it is in no state for that.</summary>
    public StateChange? Reject(Review? review, DateTime at) =>
        review is null ? null : Close(review, Decision.Reject, ApplicationState.ReviewRejected, ApplicationState.Rejected, at);

    /// <summary>Leaves it to a reviewer because a check flags it; null if it is in no state for that.</summary>
    public StateChange? FlagForReview(IReadOnlyList<CheckResult> checks, DateTime at)
    {
        var reason = string.Join(" ", checks.Where(check => check.Flagged).Select(check => check.Reason));
        return MoveTo(
            this with { Checks = checks, Reason = reason },
            new HistoryEntry(ApplicationState.FlaggedForReview, at, By.Workflow, reason));
    }

    /// <summary>Gives it up because a check cannot process its data; null if it is in no state for that.</summary>
    public StateChange? FlagUnprocessable(DateTime at)
    {
        var reason = $"Simulated error: Name '{Name}' is not possible to check.";
        return MoveTo(
            this with { Reason = reason },
            new HistoryEntry(ApplicationState.FlaggedWithUnprocessableData, at, By.Workflow, reason));
    }

    private StateChange? Close(Review review, Decision decision, ApplicationState reviewed, ApplicationState closed, DateTime at) =>
        review.Decision != decision
            ? null
            : MoveTo(
                this with { Review = review },
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
