using System.Text.Json;
using AccountApplications.Functions.Applications;
using AccountApplications.Functions.Storage;
using AccountApplications.Functions.Workflow;
using AccountApplications.Tests.Fixtures;
using Microsoft.DurableTask;
using Microsoft.Extensions.Logging;
using Moq;
using static AccountApplications.Functions.Applications.ApplicationState;

namespace AccountApplications.Tests.Workflow;

public class ProcessApplicationTests
{
    private static readonly DateTime Now = new(2026, 11, 22, 13, 0, 0, DateTimeKind.Utc);

    private readonly Mock<TaskOrchestrationContext> _context = new(MockBehavior.Strict);
    private readonly FakeLog<ProcessApplicationTests> _log = new();
    private readonly Queue<string> _events = new();
    private readonly List<string> _activities = [];
    private readonly List<TaskOptions?> _options = [];
    private AccountApplication _record = null!;

    [Theory]
    [InlineData("Spock", "123 Enterprise Street", Approved, "ApproveApplication")]
    [InlineData("UNPROCESSABLE_DATA", "123 Street", FlaggedWithUnprocessableData, "FlagApplication")]
    [InlineData("UNPROCESSABLE_DATA", "ABadAddress", FlaggedWithUnprocessableData, "FlagApplication")]
    public async Task Workflow_NoReviewNeeded_EndsAtOnce(string name, string address, ApplicationState end, string last)
    {
        Assert.Equal(end, await RunAsync(name, address));

        Assert.Equal(["CheckName", "CheckAddress", last], _activities);
    }

    [Theory]
    [InlineData("Gabe", "ABadAddress", "APPROVE", Approved)]
    [InlineData("Gabe", "ABadAddress", "REJECT", Rejected)]
    [InlineData("evil", "123 Street", "REJECT", Rejected)]
    public async Task Workflow_Flagged_EndsAsReviewed(string name, string address, string decision, ApplicationState end)
    {
        _events.Enqueue($$"""{"decision": "{{decision}}", "reviewer": "ada", "comment": "seen"}""");

        Assert.Equal(end, await RunAsync(name, address));

        Assert.Equal("FlagApplication", _activities[2]);
        Assert.Equal(4, _activities.Count);
        Assert.True(WireNames.TryParse(decision, out Decision taken));
        Assert.Equal(new Review(taken, "ada", "seen", Now), _record.Review);
        Assert.NotEmpty(_record.Checks);
    }

    [Fact]
    public async Task Workflow_EventsThatAreNoDecision_KeepsWaiting()
    {
        foreach (var garbage in new[] { "null", "7", "\"APPROVE\"", "[]", """{"decision": "MAYBE", "reviewer": "Mallory"}""", "" })
            _events.Enqueue(garbage);
        _events.Enqueue("""{"Decision": "REJECT"}""");

        Assert.Equal(Rejected, await RunAsync("Gabe", "ABadAddress"));

        Assert.Equal(6, _log.Lines.Count);
        Assert.All(_log.Lines, line => Assert.Equal(LogLevel.Warning, line.Level));
        Assert.DoesNotContain(_log.Lines, line => line.Text.Contains("Mallory") || line.Text.Contains("Gabe"));
    }

    [Fact]
    public async Task Workflow_NeverFlagged_IgnoresDecisions()
    {
        _events.Enqueue("""{"decision": "REJECT"}""");

        Assert.Equal(Approved, await RunAsync("Spock", "123 Enterprise Street"));

        Assert.Null(_record.Review);
        Assert.Empty(_log.Lines);
    }

    [Fact]
    public async Task Workflow_StartedAgain_GoesOnFromTheRecord()
    {
        CheckResult[] checks = [new(CheckKind.Address, true, "Bad.")];
        var waiting = NewApplication("Gabe", "ABadAddress").FlagForReview(checks, Now)!.Application;
        _events.Enqueue("""{"decision": "APPROVE"}""");

        Assert.Equal(Approved, await RunAsync(waiting.AsSubmitted(), record: waiting));
        _events.Enqueue("""{"decision": "REJECT"}""");
        Assert.Equal(Approved, await RunAsync(waiting.AsSubmitted(), record: _record));

        Assert.Equal(2, _activities.Count(activity => activity == "FlagApplication"));
        Assert.Single(_activities, activity => activity == "ApproveApplication");
    }

