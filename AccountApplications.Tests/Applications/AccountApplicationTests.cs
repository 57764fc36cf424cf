using System.Text.Json;
using AccountApplications.Functions.Applications;
using static AccountApplications.Functions.Applications.ApplicationState;

namespace AccountApplications.Tests.Applications;

public class AccountApplicationTests
{
    private static readonly DateTime Monday = new(2026, 11, 23, 9, 0, 0, DateTimeKind.Utc);
    private static readonly DateTime Tuesday = Monday.AddDays(1);

    private static readonly CheckResult[] Clean = [new(CheckKind.Name, false, null), new(CheckKind.Address, false, null)];
    private static readonly CheckResult[] Flagged = [new(CheckKind.Name, true, "Bad name."), new(CheckKind.Address, true, "Bad address.")];

    private static readonly AccountApplication Submission =
        AccountApplication.Submitted("application_6f9619ff-8b86-4011-b42d-00c04fc964ff", "Zoë", "1 Way", Monday);

    private static readonly AccountApplication Waiting = Submission.FlagForReview(Flagged, Monday)!.Application;

    [Fact]
    public void Approve_CleanChecks_EndsApproved()
    {
        var change = Submission.Approve(Clean, [], Tuesday);

        Assert.Equivalent(Submission with { State = Approved, Checks = Clean, UpdatedAt = Tuesday }, change!.Application);
        Assert.Equal([new HistoryEntry(Approved, Tuesday, "workflow", null)], change.Entries);
    }

    [Fact]
    public void FlagForReview_BothChecks_GivesBothReasons()
    {
        var change = Submission.FlagForReview(Flagged, Tuesday);

        Assert.Equal("Bad name. Bad address.", change!.Application.Reason);
        Assert.Equal(FlaggedForReview, change.Application.State);
        Assert.Equal([new HistoryEntry(FlaggedForReview, Tuesday, "workflow", "Bad name. Bad address.")], change.Entries);
    }

    [Fact]
    public void FlagUnprocessable_Submitted_NamesTheApplicant()
    {
        var change = Submission.FlagUnprocessable(Tuesday);

        Assert.Equal(FlaggedWithUnprocessableData, change!.Application.State);
        Assert.Equal("Simulated error: Name 'Zoë' is not possible to check.", change.Application.Reason);
        Assert.Empty(change.Application.Checks);
    }

    [Fact]
    public void Approve_AfterReview_PassesThroughReviewApproved()
    {
        var review = new Review(Decision.Approve, "ada", "fine", Tuesday);

        var change = Waiting.Approve([], [review], Tuesday);

        Assert.Equivalent(Waiting with { State = Approved, Review = review, UpdatedAt = Tuesday }, change!.Application);
        Assert.Equal(
            [new HistoryEntry(ReviewApproved, Tuesday, "ada", "fine"), new HistoryEntry(Approved, Tuesday, "workflow", null)],
            change.Entries);
    }

    [Fact]
    public void Reject_AfterReview_PassesThroughReviewRejected()
    {
        var change = Waiting.Reject([new Review(Decision.Reject, "ada", null, Tuesday)], Tuesday);

        Assert.Equal(Rejected, change!.Application.State);
        Assert.Equal([ReviewRejected, Rejected], change.Entries.Select(entry => entry.State));
    }

