using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text.Json;
using AccountApplications.Tests.Fixtures;

namespace AccountApplications.Tests.EndToEnd;

/// <summary>A host by itself: what waits there waits for nobody else.</summary>
public sealed class QueueFixture : IAsyncLifetime
{
    internal TestHost App { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        var azurite = new AzuriteFixture();
        await azurite.InitializeAsync();
        App = await TestHost.StartAppAsync(azurite.ConnectionString, TestHost.NewHub(), ("AccountApplications__Review__DueAfter", "00:00:01"));
    }

    public async Task DisposeAsync() => await App.DisposeAsync();
}

public sealed class QueueTests(QueueFixture fixture, Figures figures) : IClassFixture<QueueFixture>, IClassFixture<Figures>
{
    private TestHost App => fixture.App;

    [Fact]
    public async Task Claim_OfAWaitingApplication_KeepsItForItsReviewer()
    {
        var id = await App.NewWaitingAsync();
        await Eventually.Async(async () => (await App.ReadAsync(id)).GetProperty("remindedAt").ValueKind == JsonValueKind.String);
        var before = await App.ReadAsync(id);

        var claimed = await (await App.ClaimAsAsync("ada@example.org", id)).JsonAsync();

        var claim = claimed.GetProperty("claim");
        Assert.Equal((id, "ada@example.org"), (claimed.Id(), claim.Text("reviewer")));
        Assert.InRange(claim.GetProperty("until").GetDateTime() - DateTime.UtcNow, TimeSpan.FromMinutes(14), TimeSpan.FromMinutes(15));
        Assert.Equal(claim.GetRawText(), (await App.ReadAsync(id)).GetProperty("claim").GetRawText());
        Assert.Equal(before.Text("updatedAt"), (await App.ReadAsync(id)).Text("updatedAt"));
        var listed = (await (await App.Http.GetAsync("/api/applications?state=FLAGGED_FOR_REVIEW&pageSize=100")).JsonAsync()).GetProperty("items").EnumerateArray();
        Assert.Equal(claim.GetRawText(), listed.Single(item => item.Id() == id).GetProperty("claim").GetRawText());

        var until = claim.GetProperty("until").GetDateTime().ToString("u", CultureInfo.InvariantCulture);
        foreach (var answer in new[] { await App.ClaimAsAsync(null, id), await App.ReleaseAsAsync("bob", id), await App.ReviewAsAsync("bob", id, AppClient.Reject) })
            Assert.Equal($"ada@example.org has claimed it until {until}.", (await answer.AssertProblemAsync(HttpStatusCode.Conflict)).Text("detail"));

        var renewed = (await (await App.ClaimAsAsync("ADA@example.org", id)).JsonAsync()).GetProperty("claim");
        Assert.True(renewed.GetProperty("until").GetDateTime() > claim.GetProperty("until").GetDateTime());
        Assert.Equal(HttpStatusCode.NoContent, (await App.ReleaseAsAsync("ada@example.org", id)).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await App.ReleaseAsAsync("bob", id)).StatusCode);
        Assert.Equal(JsonValueKind.Null, (await App.ReadAsync(id)).GetProperty("claim").ValueKind);

        await App.ClaimAsAsync("ada@example.org", id);
        var decided = await (await App.ReviewAsAsync("ada@example.org", id, AppClient.Approve)).JsonAsync();
        Assert.Equal(("APPROVED", JsonValueKind.Null), (decided.Text("state"), decided.GetProperty("claim").ValueKind));
        Assert.Contains("APPROVED", (await (await App.ClaimAsAsync("bob", id)).AssertProblemAsync(HttpStatusCode.Conflict)).Text("detail"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NoContent, (await App.ReleaseAsAsync("bob", id)).StatusCode);
        // Decided outranks claimed.
        Assert.Equal(HttpStatusCode.OK, (await App.ReviewAsAsync("bob", id, AppClient.Approve)).StatusCode);
    }

