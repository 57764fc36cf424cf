using System.Net;
using AccountApplications.EmbeddedHost.Local;
using AccountApplications.Functions.Applications;
using AccountApplications.Functions.Storage;
using AccountApplications.Tests.Embedded;
using AccountApplications.Tests.Fixtures;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Data.Tables;
using Microsoft.DurableTask;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace AccountApplications.Tests.EndToEnd;

public sealed class OutageTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    [Fact]
    public async Task Routes_WhileStorageDoesNotAnswer_AnswerSoAndRecover()
    {
        var folder = Directory.CreateTempSubdirectory("outage-tests-").FullName;
        var options = new AzuriteOptions { Root = Azurite.FindRoot(AppContext.BaseDirectory), Folder = folder };
        var storage = await Azurite.StartAsync(options);
        try
        {
            await using var app = await TestHost.StartAppAsync(storage.ConnectionString, TestHost.NewHub());
            var id = (await app.SubmitUntilAsync(AppClient.Flagged, "FLAGGED_FOR_REVIEW")).Id();
            await storage.DisposeAsync();

            var answers = await Task.WhenAll(
                app.Http.GetAsync("/api/health"),
                app.Http.GetAsync($"/api/applications/{id}"),
                app.Http.GetAsync("/api/applications?state=APPROVED"),
                app.SubmitAsync(AppClient.Clean),
                app.ReviewAsync(id, AppClient.Approve)).WaitAsync(TimeSpan.FromSeconds(10));

            foreach (var answer in answers)
            {
                await answer.AssertProblemAsync(HttpStatusCode.ServiceUnavailable);
                Assert.True(answer.Headers.RetryAfter?.Delta > TimeSpan.Zero);
            }

            storage = await Azurite.StartAsync(options with { TablePort = storage.TableEndpoint.Port });
            await Eventually.Async(async () => (await app.Http.GetAsync("/api/health")).StatusCode == HttpStatusCode.OK);
            // The lease may be long over, and its renewal still under way.
            var review = await Eventually.Async(
                () => app.ReviewAsync(id, AppClient.Approve), answer => answer.StatusCode != HttpStatusCode.ServiceUnavailable);
            Assert.Equal(HttpStatusCode.OK, review.StatusCode);
            await app.SubmitUntilAsync(AppClient.Clean, "APPROVED");
        }
        finally
        {
            await storage.DisposeAsync();
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Tables_DeletedWhileItRuns_ComeBack()
    {
        var hub = TestHost.NewHub();
        await using var app = await TestHost.StartAppAsync(azurite.ConnectionString, hub);
        var lost = (await app.SubmitUntilAsync(AppClient.Clean, "APPROVED")).Id();
        var storage = new TableServiceClient(azurite.ConnectionString);
        await foreach (var table in storage.QueryAsync(table => table.Name.CompareTo(hub) >= 0 && table.Name.CompareTo(hub + "Z") < 0))
            await storage.DeleteTableAsync(table.Name);

        await Eventually.Async(async () =>
        {
            var answer = await app.SubmitAsync(AppClient.Clean);
            if (answer.StatusCode != HttpStatusCode.Accepted)
                await answer.AssertProblemAsync(HttpStatusCode.ServiceUnavailable);
            return answer.StatusCode == HttpStatusCode.Accepted;
        });

        await app.SubmitUntilAsync(AppClient.Clean, "APPROVED");
        Assert.Equal(HttpStatusCode.NotFound, (await app.Http.GetAsync($"/api/applications/{lost}")).StatusCode);
    }

    [Fact]
    public async Task Activity_ThatFailsForAMoment_IsTriedAgain()
    {
        var outage = new Outage { Left = 3 };
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var app = await StartAsync(outage, time);

        var id = await StartWorkflowAsync(app);

        await Eventually.Async(async () =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            Assert.Equal("APPROVED", (await app.ReadAsync(id)).Text("state"));
        });
        Assert.Equal(4, outage.Transactions);
        Assert.Equal(["SUBMITTED", "APPROVED"], (await app.ReadAsync(id)).States());
        await app.InstanceUntilAsync(id, "Completed");
    }

    [Fact]
    public async Task Activity_ThatFailsForGood_FailsTheWorkflowUntilItIsStartedAgain()
    {
        var outage = new Outage { Left = int.MaxValue };
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var app = await StartAsync(outage, time);

        var id = await StartWorkflowAsync(app);
        var failed = await Eventually.Async(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return app.InstanceAsync(id);
            },
            instance => instance.Text("runtimeStatus") == "Failed");

        Assert.Equal(4, outage.Transactions);
        Assert.StartsWith(
            "Microsoft.DurableTask.TaskFailedException: Task 'ApproveApplication' (#", failed.Text("output"), StringComparison.Ordinal);
        Assert.Contains("failed with an unhandled exception: ", failed.Text("output"), StringComparison.Ordinal);
        Assert.Contains(app.Log, line => line.StartsWith("Error", StringComparison.Ordinal)
            && line.Contains(id, StringComparison.Ordinal) && line.Contains("ApproveApplication", StringComparison.Ordinal));

        outage.Left = 0;
        var input = failed.GetProperty("input").GetRawText();
        await app.PostAsync($"{AppClient.Workflows}/orchestrators/ProcessApplication/{id}", input);

        Assert.Equal(["SUBMITTED", "APPROVED"], (await app.UntilAsync(id, "APPROVED")).States());
        await app.InstanceUntilAsync(id, "Completed");
    }

    private Task<TestHost> StartAsync(Outage outage, TimeProvider time)
    {
        var hub = TestHost.NewHub();
        return TestHost.StartAppAsync(azurite.ConnectionString, hub, builder =>
        {
            var options = StorageOptions.ClientOptions();
            options.Retry.MaxRetries = 0;
            options.AddPolicy(outage, HttpPipelinePosition.PerRetry);
            builder.Services.AddSingleton(new Tables(new TableServiceClient(azurite.ConnectionString, options), hub));
            builder.Services.AddSingleton(time);
        });
    }

    // Without the API, whose own requests would meet the outage first.
    private static async Task<string> StartWorkflowAsync(TestHost app)
    {
        var application = AccountApplication.Submitted(AccountApplicationId.New(), "Spock", "123 Enterprise Street", DateTime.UtcNow);
        return await app.Durable.ScheduleNewOrchestrationInstanceAsync(
            "ProcessApplication", application, new StartOrchestrationOptions(application.Id));
    }

    /// <summary>Fails what changes an application's state.</summary>
    private sealed class Outage : HttpPipelinePolicy
    {
        private int _transactions;

        /// <summary>How many are still to fail.</summary>
        public int Left { get; set; }

        public int Transactions => _transactions;

        public override ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
        {
            if (!message.Request.Uri.Path.Contains("$batch", StringComparison.Ordinal))
                return ProcessNextAsync(message, pipeline);
            Interlocked.Increment(ref _transactions);
            return Left-- > 0 ? throw new IOException("The connection is broken.") : ProcessNextAsync(message, pipeline);
        }

        public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) => throw new NotSupportedException();
    }
}