    [Fact]
    public void Change_NotInTheDiagram_IsRefused()
    {
        var approval = new Review(Decision.Approve, "ada", null, Tuesday);
        var rejection = approval with { Decision = Decision.Reject };
        var approved = Waiting.Approve([], [approval], Tuesday)!.Application;
        var unprocessable = Submission.FlagUnprocessable(Tuesday)!.Application;

        Assert.Null(Submission.Approve(Clean, [approval], Tuesday));
        Assert.Null(Submission.Reject([rejection], Tuesday));
        Assert.Null(Submission.Reject([], Tuesday));
        Assert.Null(Waiting.Approve(Clean, [], Tuesday));
        Assert.Null(Waiting.Approve([], [rejection], Tuesday));
        Assert.Null(Waiting.Reject([approval], Tuesday));
        Assert.Null(Waiting.FlagForReview(Flagged, Tuesday));
        Assert.Null(Waiting.FlagUnprocessable(Tuesday));
        foreach (var final in new[] { approved, unprocessable })
        {
            Assert.Null(final.Approve(Clean, [], Tuesday));
            Assert.Null(final.Approve([], [approval], Tuesday));
            Assert.Null(final.Reject([rejection], Tuesday));
            Assert.Null(final.FlagForReview(Flagged, Tuesday));
            Assert.Null(final.FlagUnprocessable(Tuesday));
        }
    }

    [Fact]
    public void Json_OfAListedApplication_IsTheContracts()
    {
        var json = JsonSerializer.SerializeToElement(Submission, JsonSerializerOptions.Web);

        Assert.True(JsonElement.DeepEquals(
            JsonSerializer.Deserialize<JsonElement>("""
                {
                  "id": "application_6f9619ff-8b86-4011-b42d-00c04fc964ff", "name": "Zoë", "address": "1 Way",
                  "state": "SUBMITTED", "reason": null, "checks": [], "review": null, "reviews": [],
                  "terms": null, "dueAt": null, "expiresAt": null, "remindedAt": null, "claim": null,
                  "submittedAt": "2026-11-23T09:00:00Z", "updatedAt": "2026-11-23T09:00:00Z"
                }
                """),
            json), json.ToString());
    }

    [Fact]
    public void Terms_AgreedToWhenFlagged_AreTheOptionsOfThatMoment()
    {
        var rules = new ReviewOptions { Approvals = 2, RejectionNeedsComment = true, DueAfter = TimeSpan.FromDays(1), ExpireAfter = TimeSpan.FromDays(3) };

        var flagged = Submission.FlagForReview(Flagged, Monday, rules)!.Application;

        Assert.Equal(new Terms(2, true), flagged.Terms);
        Assert.Equal((Monday.AddDays(1), Monday.AddDays(3)), (flagged.DueAt, flagged.ExpiresAt));
        Assert.Equal((null, null, null), (Waiting.Terms, Waiting.DueAt, Waiting.ExpiresAt));
    }

    // Who decides what, with a comment or without: whether it is a decision here.
    [Theory]
    [InlineData(2, false, Decision.Approve, "ada", false, true)]
    [InlineData(2, false, Decision.Reject, "ada", false, true)]
    [InlineData(2, false, Decision.Approve, "anonymous", false, false)]
    [InlineData(2, false, Decision.Reject, "anonymous", true, false)]
    [InlineData(2, false, Decision.Approve, "Anonymous", false, false)]
    [InlineData(1, false, Decision.Approve, "anonymous", false, true)]
    [InlineData(1, true, Decision.Reject, "ada", false, false)]
    [InlineData(1, true, Decision.Reject, "anonymous", true, true)]
    [InlineData(1, true, Decision.Approve, "ada", false, true)]
    public void Decision_UnderTerms_IsAcceptedOrNot(int approvals, bool needsComment, Decision decision, string reviewer, bool hasComment, bool accepted)
    {
        var waiting = Submission.FlagForReview(Flagged, Monday, new ReviewOptions { Approvals = approvals, RejectionNeedsComment = needsComment })!.Application;

        Assert.Equal(accepted, waiting.Accepts(new ReviewDecision(decision, reviewer, hasComment ? "Why." : null)));
    }

