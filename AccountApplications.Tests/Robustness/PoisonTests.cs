using System.Diagnostics;
using System.Net;
using AccountApplications.EmbeddedHost.Functions;
using AccountApplications.Functions.Applications;
using AccountApplications.Functions.Storage;
using AccountApplications.Tests.EndToEnd;
using AccountApplications.Tests.Fixtures;
using Azure.Data.Tables;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace AccountApplications.Tests.Robustness;

/// <summary>What can never go well: it ends visibly, and everything else goes on.</summary>
public sealed class PoisonTests(AzuriteFixture azurite, Figures figures) : IClassFixture<AzuriteFixture>, IClassFixture<Figures>
{
    private readonly string _hub = TestHost.NewHub();

    [Fact]
    public async Task Record_EditedIntoNonsense_FailsVisiblyAndGoesOnOnceItIsRepaired()
    {
        await using var app = await TestHost.StartAppAsync(azurite.ConnectionString, _hub);
        var id = (await app.SubmitUntilAsync(AppClient.Flagged, "FLAGGED_FOR_REVIEW")).Id();
        var records = new TableClient(azurite.ConnectionString, $"{_hub}AccountApplications");
        TableEntity record = await records.GetEntityAsync<TableEntity>(id, "application");
        var sound = (string)record["Json"];
        await EditAsync("{ nonsense of Gabe");

        await (await app.Http.GetAsync($"/api/applications/{id}")).AssertProblemAsync(HttpStatusCode.InternalServerError);
        await (await app.ReviewAsync(id, AppClient.Approve)).AssertProblemAsync(HttpStatusCode.InternalServerError);
        await app.RaiseAsync(id, AppClient.Approve);
        var failed = await app.InstanceUntilAsync(id, "Failed");
        Assert.Contains(app.Log, line => line.Contains(" fail: ", StringComparison.Ordinal) && line.Contains($"{id}: ApproveApplication failed for good", StringComparison.Ordinal));
        Assert.All(app.Log, line => Assert.DoesNotContain("Gabe", line, StringComparison.Ordinal));

        // The rest keeps working, its own list too.
        await app.SubmitUntilAsync(AppClient.Clean, "APPROVED");
        Assert.Contains($"FLAGGED_FOR_REVIEW {id}", await app.ListedAsync());

        await EditAsync(sound);
        await app.PostAsync($"{AppClient.Workflows}/orchestrators/ProcessApplication/{id}", failed.GetProperty("input").GetRawText());
        // The decision is in its input.
        await app.InstanceUntilAsync(id, "Completed");
        Assert.Equal(["SUBMITTED", "FLAGGED_FOR_REVIEW", "REVIEW_APPROVED", "APPROVED"], (await app.ReadAsync(id)).States());

        Task EditAsync(string json)
        {
            record["Json"] = json;
            return records.UpdateEntityAsync(record, Azure.ETag.All, TableUpdateMode.Replace);
        }
    }

