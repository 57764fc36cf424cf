using System.Text.Json;
using AccountApplications.Tests.EndToEnd;
using AccountApplications.Tests.Fixtures;
using AccountApplications.Tests.Telemetry.Otlp;

namespace AccountApplications.Tests.Telemetry;

/// <summary>The app on the local host beside a collector, after a whole day's work.</summary>
public sealed class TelemetryTests(TelemetryTests.Day day) : IClassFixture<TelemetryTests.Day>
{
    private const string Name = "Mxyzptlk";
    private const string Address = "Zrfffstreet";
    private const string Comment = "Qwzrtlbrmft";

    [Fact]
    public async Task Trace_OfAnApplication_LeadsFromItsSubmissionThroughTheWorkflowToItsReview()
    {
        var all = await Eventually.Async(() => Task.FromResult(new SpanTree(day.Collector.Spans)), spans => Approved(spans) is not null);

        var handedOver = Approved(all)!;
        var root = all.RootOf(handedOver)!;
        var trace = all.Spans.Where(span => span.TraceId.Equals(handedOver.TraceId)).ToList();
        Assert.Equal("POST api/applications", root.Name);
        Assert.All(trace, span => Assert.Equal(root, all.RootOf(span)));
        string[] steps =
        [
            "function SubmitApplication", "create_orchestration:ProcessApplication@2", "orchestration:ProcessApplication@(2)", "function CheckName",
            "function CheckAddress", "function FlagApplication", "function ApproveApplication",
        ];
        Assert.Superset(steps.ToHashSet(), trace.Select(span => span.Name).ToHashSet());
        // What the activity asks of storage is part of it.
        Assert.Contains(trace, span => span.Name == "TableClient.SubmitTransaction" && all.ParentOf(span)?.Name == "function FlagApplication");

        // The review is a trace of its own, perhaps days later.
        var review = Assert.Single(all.Spans, span => span.SpanId.Equals(Assert.Single(handedOver.Links).SpanId));
        Assert.Equal("function ReviewApplication", review.Name);
        Assert.NotEqual(handedOver.TraceId, review.TraceId);
        Assert.Equal("POST api/applications/{id}/review", all.RootOf(review)?.Name);

        // null until the trace is complete.
        static Span? Approved(SpanTree spans) => spans.Named("hand over ReviewDecision").FirstOrDefault(handedOver =>
            spans.RootOf(handedOver) is { } root && spans.Named("orchestration:ProcessApplication@(2)").Any(end => spans.RootOf(end) == root)
            && spans.Named("function ApproveApplication").Any(end => spans.RootOf(end) == root));
    }

    [Fact]
    public Task Metrics_OfTheDay_AreWhatHappened() => Eventually.Async(() =>
    {
        const string Meter = "account_applications";
        string[] happened =
        [
            $"{Meter}.changes SUBMITTED = 6",
            $"{Meter}.changes FLAGGED_FOR_REVIEW = 4",
            $"{Meter}.changes REVIEW_APPROVED = 1",
            $"{Meter}.changes APPROVED = 2",
            $"{Meter}.changes WITHDRAWN = 1",
            $"{Meter}.changes REJECTED = 1",
            $"{Meter}.changes FLAGGED_WITH_UNPROCESSABLE_DATA = 1",
            $"{Meter}.decision.duration APPROVED = 2",
            $"{Meter}.decision.duration REJECTED = 1",
            $"{Meter}.decisions APPROVE = 1",
            $"{Meter}.decisions REJECT = 1",
            $"{Meter}.checks clean address-with-number-beside-word/1 = 2",
            $"{Meter}.checks flagged address-with-number-beside-word/1 = 4",
            $"{Meter}.checks clean name-without-flagged-word/1 = 4",
            $"{Meter}.checks flagged name-without-flagged-word/1 = 1",
            $"{Meter}.checks unprocessable name-without-flagged-word/1 = 1",
            $"{Meter}.count SUBMITTED = 0",
            $"{Meter}.count FLAGGED_FOR_REVIEW = 1",
            $"{Meter}.oldest SUBMITTED = 0",
            $"{Meter}.overdue = 0",
        ];
        var metrics = day.Collector.Metrics;
        Assert.Empty(happened.Except(metrics.Select(metric => $"{metric.Key} = {metric.Value}")));
        Assert.InRange(metrics[$"{Meter}.oldest FLAGGED_FOR_REVIEW"], 0.001, 600);
        Assert.Contains(metrics, metric => metric.Key == $"{Meter}.storage.retries" && metric.Value > 0);
        return Task.CompletedTask;
    });