    [Fact]
    public void Reviews_OfTwoWhoApprove_CloseItTogether()
    {
        var rules = new ReviewOptions { Approvals = 2 };
        var waiting = Submission.FlagForReview(Flagged, Monday, rules)!.Application;
        Review[] reviews = [new(Decision.Approve, "ada", "One.", Tuesday), new(Decision.Approve, "bob", "Two.", Tuesday)];

        var first = waiting.Record(reviews[..1])!.Application;
        var approved = first.Approve([], reviews, Tuesday)!;

        Assert.Null(first.Record(reviews[..1]));
        Assert.Equal((ApplicationState.FlaggedForReview, false, true, false), (first.State, first.HasApprovals, first.IsApprovedBy("ADA"), first.IsApprovedBy("bob")));
        Assert.Equal(reviews[..1], first.Reviews);
        Assert.Null(first.Review);
        Assert.True(approved.Application.HasApprovals);
        Assert.Equal(reviews, approved.Application.Reviews);
        Assert.Equal(reviews[1], approved.Application.Review);
        Assert.Equal(new HistoryEntry(ApplicationState.ReviewApproved, Tuesday, "bob", "Two."), approved.Entries[0]);
        Assert.Null(approved.Application.Record([.. reviews, reviews[0]]));
    }

    [Fact]
    public void End_WithoutADecision_IsTheApplicantsOrTimes()
    {
        var withdrawn = Waiting.Withdraw(Tuesday)!;
        var expired = Waiting.Expire(Tuesday)!;

        Assert.Equal([new HistoryEntry(ApplicationState.Withdrawn, Tuesday, "applicant", null)], withdrawn.Entries);
        Assert.Equal([new HistoryEntry(ApplicationState.Expired, Tuesday, "workflow", null)], expired.Entries);
        foreach (var ended in new[] { withdrawn.Application, expired.Application, Submission })
            Assert.Equal((null, null, null, null), (ended.Withdraw(Tuesday), ended.Expire(Tuesday), ended.Remind(Tuesday), ended.Record([new(Decision.Approve, "ada", null, Tuesday)])));
    }

    [Fact]
    public void Reviews_OfWhatTheFirstReleaseRecorded_AreTheOneThatClosedIt()
    {
        var recorded = JsonSerializer.Deserialize<AccountApplication>("""
            {
              "id": "application_6f9619ff-8b86-4011-b42d-00c04fc964ff", "name": "Zoë", "address": "1 Way", "state": "APPROVED", "reason": null, "checks": [],
              "review": {"decision": "APPROVE", "reviewer": "ada", "comment": null, "decidedAt": "2026-11-24T09:00:00Z"},
              "submittedAt": "2026-11-23T09:00:00Z", "updatedAt": "2026-11-23T09:00:00Z"
            }
            """, JsonSerializerOptions.Web)!;

        Assert.Equal([new Review(Decision.Approve, "ada", null, Tuesday)], recorded.Reviews);
    }

    [Fact]
    public void Json_OfADecidedApplication_IsTheContracts()
    {
        var review = new Review(Decision.Approve, "ada", null, Tuesday);
        var decided = Waiting.Approve([], [review], Tuesday)!;

        var json = JsonSerializer.SerializeToElement(decided.Application with { History = decided.Entries }, JsonSerializerOptions.Web);

        Assert.Equal("""{"check":"NAME","flagged":true,"reason":"Bad name.","rule":null}""", json.GetProperty("checks")[0].ToString());
        Assert.Equal(
            """{"decision":"APPROVE","reviewer":"ada","comment":null,"decidedAt":"2026-11-24T09:00:00Z"}""",
            json.GetProperty("review").ToString());
        Assert.Equal(
            """{"state":"APPROVED","at":"2026-11-24T09:00:00Z","by":"workflow","note":null}""",
            json.GetProperty("history")[1].ToString());
    }

    [Fact]
    public void Json_WithTheWorkersOptions_ComesBackTheSame()
    {
        var decided = Waiting.Approve([], [new Review(Decision.Approve, "ada", "ok", Tuesday)], Tuesday)!.Application;

        var copy = JsonSerializer.Deserialize<AccountApplication>(JsonSerializer.Serialize(decided));

        Assert.Equivalent(decided, copy);
        Assert.Equal(DateTimeKind.Utc, copy!.SubmittedAt.Kind);
    }
}