    [Theory]
    [InlineData("POST", "/api/applications/application_6f9619ff-8b86-4011-b42d-00c04fc964ff/claim", null, HttpStatusCode.NotFound)]
    [InlineData("DELETE", "/api/applications/application_6f9619ff-8b86-4011-b42d-00c04fc964ff/claim", null, HttpStatusCode.NotFound)]
    [InlineData("POST", "/api/applications/application_6f9619ff-8b86-4011-b42d-00c04fc964ff/withdraw", null, HttpStatusCode.NotFound)]
    [InlineData("POST", "/api/applications/x/claim", null, HttpStatusCode.NotFound)]
    [InlineData("DELETE", "/api/applications/x/claim", null, HttpStatusCode.NotFound)]
    [InlineData("POST", "/api/applications/x/withdraw", null, HttpStatusCode.NotFound)]
    [InlineData("POST", "/api/queue/next", """{"after":"application_6f9619ff-8b86-4011-b42d-00c04fc964ff"}""", HttpStatusCode.NotFound)]
    [InlineData("POST", "/api/queue/next", """{"after":"x"}""", HttpStatusCode.BadRequest, "after")]
    [InlineData("POST", "/api/queue/next", """{"after":7}""", HttpStatusCode.BadRequest, "after")]
    [InlineData("POST", "/api/queue/next", "[]", HttpStatusCode.BadRequest)]
    [InlineData("POST", "/api/applications/application_6f9619ff-8b86-4011-b42d-00c04fc964ff/review", """{"decision":"MAYBE"}""", HttpStatusCode.NotFound)]
    public async Task Request_ForWhatIsNotThere_IsRefused(string method, string path, string? body, HttpStatusCode status, params string[] fields) =>
        await (await App.SendAsAsync("ada", method, path, body)).AssertProblemAsync(status, fields);

    [Fact]
    public async Task Queue_WithSomeClaimedAndOverdue_IsCountedAndGivenOutInOrder()
    {
        await App.ClearListsAsync();
        Assert.Equal("""{"waiting":0,"overdue":0,"oldestSubmittedAt":null,"more":false}""", await App.Http.GetStringAsync("/api/queue"));
        foreach (var body in (string?[])[null, "{}", """{"after":null}"""])
            Assert.Equal(HttpStatusCode.NoContent, (await App.SendAsAsync("ada", "POST", "/api/queue/next", body)).StatusCode);

        string[] ids = [await App.NewWaitingAsync(), await App.NewWaitingAsync(), await App.NewWaitingAsync()];
        await Eventually.Async(async () =>
        {
            var queue = await (await App.Http.GetAsync("/api/queue")).JsonAsync();
            Assert.Equal((3, 3), (queue.GetProperty("waiting").GetInt32(), queue.GetProperty("overdue").GetInt32()));
            Assert.Equal((await App.ReadAsync(ids[0])).Text("submittedAt"), queue.Text("oldestSubmittedAt"));
        });
        await App.ClaimAsAsync("bob", ids[0]);

        var next = await (await App.SendAsAsync("ada", "POST", "/api/queue/next")).JsonAsync();
        Assert.Equal((ids[1], "ada"), (next.Id(), next.GetProperty("claim").Text("reviewer")));
        // One that has ended is a place in the queue too.
        await App.WithdrawAsync(ids[0]);
        Assert.Equal(ids[2], (await (await App.SendAsAsync("ada", "POST", "/api/queue/next", $$"""{"after":"{{ids[0]}}"}""")).JsonAsync()).Id());
        Assert.Equal(HttpStatusCode.NoContent, (await App.SendAsAsync("ada", "POST", "/api/queue/next")).StatusCode);
    }

