using System.Collections.Concurrent;
using System.Text.Json;
using AccountApplications.Functions.Applications;
using AccountApplications.Functions.Storage;
using AccountApplications.Functions.Workflow;
using AccountApplications.Tests.Fixtures;
using AccountApplications.Tests.Robustness;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.DurableTask.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using static AccountApplications.Functions.Applications.ApplicationState;

namespace AccountApplications.Tests.Workflow;

/// <summary>The workflow on the SDK's own replay, with real waits and retries, and records in memory.</summary>
public sealed class ReplayedWorkflowTests : IAsyncLifetime
{
    private static readonly Func<TaskOrchestrationContext, WorkflowInput, Task<ApplicationState>> Workflow = ProcessApplication.Run;

    private readonly ConcurrentDictionary<string, AccountApplication> _records = new();
    private readonly ConcurrentDictionary<string, int> _failing = new();
    private readonly ConcurrentQueue<string> _activities = new();
    private readonly ConcurrentDictionary<string, ReviewOptions> _rules = new();
    private DurableTaskTestHost _host = null!;

    public async Task InitializeAsync() => _host = await DurableTaskTestHost.StartAsync(
        registry =>
        {
            registry.AddOrchestratorFunc(nameof(ProcessApplication), Workflow);
            registry.AddActivityFunc<string, CheckResult>(nameof(CheckName), (_, name) => CheckName.Run(name));
            registry.AddActivityFunc<string, CheckResult>(nameof(CheckAddress), (_, address) => CheckAddress.Run(address));
            Changing<FlagRequest>(registry, nameof(FlagApplication), request => request.Application, (request, current) => request.Type == FlagType.Review
                ? current.FlagForReview(request.Application.Checks, DateTime.UtcNow, request.WithTerms ? _rules[current.Id] : null) : current.FlagUnprocessable(DateTime.UtcNow));
            Changing<AccountApplication>(registry, nameof(ApproveApplication), wanted => wanted, (wanted, current) => current.Approve(wanted.Checks, wanted.Reviews, DateTime.UtcNow));
            Changing<AccountApplication>(registry, nameof(RejectApplication), wanted => wanted, (wanted, current) => current.Reject(wanted.Reviews, DateTime.UtcNow));
            Changing<AccountApplication>(registry, nameof(RecordApproval), wanted => wanted, (wanted, current) => current.Record(wanted.Reviews));
            Changing<AccountApplication>(registry, nameof(RecordWithdrawal), wanted => wanted, (_, current) => current.Withdraw(DateTime.UtcNow));
            Changing<AccountApplication>(registry, nameof(RemindReviewers), wanted => wanted, (_, current) => current.Remind(DateTime.UtcNow));
            Changing<AccountApplication>(registry, nameof(ExpireApplication), wanted => wanted, (_, current) => current.Expire(DateTime.UtcNow));
        },
        new DurableTaskTestHostOptions { Port = TestHost.FreePorts(), LoggerFactory = NullLoggerFactory.Instance });

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Theory]
    [InlineData("Spock", "1 Street", null, Approved)]
    [InlineData("UNPROCESSABLE_DATA", "1 Street", null, FlaggedWithUnprocessableData)]
    [InlineData("Gabe", "ABadAddress", "APPROVE", Approved)]
    [InlineData("evil", "1 Street", "REJECT", Rejected)]
    public async Task Application_OfAPath_EndsAsItShould(string name, string address, string? decision, ApplicationState end)
    {
        var id = await StartAsync(name, address, "1");
        if (decision is not null)
        {
            await Eventually.Async(() => StateOf(id) == FlaggedForReview);
            foreach (var junk in (string[])["null", "7", """{"decision":"MAYBE"}"""])
                await RaiseAsync(id, junk);
            await RaiseAsync(id, $$"""{"decision":"{{decision}}"}""");
            await RaiseAsync(id, """{"decision":"APPROVE"}""");
        }

        Assert.Equal(end, await EndAsync(id));
        Assert.Equal(end, StateOf(id));
    }

    [Fact]
    public async Task Decision_RaisedBeforeItIsFlagged_Counts()
    {
        // The first attempt to flag fails, and the next comes a second later.
        var id = await StartAsync("Gabe", "ABadAddress", failing: 1);
        await RaiseAsync(id, """{"decision":"REJECT"}""");

        Assert.Equal(Rejected, await EndAsync(id));
    }

    [Fact]
    public async Task Decision_ThatCannotBeRecorded_IsKeptForTheNextExecution()
    {
        var id = await StartAsync("Gabe", "ABadAddress");
        await Eventually.Async(() => StateOf(id) == FlaggedForReview);
        // All attempts of one execution.
        _failing[id] = 4;
        await RaiseAsync(id, """{"decision":"APPROVE","reviewer":"ada"}""");

        Assert.Equal(Approved, await EndAsync(id));
        Assert.Equal("ada", _records[id].Review?.Reviewer);
    }

    [Theory]
    [InlineData("1", FlaggedForReview, Approved)]
    [InlineData("2", FlaggedForReview, FlaggedForReview)]
    public async Task Application_OfAVersion_HasItsTerms(string version, ApplicationState waiting, ApplicationState afterOneApproval)
    {
        var rules = new ReviewOptions { Approvals = 2, DueAfter = TimeSpan.FromDays(3), ExpireAfter = TimeSpan.FromDays(400) };
        var id = await StartAsync("Gabe", "ABadAddress", version, rules);
        await Eventually.Async(() => StateOf(id) == waiting);
        Assert.Equal(version == "1" ? (null, null) : (rules.DueAfter, rules.ExpireAfter), (DueAfter(id), ExpireAfter(id)));

        await RaiseAsync(id, new Sent(Decision.Approve, "ada"));
        await Eventually.Async(() => _records[id].Reviews.Count == 1 && StateOf(id) == afterOneApproval);
        if (afterOneApproval == FlaggedForReview)
            await RaiseAsync(id, new Sent(Decision.Approve, "bob"));

        // Timers of days that are left would keep it running.
        Assert.Equal(Approved, await EndAsync(id));

        TimeSpan? DueAfter(string id) => _records[id].DueAt - _records[id].UpdatedAt;
        TimeSpan? ExpireAfter(string id) => _records[id].ExpiresAt - _records[id].UpdatedAt;
    }

    [Theory]
    [InlineData("1")]
    [InlineData("2")]
    public async Task Application_OfAnyVersion_CanBeWithdrawn(string version)
    {
        var id = await StartAsync("Gabe", "ABadAddress", version);
        await Eventually.Async(() => StateOf(id) == FlaggedForReview);
        await RaiseAsync(id, new Sent(Decision: null));

        Assert.Equal(Withdrawn, await EndAsync(id));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(4, 5)]
    public async Task Application_ThatNobodyDecides_IsRemindedOfAndExpires(int failing, int expiries)
    {
        var id = await StartAsync("Gabe", "ABadAddress", rules: new ReviewOptions { DueAfter = TimeSpan.FromSeconds(1), ExpireAfter = TimeSpan.FromSeconds(3) });
        await Eventually.Async(() => _records.GetValueOrDefault(id)?.RemindedAt is not null);
        var reminded = _records[id];
        // Of the expiry, in all attempts of one execution: it is kept, with what comes after it.
        _failing[id] = failing;
        await Eventually.Async(() => Calls(nameof(ExpireApplication), id) > 0);
        if (failing > 0)
            await RaiseAsync(id, new Sent(Decision.Approve, "ada"));

        Assert.Equal(Expired, await EndAsync(id));

        Assert.InRange(reminded.RemindedAt!.Value, reminded.DueAt!.Value, reminded.ExpiresAt!.Value);
        Assert.True(_records[id].UpdatedAt >= reminded.ExpiresAt);
        Assert.Equal((1, expiries), (Calls(nameof(RemindReviewers), id), Calls(nameof(ExpireApplication), id)));
        Assert.Equal(reminded.RemindedAt, _records[id].RemindedAt);
    }

    [Fact]
    public async Task Reminder_ThatFails_LetsTheWaitGoOn()
    {
        var id = await StartAsync("Gabe", "ABadAddress", rules: new ReviewOptions { DueAfter = TimeSpan.FromSeconds(1) });
        await Eventually.Async(() => StateOf(id) == FlaggedForReview);
        _failing[id] = 4;
        await Eventually.Async(() => _failing[id] == 0);
        await RaiseAsync(id, new Sent(Decision.Reject, "ada"));

        Assert.Equal(Rejected, await EndAsync(id));
    }

    /// <summary>
    /// Decisions and withdrawals in any order, raised before the workflow looks at them or while it does, with storage that fails now and then:
    /// what becomes of the application follows from the order alone.
    /// </summary>
    [Fact]
    public async Task Events_InAnyOrderAndUnderAnyTerms_DecideAsTheirOrderSays()
    {
        var seed = Setting.Seed;
        var random = new Random(seed);
        var cases = (
            from approvals in (int[])[1, 2]
            from needsComment in (bool[])[false, true]
            from _ in Enumerable.Range(0, 3)
            select (
                Rules: new ReviewOptions { Approvals = approvals, RejectionNeedsComment = needsComment },
                Events: Enumerable.Range(0, random.Next(1, 6)).Select(_ => Sent.Any(random)).ToList(),
                FailsBefore: random.Next(3),
                FailsAfter: random.Next(6))).ToList();
        await Task.WhenAll(cases.Select(async one =>
        {
            var id = await StartAsync("Gabe", "ABadAddress", rules: one.Rules, failing: one.FailsBefore);
            foreach (var sent in one.Events)
                await RaiseAsync(id, sent);
            await Eventually.Async(() => StateOf(id) is not null and not Submitted, TimeSpan.FromMinutes(2));
            _failing[id] = one.FailsAfter;
            var (state, reviews) = Expected(one.Rules, one.Events);
            var scenario = $"ROBUSTNESS_SEED={seed}: {one.Rules.Approvals}, {one.Rules.RejectionNeedsComment}: {string.Join("; ", one.Events)}";
            await Eventually.Async(
                () => StateOf(id) == state && _records[id].Reviews.Count == reviews.Count, TimeSpan.FromMinutes(2), $"{scenario}: {state}, {reviews.Count} reviews");
            Assert.True(reviews.SequenceEqual(_records[id].Reviews.Select(review => new Sent(review.Decision, review.Reviewer, review.Comment))), scenario);
        }));
    }

    /// <summary>As the contract has it, event by event.</summary>
    private static (ApplicationState State, List<Sent> Reviews) Expected(ReviewOptions rules, IEnumerable<Sent> events)
    {
        List<Sent> reviews = [];
        foreach (var sent in events)
            if (sent.Decision is null)
                return (Withdrawn, reviews);
            else if (sent.Reviewer == "anonymous" && rules.Approvals == 2)
                continue;
            else if (sent.Decision == Decision.Reject)
            {
                if (rules.RejectionNeedsComment && sent.Comment is null)
                    continue;
                return (Rejected, [.. reviews, sent]);
            }
            else if (!reviews.Exists(review => review.Reviewer.Equals(sent.Reviewer, StringComparison.OrdinalIgnoreCase)))
            {
                reviews.Add(sent);
                if (reviews.Count == rules.Approvals)
                    return (Approved, reviews);
            }

        return (FlaggedForReview, reviews);
    }

    /// <summary>An event: a decision, or a withdrawal without one.</summary>
    private sealed record Sent(Decision? Decision, string Reviewer = "anonymous", string? Comment = null)
    {
        public static Sent Any(Random random) => random.Next(8) == 0
            ? new Sent(Decision: null)
            : new Sent(
                random.Next(3) == 0 ? Functions.Applications.Decision.Reject : Functions.Applications.Decision.Approve,
                random.GetItems(["ada", "Ada", "bob", "anonymous"], 1)[0],
                random.Next(2) == 0 ? null : "Seen.");
    }

    private void Changing<T>(DurableTaskRegistry registry, string name, Func<T, AccountApplication> applicationOf, Func<T, AccountApplication, StateChange?> change) =>
        registry.AddActivityFunc<T, AccountApplication>(name, (_, input) =>
        {
            var application = applicationOf(input);
            _activities.Enqueue($"{name} {application.Id}");
            if (_failing.TryGetValue(application.Id, out var left) && left > 0)
            {
                _failing[application.Id] = left - 1;
                throw new StorageUnavailableException("No answer.");
            }

            var current = _records.GetOrAdd(application.Id, _ => application.AsSubmitted());
            return _records[application.Id] = change(input, current)?.Application ?? current;
        });

    private ApplicationState? StateOf(string id) => _records.GetValueOrDefault(id)?.State;

    private async Task<string> StartAsync(string name, string address, string version = "2", ReviewOptions? rules = null, int failing = 0)
    {
        var application = AccountApplication.Submitted(AccountApplicationId.New(), name, address, DateTime.UtcNow);
        _failing[application.Id] = failing;
        _rules[application.Id] = rules ?? new ReviewOptions();
        return await _host.Client.ScheduleNewOrchestrationInstanceAsync(nameof(ProcessApplication), application, new StartOrchestrationOptions(application.Id) { Version = version });
    }

    private Task RaiseAsync(string id, string payload, string name = ReviewDecision.EventName) =>
        _host.Client.RaiseEventAsync(id, name, JsonSerializer.Deserialize<JsonElement>(payload));

    private Task RaiseAsync(string id, Sent sent) => sent.Decision is { } decision
        ? RaiseAsync(id, JsonSerializer.Serialize(new { decision = decision.ToWireName(), reviewer = sent.Reviewer, comment = sent.Comment }))
        : RaiseAsync(id, "null", "withdrawal");

    private int Calls(string activity, string id) => _activities.Count(call => call == $"{activity} {id}");

    private async Task<ApplicationState> EndAsync(string id)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        var ended = await _host.Client.WaitForInstanceCompletionAsync(id, getInputsAndOutputs: true, patience.Token);
        Assert.Equal(OrchestrationRuntimeStatus.Completed, ended.RuntimeStatus);
        return ended.ReadOutputAs<ApplicationState>();
    }
}
