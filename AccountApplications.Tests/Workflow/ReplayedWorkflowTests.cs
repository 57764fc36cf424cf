using System.Collections.Concurrent;
using System.Text.Json;
using AccountApplications.Functions.Applications;
using AccountApplications.Functions.Storage;
using AccountApplications.Functions.Workflow;
using AccountApplications.Tests.Fixtures;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.DurableTask.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using static AccountApplications.Functions.Applications.ApplicationState;

namespace AccountApplications.Tests.Workflow;

/// <summary>The workflow on the SDK's own replay, with real waits and retries, and records in memory.</summary>
public sealed class ReplayedWorkflowTests : IAsyncLifetime
{
    private static readonly Func<TaskOrchestrationContext, AccountApplication, Task<ApplicationState>> Workflow = ProcessApplication.Run;

    private readonly ConcurrentDictionary<string, AccountApplication> _records = new();
    private readonly ConcurrentDictionary<string, int> _failing = new();
    private DurableTaskTestHost _host = null!;

    public async Task InitializeAsync() => _host = await DurableTaskTestHost.StartAsync(
        registry =>
        {
            registry.AddOrchestratorFunc(nameof(ProcessApplication), Workflow);
            registry.AddActivityFunc<string, CheckResult>(nameof(CheckName), (_, name) => CheckName.Run(name));
            registry.AddActivityFunc<string, CheckResult>(nameof(CheckAddress), (_, address) => CheckAddress.Run(address));
            Changing<FlagRequest>(registry, nameof(FlagApplication), request => request.Application, (request, current) => request.Type == FlagType.Review
                ? current.FlagForReview(request.Application.Checks, DateTime.UtcNow) : current.FlagUnprocessable(DateTime.UtcNow));
            Changing<AccountApplication>(registry, nameof(ApproveApplication), wanted => wanted, (wanted, current) => current.Approve(wanted.Checks, wanted.Review, DateTime.UtcNow));
            Changing<AccountApplication>(registry, nameof(RejectApplication), wanted => wanted, (wanted, current) => current.Reject(wanted.Review, DateTime.UtcNow));
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
        var id = await StartAsync(name, address);
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

    private void Changing<T>(DurableTaskRegistry registry, string name, Func<T, AccountApplication> applicationOf, Func<T, AccountApplication, StateChange?> change) =>
        registry.AddActivityFunc<T, AccountApplication>(name, (_, input) =>
        {
            var application = applicationOf(input);
            if (_failing.TryGetValue(application.Id, out var left) && left > 0)
            {
                _failing[application.Id] = left - 1;
                throw new StorageUnavailableException("No answer.");
            }

            var current = _records.GetOrAdd(application.Id, _ => application.AsSubmitted());
            return _records[application.Id] = change(input, current)?.Application ?? current;
        });

    private ApplicationState? StateOf(string id) => _records.GetValueOrDefault(id)?.State;

    private async Task<string> StartAsync(string name, string address, int failing = 0)
    {
        var application = AccountApplication.Submitted(AccountApplicationId.New(), name, address, DateTime.UtcNow);
        _failing[application.Id] = failing;
        return await _host.Client.ScheduleNewOrchestrationInstanceAsync(nameof(ProcessApplication), application, new StartOrchestrationOptions(application.Id));
    }

    private Task RaiseAsync(string id, string payload) =>
        _host.Client.RaiseEventAsync(id, ReviewDecision.EventName, JsonSerializer.Deserialize<JsonElement>(payload));

    private async Task<ApplicationState> EndAsync(string id)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        var ended = await _host.Client.WaitForInstanceCompletionAsync(id, getInputsAndOutputs: true, patience.Token);
        Assert.Equal(OrchestrationRuntimeStatus.Completed, ended.RuntimeStatus);
        return ended.ReadOutputAs<ApplicationState>();
    }
}