    [Fact]
    public async Task Queue_OfFifty_IsWorkedOffByThreeAtOnce()
    {
        await App.ClearListsAsync();
        var waiting = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => App.NewWaitingAsync()));
        var given = new ConcurrentDictionary<string, string>();

        await Task.WhenAll(((string[])["ada", "bob", "eve"]).Select(async reviewer =>
        {
            while (await App.SendAsAsync(reviewer, "POST", "/api/queue/next") is { StatusCode: HttpStatusCode.OK } next)
            {
                var id = (await next.JsonAsync()).Id();
                Assert.True(given.TryAdd(id, reviewer), "Two got the same one.");
                Assert.Equal(HttpStatusCode.OK, (await App.ReviewAsAsync(reviewer, id, AppClient.Approve)).StatusCode);
            }
        }));

        Assert.Equal(waiting.Order(), given.Keys.Order());
        foreach (var (id, reviewer) in given)
            Assert.Equal(reviewer, (await App.ReadAsync(id)).GetProperty("review").Text("reviewer"));
        figures.Print($"Fifty worked off by three: {string.Join(", ", given.Values.CountBy(reviewer => reviewer).Select(share => $"{share.Key} {share.Value}"))}.");
    }

    [Fact]
    public async Task Withdrawal_OfAWaitingApplication_EndsIt()
    {
        var id = await App.NewWaitingAsync();
        await App.ClaimAsAsync("ada", id);

        var withdrawn = await (await App.WithdrawAsync(id)).JsonAsync();

        Assert.Equal(("WITHDRAWN", JsonValueKind.Null, 0), (withdrawn.Text("state"), withdrawn.GetProperty("review").ValueKind, withdrawn.GetProperty("reviews").GetArrayLength()));
        var read = await App.ReadAsync(id);
        Assert.Equal(["SUBMITTED", "FLAGGED_FOR_REVIEW", "WITHDRAWN"], read.States());
        Assert.Equal("applicant", read.GetProperty("history")[2].Text("by"));
        Assert.Equal(HttpStatusCode.OK, (await App.WithdrawAsync(id)).StatusCode);
        Assert.Contains("WITHDRAWN", (await (await App.ReviewAsync(id, AppClient.Approve)).AssertProblemAsync(HttpStatusCode.Conflict)).Text("detail"), StringComparison.Ordinal);
        await App.InstanceUntilAsync(id, "Completed");
        Assert.Contains($"WITHDRAWN {id}", await App.ListedAsync());
        Assert.DoesNotContain($"FLAGGED_FOR_REVIEW {id}", await App.ListedAsync());

        foreach (var (body, state) in ((string, string)[])[(AppClient.Clean, "APPROVED"), (AppClient.Unprocessable, "FLAGGED_WITH_UNPROCESSABLE_DATA")])
            Assert.Contains(state, (await (await App.WithdrawAsync((await App.SubmitUntilAsync(body, state)).Id())).AssertProblemAsync(HttpStatusCode.Conflict)).Text("detail"), StringComparison.Ordinal);
        var stopped = await App.NewWaitingAsync();
        await App.TerminateAsync(stopped);
        await (await App.WithdrawAsync(stopped)).AssertProblemAsync(HttpStatusCode.Conflict);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("7")]
    [InlineData("""{"why":"no"}""")]
    public async Task Withdrawal_RaisedAsAnEvent_Counts(string payload)
    {
        var id = await App.NewWaitingAsync();

        await App.RaiseAsync(id, payload, "Withdrawal");

        await App.UntilAsync(id, "WITHDRAWN");
    }

    /// <summary>A withdrawal that the workflow had been given, and was ended before it took it.</summary>
    [Fact]
    public async Task Withdrawal_BeforeADecisionAndARestart_Wins()
    {
        var id = await App.NewWaitingAsync();
        await App.SuspendAsync(id);
        Assert.Equal(HttpStatusCode.Accepted, (await App.WithdrawAsync(id)).StatusCode);
        await App.RaiseAsync(id, AppClient.Approve);
        await App.TerminateAsync(id);

        Assert.Equal(HttpStatusCode.Accepted, (await App.SendAsAsync(null, "POST", $"/api/applications/{id}/restart")).StatusCode);

        await App.UntilAsync(id, "WITHDRAWN");
    }
}