    [Fact]
    public async Task IndexRow_WithoutItsRecordOrEditedIntoNonsense_DoesNotTakeTheListDown()
    {
        await using var app = await TestHost.StartAppAsync(azurite.ConnectionString, _hub);
        var id = (await app.SubmitUntilAsync(AppClient.Flagged, "FLAGGED_FOR_REVIEW")).Id();
        var rows = new TableClient(azurite.ConnectionString, $"{_hub}AccountApplicationsIndex");
        var lonely = AccountApplication.Submitted(AccountApplicationId.New(), "Gabe", "ABadAddress", DateTime.UtcNow) with { State = ApplicationState.FlaggedForReview };
        await app.Services.GetRequiredService<ApplicationIndex>().UpsertAsync(lonely, CancellationToken.None);
        await rows.UpsertEntityAsync(new TableEntity($"FLAGGED_FOR_REVIEW_{id[^1]}", "0000000000000000000_nonsense") { ["Json"] = "{ nonsense" });
        await rows.UpsertEntityAsync(new TableEntity($"FLAGGED_FOR_REVIEW_{id[^1]}", "0000000000000000001_nothing"));

        var listed = await app.ListedAsync();

        Assert.Contains($"FLAGGED_FOR_REVIEW {id}", listed);
        Assert.Contains(app.Log, line => line.Contains(" warn: ", StringComparison.Ordinal) && line.Contains("0000000000000000000_nonsense", StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.NotFound, (await app.Http.GetAsync($"/api/applications/{lonely.Id}")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await app.ReviewAsync(lonely.Id, AppClient.Approve)).StatusCode);
    }

    [Fact]
    public async Task Record_WithoutItsIndexRow_ComesBackIntoItsListWhenItIsStartedAgain()
    {
        await using var app = await TestHost.StartAppAsync(azurite.ConnectionString, _hub);
        var application = await app.SubmitUntilAsync(AppClient.Clean, "APPROVED");
        await app.InstanceUntilAsync(application.Id(), "Completed");
        var rows = new TableClient(azurite.ConnectionString, $"{_hub}AccountApplicationsIndex");
        await foreach (var row in rows.QueryAsync<TableEntity>())
            await rows.DeleteEntityAsync(row);
        Assert.Empty(await app.ListedAsync());

        var input = (await app.InstanceAsync(application.Id())).GetProperty("input").GetRawText();
        await app.PostAsync($"{AppClient.Workflows}/orchestrators/ProcessApplication/{application.Id()}", input);

        await Eventually.Async(async () => Assert.Equal([$"APPROVED {application.Id()}"], await app.ListedAsync()));
    }

    [Fact]
    public async Task Event_OfOneMegabyte_IsIgnoredAndTheReviewStillCounts()
    {
        await using var app = await TestHost.StartAppAsync(azurite.ConnectionString, _hub);
        var id = (await app.SubmitUntilAsync(AppClient.Flagged, "FLAGGED_FOR_REVIEW")).Id();

        await app.RaiseAsync(id, $$"""{"decision":"{{new string('x', 1024 * 1024 - 100)}}"}""");
        var tooLarge = await app.PostAsync($"{AppClient.Workflows}/instances/{id}/raiseEvent/ReviewDecision", $"\"{new string('x', 1024 * 1024)}\"");

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, tooLarge.StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await app.ReviewAsync(id, AppClient.Approve)).StatusCode);
    }

    [Theory]
    [InlineData("ü")]
    [InlineData("<")]
    [InlineData("\\\"")]
    public async Task Events_LargeInWhateverTheyAreMadeOf_AreIgnoredAndTheReviewStillCounts(string part)
    {
        await using var app = await TestHost.StartAppAsync(azurite.ConnectionString, _hub);
        var id = (await app.SubmitUntilAsync(AppClient.Flagged, "FLAGGED_FOR_REVIEW")).Id();
        var payload = $"\"{string.Concat(Enumerable.Repeat(part, 1_000_000 / System.Text.Encoding.UTF8.GetByteCount(part)))}\"";

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => app.RaiseAsync(id, payload)));

        Assert.Equal("Running", (await app.InstanceAsync(id)).Text("runtimeStatus"));
        Assert.Equal(HttpStatusCode.OK, (await app.ReviewAsync(id, AppClient.Approve)).StatusCode);
    }

    [Fact]
    public async Task Event_ThatTakesTooMuchInAHistory_IsRefused()
    {
        await using var app = await TestHost.StartAppAsync(azurite.ConnectionString, _hub);
        var id = (await app.SubmitUntilAsync(AppClient.Flagged, "FLAGGED_FOR_REVIEW")).Id();

        var answer = await app.PostAsync(
            $"{AppClient.Workflows}/instances/{id}/raiseEvent/ReviewDecision", $"\"{string.Concat(Enumerable.Repeat("🚀", 250_000))}\"");

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await app.ReviewAsync(id, AppClient.Approve)).StatusCode);
    }

    [Fact]
    public async Task History_ThatIsSpoilt_FailsVisiblyAndIsFinishedByStartingAgain()
    {
        string id;
        var instances = new TableClient(azurite.ConnectionString, $"{_hub}Instances");
        await using (var first = await TestHost.StartAppAsync(azurite.ConnectionString, _hub))
        {
            id = (await first.SubmitUntilAsync(AppClient.Flagged, "FLAGGED_FOR_REVIEW")).Id();
            await first.InstanceUntilAsync(id, "Running");
        }

        await foreach (var row in instances.QueryAsync<TableEntity>(row => row.PartitionKey == id))
        {
            if (row.RowKey.StartsWith("h-", StringComparison.Ordinal))
                await instances.UpdateEntityAsync(new TableEntity(id, row.RowKey) { ["Events"] = "nonsense"u8.ToArray() }, Azure.ETag.All);
        }

        await using var app = await TestHost.StartAppAsync(azurite.ConnectionString, _hub);
        await app.PostAsync($"{AppClient.Workflows}/instances/{id}/raiseEvent/ReviewDecision", AppClient.Approve);
        var failed = await app.InstanceUntilAsync(id, "Failed");
        Assert.Contains(app.Log, line => line.Contains(" fail: ", StringComparison.Ordinal) && line.Contains($"history of instance '{id}'", StringComparison.Ordinal));
        await app.SubmitUntilAsync(AppClient.Clean, "APPROVED");

        await app.PostAsync($"{AppClient.Workflows}/orchestrators/ProcessApplication/{id}", failed.GetProperty("input").GetRawText());
        await Eventually.Async(async () => (await app.ReviewAsync(id, AppClient.Approve)).StatusCode == HttpStatusCode.OK);
        await app.InstanceUntilAsync(id, "Completed");
    }

    [Fact]
    public async Task Instances_ThatKeepFailing_EndVisiblyWhileOthersGoOn()
    {
        await using var app = await StartAsync();
        foreach (var poison in (string[])[nameof(Poison.Throws), nameof(Poison.CallsWhatFails)])
        {
            var id = await app.Durable.ScheduleNewOrchestrationInstanceAsync(poison);
            var ended = await app.Durable.WaitForInstanceCompletionAsync(id, getInputsAndOutputs: true).WaitAsync(TimeSpan.FromSeconds(20));
            Assert.Equal(OrchestrationRuntimeStatus.Failed, ended.RuntimeStatus);
            Assert.Contains(app.Log, line => line.Contains(" fail: ", StringComparison.Ordinal) && line.Contains(id, StringComparison.Ordinal));
        }

        var other = await app.Durable.ScheduleNewOrchestrationInstanceAsync(nameof(Poison.Counts), 3);
        Assert.Equal(3, (await app.Durable.WaitForInstanceCompletionAsync(other, getInputsAndOutputs: true)).ReadOutputAs<int>());
    }

    [Theory]
    [InlineData(nameof(Poison.Counts), 3_334, false)] // three events a step: 10,000
    [InlineData(nameof(Poison.Counts), 300, true)]
    [InlineData(nameof(Poison.CountsEvents), 2_000, false)]
    [InlineData(nameof(Poison.CountsEvents), 150, true)]
    public async Task History_ThatIsLong_IsWorkedThrough(string orchestrator, int steps, bool isReplayedEveryTurn)
    {
        await using var app = await StartAsync(time: null, $"--EmbeddedHost:ReplayEveryTurn={isReplayedEveryTurn}");
        var watch = Stopwatch.StartNew();

        var id = await app.Durable.ScheduleNewOrchestrationInstanceAsync(orchestrator, steps);
        for (var i = 0; orchestrator == nameof(Poison.CountsEvents) && i < steps; i++)
            await app.Durable.RaiseEventAsync(id, "Event", i);
        var ended = await app.Durable.WaitForInstanceCompletionAsync(id, getInputsAndOutputs: true).WaitAsync(TimeSpan.FromMinutes(5));

        figures.Print($"{orchestrator}{(isReplayedEveryTurn ? ", replayed every turn" : "")}: {steps} steps in {watch.Elapsed.TotalSeconds:F1} s.");
        Assert.Equal(steps, ended.ReadOutputAs<int>());
    }

    [Fact]
    public async Task Timer_OfAYear_SurvivesRestartsAndFiresThen()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        string id;
        await using (var first = await StartAsync(time))
        {
            id = await first.Durable.ScheduleNewOrchestrationInstanceAsync(nameof(Poison.WaitsAYear));
            await first.Durable.WaitForInstanceStartAsync(id);
            time.Advance(TimeSpan.FromDays(100));
        }

        await using var second = await StartAsync(time);
        for (var month = 0; month < 8; month++)
        {
            time.Advance(TimeSpan.FromDays(30));
            Assert.Equal(OrchestrationRuntimeStatus.Running, (await second.Durable.GetInstanceAsync(id))!.RuntimeStatus);
        }

        await Eventually.Async(async () =>
        {
            time.Advance(TimeSpan.FromDays(10));
            return (await second.Durable.GetInstanceAsync(id))!.IsCompleted;
        });
        Assert.InRange((await second.Durable.GetInstanceAsync(id, getInputsAndOutputs: true))!.ReadOutputAs<double>(), 365, 420);
    }

    private Task<TestHost> StartAsync(TimeProvider? time = null, params string[] settings) => TestHost.StartAsync(
        azurite.ConnectionString, _hub, new FunctionSource([typeof(Poison)]),
        builder => builder.Services.AddSingleton(time ?? TimeProvider.System), settings);

    public static class Poison
    {
        [Function(nameof(Throws))]
        public static Task<int> Throws([OrchestrationTrigger] TaskOrchestrationContext context) => throw new InvalidOperationException("Never.");

        [Function(nameof(CallsWhatFails))]
        public static Task CallsWhatFails([OrchestrationTrigger] TaskOrchestrationContext context) => context.CallActivityAsync(
            nameof(Fails), options: TaskOptions.FromRetryPolicy(new RetryPolicy(5, TimeSpan.FromMilliseconds(10))));

        [Function(nameof(Fails))]
        public static void Fails([ActivityTrigger] string? input) => throw new InvalidOperationException("Again.");

        [Function(nameof(Counts))]
        public static async Task<int> Counts([OrchestrationTrigger] TaskOrchestrationContext context, int steps)
        {
            var count = 0;
            while (count < steps)
                count = await context.CallActivityAsync<int>(nameof(Add), count);
            return count;
        }

        [Function(nameof(Add))]
        public static int Add([ActivityTrigger] int count) => count + 1;

        [Function(nameof(CountsEvents))]
        public static async Task<int> CountsEvents([OrchestrationTrigger] TaskOrchestrationContext context, int steps)
        {
            for (var count = 0; count < steps; count++)
                await context.WaitForExternalEvent<int>("Event");
            return steps;
        }

        [Function(nameof(WaitsAYear))]
        public static async Task<double> WaitsAYear([OrchestrationTrigger] TaskOrchestrationContext context)
        {
            var startedAt = context.CurrentUtcDateTime;
            await context.CreateTimer(startedAt.AddYears(1), CancellationToken.None);
            return (context.CurrentUtcDateTime - startedAt).TotalDays;
        }
    }
}