    [Fact]
    public async Task NothingThatIsSent_NamesAnApplicantOrQuotesAComment()
    {
        await Eventually.Async(() => day.Collector.Logs.Count(log => log.Body.StringValue.EndsWith(" is APPROVED", StringComparison.Ordinal)) == 2);
        await Eventually.Async(() => day.Collector.Spans.Any(span => span.Name == "function EraseTraces"));

        Assert.All(day.Collector.Bodies, body =>
        {
            foreach (var secret in (string[])[Name, Address, Comment])
                Assert.DoesNotContain(secret, body, StringComparison.OrdinalIgnoreCase);
        });
    }

    [Theory]
    [InlineData("localhost:4317")]
    [InlineData("collector")]
    public async Task Collector_WithoutAnAddress_IsRefusedByName(string endpoint)
    {
        await using var host = TestHost.Start(
            ["--port", "0"], [("AzureWebJobsStorage", day.Storage), ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)]);

        Assert.Equal(1, await host.ExitAsync());
        Assert.Contains(host.Errors, line => line.Contains("OTEL_EXPORTER_OTLP_ENDPOINT must be an http or https address", StringComparison.Ordinal));
    }

    /// <summary>Six applications take every way that they can, and one request is sent to storage twice.</summary>
    public sealed class Day : IAsyncLifetime
    {
        private readonly AzuriteFixture _azurite = new();
        private FaultyStorage _storage = null!;
        private TestHost _app = null!;

        public string Storage => _azurite.ConnectionString;

        internal Collector Collector { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            await _azurite.InitializeAsync();
            Collector = await Collector.StartAsync();
            _storage = await FaultyStorage.StartAsync(_azurite.ConnectionString);
            var hub = TestHost.NewHub();
            var refused = 0;
            _storage.OnRequest = request => request.IsTransaction && request.IsOfApp(hub) && Interlocked.Exchange(ref refused, 1) == 0
                ? request.RefuseAsync() : request.SendAsync();
            _app = await TestHost.StartAppAsync(_storage.ConnectionString, hub, Collector.Environment);

            await _app.SubmitUntilAsync(Body(Name, $"1 {Address}"), "APPROVED");
            await _app.SubmitUntilAsync(Body($"UNPROCESSABLE_DATA {Name}", $"1 {Address}"), "FLAGGED_WITH_UNPROCESSABLE_DATA");
            await NewWaitingAsync(Name);
            var (approved, rejected, withdrawn) = (await NewWaitingAsync(Name), await NewWaitingAsync($"evil {Name}"), await NewWaitingAsync(Name));
            await _app.ReviewAsync(approved, $$"""{"decision":"APPROVE","comment":"{{Comment}}"}""");
            await _app.ReviewAsync(rejected, $$"""{"decision":"REJECT","comment":"{{Comment}}"}""");
            await _app.RaiseAsync(withdrawn, $$"""{"decision":"{{Name}}","comment":"{{Comment}}"}""");
            await _app.WithdrawAsync(withdrawn);
            await _app.UntilAsync(approved, "APPROVED");
            await _app.UntilAsync(rejected, "REJECTED");
            await _app.UntilAsync(withdrawn, "WITHDRAWN");
            await _app.PostAsync("/admin/functions/MeasureQueue", "{}");

            // What is refused, what fails, and what is erased.
            await _app.SubmitAsync($$"""{"name":"{{Name}}","address":["{{Address}}"]}""");
            await _app.ReviewAsync(rejected, $$"""{"decision":"APPROVE","comment":"{{Comment}}"}""");
            await _app.Http.GetAsync($"/api/applications?state={Name}&pageToken={Address}");
            await _app.PostAsync($"{AppClient.Workflows}/orchestrators/ProcessApplication/failing", Body(Name, Address));
            await _app.InstanceUntilAsync("failing", "Failed");
            await _app.EraseAsync(rejected);
        }

        public async Task DisposeAsync()
        {
            await _app.DisposeAsync();
            await _storage.DisposeAsync();
            await Collector.DisposeAsync();
        }

        private async Task<string> NewWaitingAsync(string name) => (await _app.SubmitUntilAsync(Body(name, Address), "FLAGGED_FOR_REVIEW")).Id();

        private static string Body(string name, string address) => JsonSerializer.Serialize(new { name, address });
    }
}
