using AccountApplications.Functions.Applications;
using AccountApplications.Functions.Storage;
using AccountApplications.Tests.Fixtures;
using Azure.Data.Tables;
using Microsoft.Extensions.Time.Testing;
using static AccountApplications.Functions.Applications.ApplicationState;

namespace AccountApplications.Tests.Storage;

public class ApplicationStoreTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private static readonly CheckResult[] Checks = [new(CheckKind.Name, true, "Bad name.")];
    private static readonly DateTime Later = new(2026, 11, 22, 14, 0, 0, DateTimeKind.Utc);
    private static readonly Review Approval = new(Decision.Approve, "ada", null, Later);
    private static readonly Review Rejection = Approval with { Decision = Decision.Reject };

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 22, 13, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task Application_Unknown_IsNotFound()
    {
        var app = await TestApp.StartAsync(azurite);

        Assert.Null(await app.Store.FindAsync(AccountApplicationId.New(), default));
        Assert.Null(await app.Store.ReadAsync(AccountApplicationId.New(), default));
    }

    [Fact]
    public async Task Application_WithTheLongestTexts_ComesBackTheSame()
    {
        var app = await TestApp.StartAsync(azurite);
        var name = string.Concat(Enumerable.Repeat("\U0001F600", 100));
        var application = app.NewApplication(name, new string('\uE000', 500));
        CheckResult[] checks = [new(CheckKind.Name, true, $"Name '{name}'."), new(CheckKind.Address, true, application.Address)];
        var review = Approval with { Reviewer = new string('\uE000', 256), Comment = string.Concat(Enumerable.Repeat("\U0001F600", 500)) };

        await app.Store.ChangeAsync(application, current => current.FlagForReview(checks, Later));
        var written = await app.Store.ChangeAsync(application, current => current.Approve([], [review], Later));

        Assert.Equivalent(written, await app.Store.FindAsync(application.Id, default));
        Assert.Equal(name, written.Name);
    }

    [Fact]
    public async Task Submission_TheWorkflowWasQuicker_LeavesOneIndexRow()
    {
        var app = await TestApp.StartAsync(azurite);
        var application = app.NewApplication();
        await app.Store.ChangeAsync(application, current => current.Approve([], [], Later));

        var stored = await app.Store.SubmitAsync(application, default);

        Assert.Equal(Approved, stored.State);
        Assert.Equal([Approved], await app.ListsWithAsync(application));
        Assert.Equal(2, (await app.Store.ReadAsync(application.Id, default))!.History!.Count);
    }

    [Fact]
    public async Task Submission_RacingItsWorkflow_EndsInOneList()
    {
        var app = await TestApp.StartAsync(azurite);
        var applications = Enumerable.Range(0, 50).Select(_ => app.NewApplication()).ToList();

        await Task.WhenAll(applications.SelectMany(application => new[]
        {
            app.Store.SubmitAsync(application, default),
            app.Store.ChangeAsync(application, current => current.Approve([], [], Later)),
        }));

        foreach (var application in applications)
            Assert.Equal([Submitted, Approved], await HistoryAsync(app, application));
        Assert.Empty((await app.Store.ListAsync(Submitted, 100, "", default)).Items);
        Assert.Equal(50, (await app.Store.ListAsync(Approved, 100, "", default)).Items.Count);
    }

    [Fact]
    public async Task Change_OvertakenByAnother_IsDecidedAgain()
    {
        var app = await TestApp.StartAsync(azurite);
        var application = app.NewApplication();
        await app.Store.ChangeAsync(application, current => current.FlagForReview(Checks, Later));
        // Between its reading and its writing the other reviewer's change comes in.
        app.Probe.BeforeNextWrite = () => app.Store.ChangeAsync(application, current => current.Reject([Rejection], Later));

        var result = await app.Store.ChangeAsync(application, current => current.Approve([], [Approval], Later));

        Assert.Equal(Rejected, result.State);
        Assert.Equal([Rejected], await app.ListsWithAsync(application));
        Assert.Equal([Submitted, FlaggedForReview, ReviewRejected, Rejected], await HistoryAsync(app, application));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Change_CutShortAndNeverDeliveredAgain_LeavesNoRow(bool isFlaggedAgain)
    {
        var app = await TestApp.StartAsync(azurite);
        var application = app.NewApplication();
        await app.Store.ChangeAsync(application, current => current.FlagForReview(Checks, Later));
        // Its row is written, its record is not.
        app.Probe.FailWrite(2, false);
        await Assert.ThrowsAsync<StorageUnavailableException>(
            () => app.Store.ChangeAsync(application, current => current.Approve([], [Approval], Later)));
        app.Probe.Reset();
        Assert.Equal([FlaggedForReview, Approved], await app.ListsWithAsync(application));

        if (isFlaggedAgain)
        {
            await app.Store.ChangeAsync(application, current => current.FlagForReview(Checks, Later));
            Assert.Equal([FlaggedForReview], await app.ListsWithAsync(application));
        }

        await app.Store.ChangeAsync(application, current => current.Reject([Rejection], Later));

        Assert.Equal([Rejected], await app.ListsWithAsync(application));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Change_WithHistoryThatTheRecordDoesNotKnow_FailsForGood(bool isRecordMissing)
    {
        var app = await TestApp.StartAsync(azurite);
        var application = app.NewApplication();
        await app.Store.SubmitAsync(application, default);
        var table = await app.Tables.Applications.GetAsync(default);
        if (isRecordMissing)
            await table.DeleteEntityAsync(application.Id, "application");
        else
            await table.AddEntityAsync(new TableEntity(application.Id, "history_0001"));
        app.Probe.Reset();

        var failure = await Assert.ThrowsAsync<InvalidDataException>(
            () => app.Store.ChangeAsync(application, current => current.Approve([], [], Later)));

        Assert.Contains(application.Id, failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(application.Name, failure.Message, StringComparison.Ordinal);
        Assert.Equal(isRecordMissing ? 8 : 7, app.Probe.Requests);
        Assert.Equal([Submitted], await app.ListsWithAsync(application));
    }

    [Fact]
    public async Task Requests_OfOneApplication_AreFew()
    {
        var app = await TestApp.StartAsync(azurite);
        var slow = app.NewApplication();
        await app.Store.SubmitAsync(slow, default);
        Assert.Equal(3, app.Probe.Requests);
        await app.Store.ChangeAsync(slow, current => current.Approve([], [], Later));
        Assert.Equal(6, app.Probe.Requests);

        app.Probe.Reset();
        var quick = app.NewApplication();
        await app.Store.ChangeAsync(quick, current => current.Approve([], [], Later));
        Assert.Equal(7, app.Probe.Requests);
        await app.Store.SubmitAsync(quick, default);
        Assert.Equal(12, app.Probe.Requests);

        app.Probe.Reset();
        var waiting = app.NewApplication();
        await app.Store.SubmitAsync(waiting, default);
        await app.Store.ChangeAsync(waiting, current => current.FlagForReview(Checks, Later));
        Assert.Equal(6, app.Probe.Requests);
        await app.Store.ChangeAsync(waiting, current => current.Approve([], [Approval], Later));
        Assert.Equal(13, app.Probe.Requests);

        app.Probe.Reset();
        await app.Store.ReadAsync(quick.Id, default);
        Assert.Equal(1, app.Probe.Requests);
    }

    [Fact]
    public async Task List_Followed_YieldsEachOnceTheLongestWaitingFirst()
    {
        var app = await TestApp.StartAsync(azurite, _time);
        // Of one moment five each: those are ordered by id.
        var applications = Enumerable.Range(0, 60)
            .Select(i => app.NewApplication(at: _time.GetUtcNow().UtcDateTime.AddMilliseconds(i / 5)))
            .ToList();
        foreach (var application in applications.AsEnumerable().Reverse())
            await app.Store.SubmitAsync(application, default);

        List<AccountApplication> found = [];
        for (var next = ""; next is not null;)
        {
            var page = await app.Store.ListAsync(Submitted, 7, next, default);
            Assert.True(page.Items.Count == 7 || page.Next is null);
            found.AddRange(page.Items);
            next = page.Next;
        }

        Assert.Equal(
            applications.OrderBy(application => application.SubmittedAt).ThenBy(application => application.Id, StringComparer.Ordinal)
                .Select(application => application.Id),
            found.Select(application => application.Id));
        Assert.Empty((await app.Store.ListAsync(Approved, 7, "", default)).Items);
    }

    [Fact]
    public async Task List_ChangingWhileFollowed_YieldsWhatStays()
    {
        var app = await TestApp.StartAsync(azurite, _time);
        var now = _time.GetUtcNow().UtcDateTime;
        var applications = Enumerable.Range(0, 40).Select(i => app.NewApplication(at: now.AddSeconds(-i))).ToList();
        foreach (var application in applications)
            await app.Store.SubmitAsync(application, default);
        var leaving = new Queue<AccountApplication>(applications.Where((_, i) => i % 2 == 0));
        var staying = applications.Except(leaving).Select(application => application.Id).ToHashSet();

        List<string> found = [];
        for (var next = ""; next is not null;)
        {
            var page = await app.Store.ListAsync(Submitted, 5, next, default);
            found.AddRange(page.Items.Select(application => application.Id));
            next = page.Next;
            for (var i = 0; i < 3 && leaving.TryDequeue(out var left); i++)
                await app.Store.ChangeAsync(left, current => current.Approve([], [], Later));
        }

        Assert.Equal(found.Distinct(), found);
        Assert.Subset(found.ToHashSet(), staying);
    }

    [Fact]
    public async Task List_WithARowLeftBehind_RemovesItAfterAMinute()
    {
        var app = await TestApp.StartAsync(azurite, _time);
        var moved = app.NewApplication();
        await app.Store.ChangeAsync(moved, current => current.Approve([], [], Later));
        await app.Index.UpsertAsync(moved, default);
        var waiting = app.NewApplication();
        await app.Store.SubmitAsync(waiting, default);
        var unrecorded = app.NewApplication();
        await app.Index.UpsertAsync(unrecorded, default);

        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal(3, (await app.Store.ListAsync(Submitted, 10, "", default)).Items.Count);
        _time.Advance(TimeSpan.FromSeconds(1));
        var page = await app.Store.ListAsync(Submitted, 10, "", default);

        Assert.Equal(
            new[] { waiting.Id, unrecorded.Id }.Order(StringComparer.Ordinal), page.Items.Select(application => application.Id));
        Assert.Equal([Approved], await app.ListsWithAsync(moved));
    }

    [Fact]
    public async Task List_APage_ReadsEachPartitionOnce()
    {
        var app = await TestApp.StartAsync(azurite);
        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => app.Store.SubmitAsync(app.NewApplication(), default)));
        app.Probe.Reset();

        Assert.Equal(25, (await app.Store.ListAsync(Submitted, 25, "", default)).Items.Count);

        // A second page of a partition is possible where ids happen to crowd; a scan is not.
        Assert.InRange(app.Probe.Requests, 16, 18);
    }

    private static async Task<IEnumerable<ApplicationState>> HistoryAsync(TestApp app, AccountApplication application) =>
        (await app.Store.ReadAsync(application.Id, default))!.History!.Select(entry => entry.State);
}
