using System.Collections.Concurrent;
using AccountApplications.Functions.Applications;
using AccountApplications.Tests.Fixtures;
using Microsoft.Extensions.Time.Testing;

namespace AccountApplications.Tests.Storage;

public sealed class ReviewQueueTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 22, 13, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task Next_ByEightAtOnceUntilNothingIsLeft_GivesEachToOneAndPassesNoneOver()
    {
        var app = await TestApp.StartAsync(azurite, _time);
        var waiting = await WaitingAsync(app, 120);
        var given = new ConcurrentQueue<string>();

        // Half of them have no name, and are told apart all the same.
        await Parallel.ForEachAsync(Enumerable.Range(0, 8), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (reviewer, _) =>
        {
            while (await app.Queue.NextAsync(reviewer % 2 == 0 ? "anonymous" : $"reviewer {reviewer}", null, default) is { } next)
                given.Enqueue(next.Id);
        });

        Assert.Equal(waiting.Select(application => application.Id).Order(), given.Order());
        Assert.Null(await app.Queue.NextAsync("late", null, default));
        _time.Advance(app.Rules.Value.ClaimFor);
        Assert.Equal(waiting[0].Id, (await app.Queue.NextAsync("late", null, default))?.Id);
    }

    [Fact]
    public async Task Next_AfterAnother_LeavesOutWhatIsClaimedApprovedOrNotWaitingAnyMore()
    {
        var app = await TestApp.StartAsync(azurite, _time);
        var waiting = await WaitingAsync(app, 6);
        await app.Queue.ClaimAsync(waiting[1], "bob", default);
        await app.Queue.ClaimAsync(waiting[2], "ada", default);
        await app.Store.ChangeAsync(waiting[3], current => current.Record([Approval("Ada")]));
        // Its row is still there, as it is for a moment in every change.
        await app.Store.ChangeAsync(waiting[4], current => current.Withdraw(Now));
        await app.Index.UpsertAsync(waiting[4], default);

        var next = await app.Queue.NextAsync("ada", waiting[0], default);

        Assert.Equal((waiting[5].Id, new Claim("ada", Now + app.Rules.Value.ClaimFor)), (next?.Id, next?.Claim));
        Assert.Null(await app.Queue.NextAsync("ada", waiting[0], default));
        Assert.Equal(waiting[3].Id, (await app.Queue.NextAsync("bob", waiting[0], default))?.Id);
        Assert.Equal(waiting[0].Id, (await app.Queue.NextAsync("ada", null, default))?.Id);
    }

    [Fact]
    public async Task Claim_OfAnother_HoldsUntilItsTimeIsUpItIsGivenBackOrItsReviewerHasDecided()
    {
        var app = await TestApp.StartAsync(azurite, _time);
        var waiting = (await WaitingAsync(app, 1))[0];
        var ada = await app.Queue.ClaimAsync(waiting, "ada", default);

        Assert.Equal(ada, await app.Queue.ClaimAsync(waiting, "bob", default));
        Assert.Equal(ada, await app.Queue.ReleaseAsync(waiting, "bob", default));
        _time.Advance(TimeSpan.FromMinutes(1));
        var renewed = await app.Queue.ClaimAsync(waiting, "ADA", default);
        Assert.Equal(new Claim("ADA", Now + app.Rules.Value.ClaimFor), renewed);
        _time.Advance(app.Rules.Value.ClaimFor - TimeSpan.FromTicks(1));
        Assert.Equal(renewed, await app.Queue.FindClaimAsync(waiting, default));
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Null(await app.Queue.FindClaimAsync(waiting, default));
        Assert.Equal("bob", (await app.Queue.ClaimAsync(waiting, "bob", default))?.Reviewer);

        Assert.Null(await app.Queue.ReleaseAsync(waiting, "Bob", default));
        Assert.Equal("ada", (await app.Queue.ClaimAsync(waiting, "ada", default))?.Reviewer);
        await app.Store.ChangeAsync(waiting, current => current.Record([Approval("bob")]));
        Assert.Equal("ada", (await app.Queue.FindClaimAsync(waiting, default))?.Reviewer);
        await app.Store.ChangeAsync(waiting, current => current.Record([Approval("bob"), Approval("Ada")]));
        Assert.Null(await app.Queue.FindClaimAsync(waiting, default));
        // What is decided may be claimed again, until it has left the list.
        Assert.Equal("ada", (await app.Queue.ClaimAsync(waiting, "ada", default))?.Reviewer);
        await app.Store.ChangeAsync(waiting, current => current.Remind(Now));
        await app.Store.ChangeAsync(waiting, current => current.FlagForReview([], Now));
        Assert.Equal("ada", (await app.Queue.FindClaimAsync(waiting, default))?.Reviewer);
        Assert.Equal("ada", Assert.Single((await app.Store.ListAsync(ApplicationState.FlaggedForReview, 9, "", default)).Items).Claim?.Reviewer);
        await app.Store.ChangeAsync(waiting, current => current.Expire(Now));
        Assert.Null(await app.Queue.ClaimAsync(waiting, "ada", default));
        Assert.Null(await app.Queue.ReleaseAsync(waiting, "ada", default));
    }

    [Fact]
    public async Task Claim_OfAWaitingApplication_CostsOneConditionalWriteAndChangesNothingElse()
    {
        var app = await TestApp.StartAsync(azurite, _time);
        var waiting = (await WaitingAsync(app, 1))[0];
        var before = await app.Store.ReadAsync(waiting.Id, default);
        app.Probe.Reset();

        await app.Queue.ClaimAsync(waiting, "ada", default);

        Assert.Equal((2, 1), (app.Probe.Requests, app.Probe.Writes));
        Assert.Equivalent(before, await app.Store.ReadAsync(waiting.Id, default));

        // Whoever writes the row between reading and writing, the claim is not lost.
        app.Probe.BeforeNextWrite = () => app.Store.ChangeAsync(waiting, current => current.Remind(Now));
        Assert.Equal("ada", (await app.Queue.ClaimAsync(waiting, "ada", default))?.Reviewer);
        var listed = Assert.Single((await app.Store.ListAsync(ApplicationState.FlaggedForReview, 9, "", default)).Items);
        Assert.Equal(("ada", Now), (listed.Claim?.Reviewer, listed.RemindedAt));
    }

    [Fact]
    public async Task Count_OfTheQueue_IsOfAThousandAtMost()
    {
        var app = await TestApp.StartAsync(azurite, _time);
        Assert.Equal(new(0, 0, null, false), await app.Queue.CountAsync(default));
        var waiting = await WaitingAsync(app, 3, due: TimeSpan.FromSeconds(2));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(new(3, 0, waiting[0].SubmittedAt, false), await app.Queue.CountAsync(default));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(new(3, 3, waiting[0].SubmittedAt, false), await app.Queue.CountAsync(default));

        await Parallel.ForEachAsync(Enumerable.Range(0, 998), async (i, _) =>
            await app.Index.UpsertAsync(app.NewApplication(at: Now.AddTicks(i)) with { State = ApplicationState.FlaggedForReview }, default));

        Assert.Equal(new(1000, 3, waiting[0].SubmittedAt, true), await app.Queue.CountAsync(default));
    }

    private DateTime Now => _time.GetUtcNow().UtcDateTime;

    private Review Approval(string reviewer) => new(Decision.Approve, reviewer, null, Now);

    /// <summary>Applications that wait, in their order.</summary>
    private async Task<List<AccountApplication>> WaitingAsync(TestApp app, int count, TimeSpan? due = null)
    {
        var rules = new ReviewOptions { Approvals = 2, DueAfter = due ?? TimeSpan.FromDays(2) };
        var applications = Enumerable.Range(0, count).Select(i => app.NewApplication(at: Now.AddTicks(i))).ToList();
        await Parallel.ForEachAsync(applications, async (application, _) =>
            await app.Store.ChangeAsync(application, current => current.FlagForReview([], Now, rules)));
        return [.. await Task.WhenAll(applications.Select(async application => (await app.Store.FindAsync(application.Id, default))!))];
    }
}
