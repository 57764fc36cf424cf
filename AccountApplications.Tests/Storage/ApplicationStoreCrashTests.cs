using AccountApplications.Functions.Applications;
using AccountApplications.Functions.Storage;
using AccountApplications.Tests.Fixtures;
using static AccountApplications.Functions.Applications.ApplicationState;

namespace AccountApplications.Tests.Storage;

/// <summary>Cuts each of a store's writes short, before storage has it and after, and does the same again, as the runtime would.</summary>
public class ApplicationStoreCrashTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private static readonly DateTime Later = new(2026, 11, 22, 14, 0, 0, DateTimeKind.Utc);
    private static readonly CheckResult[] Checks = [new(CheckKind.Name, true, "Bad name.")];

    private static readonly Func<TestApp, AccountApplication, Task> Submit = (app, it) => app.Store.SubmitAsync(it, default);
    private static readonly Func<TestApp, AccountApplication, Task> Approve =
        (app, it) => app.Store.ChangeAsync(it, current => current.Approve([], [], Later));
    private static readonly Func<TestApp, AccountApplication, Task> Flag =
        (app, it) => app.Store.ChangeAsync(it, current => current.FlagForReview(Checks, Later));
    private static readonly Func<TestApp, AccountApplication, Task> Reject =
        (app, it) => app.Store.ChangeAsync(it, current => current.Reject([new Review(Decision.Reject, "ada", null, Later)], Later));

    private static readonly Func<TestApp, AccountApplication, Task> Record =
        (app, it) => app.Store.ChangeAsync(it, current => current.Record([new Review(Decision.Approve, "ada", null, Later)]));
    private static readonly Func<TestApp, AccountApplication, Task> Withdraw = (app, it) => app.Store.ChangeAsync(it, current => current.Withdraw(Later));
    private static readonly Func<TestApp, AccountApplication, Task> Expire = (app, it) => app.Store.ChangeAsync(it, current => current.Expire(Later));

    private static readonly Dictionary<string, Scenario> Scenarios = new()
    {
        ["submit"] = new([], Submit, [Submitted]),
        ["submit after the workflow"] = new([Approve], Submit, [Submitted, Approved]),
        ["approve"] = new([Submit], Approve, [Submitted, Approved]),
        ["approve before the submission"] = new([], Approve, [Submitted, Approved]),
        ["flag"] = new([Submit], Flag, [Submitted, FlaggedForReview]),
        ["flag before the submission"] = new([], Flag, [Submitted, FlaggedForReview]),
        ["reject"] = new([Submit, Flag], Reject, [Submitted, FlaggedForReview, ReviewRejected, Rejected]),
        ["record an approval"] = new([Submit, Flag], Record, [Submitted, FlaggedForReview]),
        ["withdraw"] = new([Submit, Flag, Record], Withdraw, [Submitted, FlaggedForReview, Withdrawn]),
        ["expire"] = new([Submit, Flag, Record], Expire, [Submitted, FlaggedForReview, Expired]),
    };

    public static TheoryData<string, bool> Crashes
    {
        get
        {
            TheoryData<string, bool> crashes = [];
            foreach (var name in Scenarios.Keys)
            {
                crashes.Add(name, false);
                crashes.Add(name, true);
            }

            return crashes;
        }
    }

    [Fact]
    public async Task Activity_DeliveredAgainMuchLaterAndCutShort_LeavesTheListsAsTheyAre()
    {
        var app = await TestApp.StartAsync(azurite);
        var crashed = true;
        for (var write = 1; crashed; write++)
        {
            // Its message comes back a minute after a host that died had taken it; by then somebody may have decided, and nobody hears that it fails.
            var application = app.NewApplication(at: DateTime.UtcNow.AddMinutes(-1.5));
            await Submit(app, application);
            await Flag(app, application);
            await Reject(app, application);

            app.Probe.FailWrite(write, afterwards: true);
            crashed = await IsCutShortAsync(() => Flag(app, application));
            app.Probe.Reset();

            Assert.True(write > 1 || crashed, "Nothing was cut short.");
            Assert.Equal([Rejected], await app.ListsWithAsync(application));
        }
    }

    [Theory, MemberData(nameof(Crashes))]
    public async Task Step_CutShortAtAnyWrite_IsDoneByTheNextTry(string scenario, bool afterwards)
    {
        var (before, step, history) = Scenarios[scenario];
        var app = await TestApp.StartAsync(azurite);
        var crashed = true;
        for (var write = 1; crashed; write++)
        {
            var application = app.NewApplication();
            foreach (var earlier in before)
                await earlier(app, application);

            app.Probe.FailWrite(write, afterwards);
            crashed = await IsCutShortAsync(() => step(app, application));
            app.Probe.Reset();
            Assert.True(write > 1 || crashed, "Nothing was cut short.");
            // Never in none, once the workflow or the submission has recorded it.
            if (await app.Store.FindAsync(application.Id, default) is { } halfway)
                Assert.Contains(halfway.State, await app.ListsWithAsync(application));
            await step(app, application);

            var read = await app.Store.ReadAsync(application.Id, default);
            Assert.Equal(history, read!.History!.Select(entry => entry.State));
            Assert.Equal(history[^1], read.State);
            Assert.Equal([history[^1]], await app.ListsWithAsync(application));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Erasure_CutShortAtAnyWrite_IsDoneByTheNextTry(bool afterwards)
    {
        var app = await TestApp.StartAsync(azurite);
        var writes = 0;
        for (var crashed = true; crashed; writes++)
        {
            var application = app.NewApplication("Saavik");
            foreach (var earlier in (Func<TestApp, AccountApplication, Task>[])[Submit, Flag, Record])
                await earlier(app, application);

            app.Probe.FailWrite(writes + 1, afterwards);
            crashed = await IsCutShortAsync(() => app.EraseAsync(application.Id));
            app.Probe.Reset();
            await app.EraseAsync(application.Id, "somebody else");

            Assert.Empty(await app.ListsWithAsync(application));
            Assert.DoesNotContain(application.Id, await app.RelatedAsync(application));
            Assert.DoesNotContain("Saavik", await app.DumpAsync(application.Id), StringComparison.Ordinal);
            var erased = (await Assert.ThrowsAsync<ApplicationErasedException>(() => app.Store.ReadAsync(application.Id, default))).Application;
            Assert.Equal([Submitted, FlaggedForReview], erased.History.Select(entry => entry.State));
            // Not made, the first write is the second one's.
            Assert.Equal(writes == 0 && !afterwards ? "somebody else" : "ada", erased.ErasedBy);
            Assert.True((await app.Eraser.FindAsync(application.Id, default))!.IsDone);
        }

        Assert.Equal(11, writes);
    }

    private static async Task<bool> IsCutShortAsync(Func<Task> step)
    {
        try
        {
            await step();
            return false;
        }
        catch (StorageUnavailableException)
        {
            return true;
        }
    }

    private sealed record Scenario(
        Func<TestApp, AccountApplication, Task>[] Before, Func<TestApp, AccountApplication, Task> Step, ApplicationState[] History);
}