    [Theory]
    [InlineData("application_00000000-0000-4000-8000-000000000000")]
    [InlineData("other")]
    public async Task Workflow_UnderAnotherId_FailsBeforeAnything(string instanceId)
    {
        var application = NewApplication("Spock", "123 Street");
        _context.Setup(c => c.InstanceId).Returns(instanceId);

        await Assert.ThrowsAsync<ArgumentException>(() => ProcessApplication.Run(_context.Object, InputOf(application)));
        await Assert.ThrowsAsync<ArgumentException>(() => ProcessApplication.Run(_context.Object, InputOf(application with { Id = "other" })));
    }

    [Fact]
    public async Task Workflow_RetriesUsedUp_LogsTheIdAndFails()
    {
        var application = NewApplication("Spock", "123 Street");
        SetUp(application, application);
        Fails(nameof(ApproveApplication));

        await Assert.ThrowsAsync<TaskFailedException>(() => ProcessApplication.Run(_context.Object, InputOf(application)));

        var (level, text) = Assert.Single(_log.Lines);
        Assert.Equal(LogLevel.Error, level);
        Assert.Contains(application.Id, text);
        Assert.DoesNotContain("Spock", text);
    }

    [Theory]
    [InlineData(nameof(ApproveApplication))]
    [InlineData(nameof(FlagApplication))]
    public async Task Workflow_RetriesUsedUpAfterADecision_KeepsItInTheInputAndThenFails(string activity)
    {
        _events.Enqueue("""{"decision": "APPROVE", "reviewer": "ada"}""");
        var application = NewApplication("Gabe", "ABadAddress");
        SetUp(application, application);
        Fails(activity);
        object? input = null;
        _context.Setup(c => c.ContinueAsNew(It.IsAny<object?>(), true)).Callback((object? next, bool _) => input = next);

        await ProcessApplication.Run(_context.Object, InputOf(application));

        var kept = Assert.IsType<WorkflowInput>(input);
        Assert.Equal((application.Id, "Gabe", "ABadAddress"), (kept.Id, kept.Name, kept.Address));
        Assert.Equal(new Review(Decision.Approve, "ada", null, Now), kept.Review);
        Assert.Equal([LogLevel.Warning], _log.Lines.Select(line => line.Level));

        // With it in the input already, a failure is one.
        await Assert.ThrowsAsync<TaskFailedException>(() => ProcessApplication.Run(_context.Object, kept));

        // And once storage answers again, nobody is asked.
        Assert.Equal(Approved, await RunAsync(kept, _record));
        Assert.Equal(kept.Review, _record.Review);
    }

    [Fact]
    public async Task Workflow_EventsThatCannotBeSent_GoesOnUntilTheyAre()
    {
        List<double> pauses = [];
        _context.Setup(c => c.CreateTimer(It.IsAny<TimeSpan>(), It.IsAny<CancellationToken>()))
            .Callback((TimeSpan pause, CancellationToken _) => pauses.Add(pause.TotalSeconds)).Returns(Task.CompletedTask);
        var application = NewApplication("Spock", "123 Street");
        SetUp(application, application);
        var tries = 0;
        Activity<AccountApplication, AccountApplication>(nameof(ApproveApplication), wanted =>
        {
            Change(_record.Approve(wanted.Checks, wanted.Reviews, Now));
            return ++tries <= 8 ? throw new EventsUnsentException(new StorageUnavailableException("No answer.")) : _record;
        });

        Assert.Equal(Approved, await ProcessApplication.Run(_context.Object, InputOf(application)));

        Assert.Equal([1, 2, 4, 8, 16, 32, 60, 60], pauses);
        Assert.False(ProcessApplication.MayPass(DetailsOf(new EventsUnsentException(new StorageUnavailableException("No answer.")))));
    }

    [Fact]
    public async Task Workflow_CleanWithADecisionInItsInput_IsApprovedByItsChecks()
    {
        var application = NewApplication("Spock", "123 Street");

        Assert.Equal(Approved, await RunAsync(application with { Review = new Review(Decision.Reject, "ada", null, Now) }, application));

        Assert.Null(_record.Review);
    }

    [Fact]
    public async Task Activities_EveryCall_IsRetriedThreeTimesAfter1sDoubling()
    {
        _events.Enqueue("""{"decision": "APPROVE"}""");

        await RunAsync("Gabe", "ABadAddress");

        Assert.Equal(4, _options.Count);
        Assert.All(_options, options =>
        {
            var policy = options!.Retry!.Policy!;
            Assert.Equal(4, policy.MaxNumberOfAttempts);
            Assert.Equal(TimeSpan.FromSeconds(1), policy.FirstRetryInterval);
            Assert.Equal(2, policy.BackoffCoefficient);
        });
    }

