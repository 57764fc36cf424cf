using AccountApplications.Functions.Applications;
using AccountApplications.Functions.Workflow;
using AccountApplications.Tests.Fixtures;
using Microsoft.Extensions.Time.Testing;
using static AccountApplications.Functions.Applications.ApplicationState;

namespace AccountApplications.Tests.Workflow;

public class ActivitiesTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 22, 13, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task Activities_OfAReviewedApplication_WriteItsWholeHistory()
    {
        var app = await TestApp.StartAsync(azurite, _time);
        var application = app.NewApplication("Gabe", "ABadAddress");
        var checks = new[] { CheckName.Run(application.Name), CheckAddress.Run(application.Address) };

        await app.Store.SubmitAsync(application, CancellationToken.None);
        _time.Advance(TimeSpan.FromSeconds(1));
        var flagged = await new FlagApplication(app.Store, app.Rules, _time).Run(
            new FlagRequest(application with { Checks = checks }, FlagType.Review));
        _time.Advance(TimeSpan.FromSeconds(1));
        var review = new Review(Decision.Reject, "ada", "No such place.", _time.GetUtcNow().UtcDateTime);
        var rejected = await new RejectApplication(app.Store, _time).Run(flagged with { Review = review });

        var at = application.SubmittedAt;
        Assert.Equal((FlaggedForReview, Rejected), (flagged.State, rejected.State));
        var read = await app.Store.ReadAsync(application.Id, CancellationToken.None);
        Assert.Equal(
            [
                new HistoryEntry(Submitted, at, "applicant", null),
                new HistoryEntry(FlaggedForReview, at.AddSeconds(1), "workflow", "Address 'ABadAddress' has no number beside a word."),
                new HistoryEntry(ReviewRejected, at.AddSeconds(2), "ada", "No such place."),
                new HistoryEntry(Rejected, at.AddSeconds(2), "workflow", null),
            ],
            read!.History!);
        Assert.Equivalent(rejected, read with { History = null });
        Assert.Equal(review, read.Review);
        Assert.Equal([Rejected], await app.ListsWithAsync(application));
        Assert.Equal(
            [$"{read.Id} is SUBMITTED", $"{read.Id} is FLAGGED_FOR_REVIEW", $"{read.Id} is REVIEW_REJECTED", $"{read.Id} is REJECTED"],
            app.Log.Lines.Select(line => line.Text));
    }

    [Fact]
    public async Task Activities_WithoutARecord_CreateIt()
    {
        var app = await TestApp.StartAsync(azurite, _time);
        var clean = app.NewApplication();
        var broken = app.NewApplication("UNPROCESSABLE_DATA");

        await new ApproveApplication(app.Store, _time).Run(clean);
        await new FlagApplication(app.Store, app.Rules, _time).Run(new FlagRequest(broken, FlagType.UnprocessableData));

        Assert.Equal([Submitted, Approved], await HistoryAsync(app, clean));
        Assert.Equal([Submitted, FlaggedWithUnprocessableData], await HistoryAsync(app, broken));
        Assert.Equal([Approved], await app.ListsWithAsync(clean));
    }

    [Fact]
    public async Task Activities_RepeatedAndLate_ChangeNothing()
    {
        var app = await TestApp.StartAsync(azurite, _time);
        var application = app.NewApplication();
        var review = new Review(Decision.Approve, "ada", null, application.SubmittedAt);
        var flag = new FlagRequest(application with { Checks = [new CheckResult(CheckKind.Name, true, "Bad.")] }, FlagType.Review);
        await new FlagApplication(app.Store, app.Rules, _time).Run(flag);
        var approved = await new ApproveApplication(app.Store, _time).Run(application with { Review = review });
        _time.Advance(TimeSpan.FromDays(1));

        var again = await new ApproveApplication(app.Store, _time).Run(application with { Review = review });
        var late = await new FlagApplication(app.Store, app.Rules, _time).Run(flag);
        var other = await new RejectApplication(app.Store, _time).Run(
            application with { Review = review with { Decision = Decision.Reject, Reviewer = "bob" } });

        Assert.All([again, late, other], result => Assert.Equivalent(approved, result));
        Assert.Equal([Submitted, FlaggedForReview, ReviewApproved, Approved], await HistoryAsync(app, application));
        Assert.Equal([Approved], await app.ListsWithAsync(application));
    }

    private static async Task<IEnumerable<ApplicationState>> HistoryAsync(TestApp app, AccountApplication application) =>
        (await app.Store.ReadAsync(application.Id, CancellationToken.None))!.History!.Select(entry => entry.State);
}