    [Fact]
    public void Failure_OfWhatMayPass_IsTriedAgain()
    {
        Assert.True(ProcessApplication.MayPass(DetailsOf(new StorageUnavailableException("No answer."))));
        Assert.False(ProcessApplication.MayPass(DetailsOf(new UnprocessableDataException())));
        Assert.False(ProcessApplication.MayPass(DetailsOf(new InvalidOperationException("A bug."))));

        // As the Functions host reports that the worker process died under an activity.
        var killed = new TaskFailureDetails("Microsoft.Azure.WebJobs.Script.Workers.WorkerProcessExitException", "dotnet exited with code 137", null, null, null);
        Assert.True(ProcessApplication.MayPass(new TaskFailureDetails(
            "Microsoft.Azure.WebJobs.Host.FunctionInvocationException", "Exception while executing function: Functions.CheckName", null, killed, null)));
    }

    private static TaskFailureDetails DetailsOf(Exception exception) => new TaskFailedException("Any", 0, exception).FailureDetails;

    private Task<ApplicationState> RunAsync(string name, string address)
    {
        var application = NewApplication(name, address);
        return RunAsync(application, application);
    }

    private Task<ApplicationState> RunAsync(AccountApplication application, AccountApplication record)
    {
        SetUp(application, record);
        return ProcessApplication.Run(_context.Object, InputOf(application));
    }

    /// <summary>As the workflow reads what it was started with.</summary>
    private static WorkflowInput InputOf(AccountApplication application) =>
        application as WorkflowInput ?? JsonSerializer.Deserialize<WorkflowInput>(JsonSerializer.Serialize(application))!;

    private static AccountApplication NewApplication(string name, string address) =>
        AccountApplication.Submitted(AccountApplicationId.New(), name, address, Now);

    private void SetUp(AccountApplication application, AccountApplication record)
    {
        _record = record;
        _context.Setup(c => c.InstanceId).Returns(application.Id);
        _context.Setup(c => c.CurrentUtcDateTime).Returns(Now);
        _context.Setup(c => c.CreateReplaySafeLogger(It.IsAny<string>())).Returns(_log);
        _context.Setup(c => c.CompareVersionTo("2")).Returns(-1);
        _context
            .Setup(c => c.WaitForExternalEvent<JsonElement?>("Withdrawal", It.IsAny<CancellationToken>()))
            .Returns(new TaskCompletionSource<JsonElement?>().Task);
        _context
            .Setup(c => c.WaitForExternalEvent<JsonElement?>("ReviewDecision", It.IsAny<CancellationToken>()))
            .Returns(() => _events.TryDequeue(out var json)
                ? Task.FromResult(json.Length > 0 ? JsonSerializer.Deserialize<JsonElement>(json) : (JsonElement?)null)
                : new TaskCompletionSource<JsonElement?>().Task);
        Activity<string, CheckResult>(nameof(CheckName), CheckName.Run);
        Activity<string, CheckResult>(nameof(CheckAddress), CheckAddress.Run);
        Activity<AccountApplication, AccountApplication>(
            nameof(ApproveApplication), wanted => Change(_record.Approve(wanted.Checks, wanted.Reviews, Now)));
        Activity<AccountApplication, AccountApplication>(
            nameof(RejectApplication), wanted => Change(_record.Reject(wanted.Reviews, Now)));
        Activity<FlagRequest, AccountApplication>(nameof(FlagApplication), wanted => Change(
            wanted.Type == FlagType.Review ? _record.FlagForReview(wanted.Application.Checks, Now) : _record.FlagUnprocessable(Now)));
    }

    private void Fails(string activity) => _context
        .Setup(c => c.CallActivityAsync<AccountApplication>(activity, It.IsAny<object?>(), It.IsAny<TaskOptions?>()))
        .ThrowsAsync(new TaskFailedException(activity, 2, new StorageUnavailableException("No answer.")));

    private AccountApplication Change(StateChange? change) => _record = change?.Application ?? _record;

    private void Activity<TInput, TResult>(string name, Func<TInput, TResult> run) => _context
        .Setup(c => c.CallActivityAsync<TResult>(name, It.IsAny<object?>(), It.IsAny<TaskOptions?>()))
        .Returns((TaskName _, object? input, TaskOptions? options) =>
        {
            _activities.Add(name);
            _options.Add(options);
            try
            {
                return Task.FromResult(run((TInput)input!));
            }
            catch (Exception e)
            {
                return Task.FromException<TResult>(new TaskFailedException(name, _activities.Count, e));
            }
        });
}
