using System.Net;
using System.Text.Json;
using AccountApplications.Tests.Fixtures;

namespace AccountApplications.Tests.EndToEnd;

/// <summary>Two approvals, rejections with a reason, deadlines: hosts on which they are configured.</summary>
public sealed class TermsTests(AzuriteFixture azurite, Figures figures) : IClassFixture<AzuriteFixture>, IClassFixture<Figures>, IAsyncLifetime
{
    private const string RejectWithComment = """{"decision":"REJECT","comment":"No such place."}""";

    private readonly string _hub = TestHost.NewHub();
    private readonly int _port = TestHost.FreePorts();
    private TestHost _app = null!;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _app.DisposeAsync();

    [Fact]
    public async Task Approvals_OfTwo_AreNeededWhateverIsConfiguredLater()
    {
        await StartAsync(("Approvals", "2"), ("RejectionNeedsComment", "true"));
        var id = await _app.NewWaitingAsync();

        // Looked at in this order: not there, bad, ended, nobody's, claimed.
        await (await _app.ReviewAsAsync(null, id, AppClient.Approve)).AssertProblemAsync(HttpStatusCode.Forbidden);
        await (await _app.ReviewAsAsync(null, id, AppClient.Reject)).AssertProblemAsync(HttpStatusCode.BadRequest, "comment");
        await (await _app.ReviewAsAsync("ada", id, """{"decision":"REJECT","comment":" \n"}""")).AssertProblemAsync(HttpStatusCode.BadRequest, "comment");
        await _app.ClaimAsAsync("bob", id);
        await (await _app.ReviewAsAsync(null, id, AppClient.Approve)).AssertProblemAsync(HttpStatusCode.Forbidden);
        await (await _app.ReviewAsAsync("ada", id, AppClient.Approve)).AssertProblemAsync(HttpStatusCode.Conflict);

        var first = await (await _app.ReviewAsAsync("bob", id, """{"decision":"APPROVE","comment":"Fine."}""")).JsonAsync();
        Assert.Equal(("FLAGGED_FOR_REVIEW", JsonValueKind.Null), (first.Text("state"), first.GetProperty("review").ValueKind));
        var review = Assert.Single(first.GetProperty("reviews").EnumerateArray());
        Assert.Equal(("APPROVE", "bob", "Fine."), (review.Text("decision"), review.Text("reviewer"), review.Text("comment")));
        Assert.Equal(2, first.GetProperty("terms").GetProperty("approvals").GetInt32());
        // It ends the claim, and bob does not get it from the queue again.
        Assert.Equal(JsonValueKind.Null, (await _app.ReadAsync(id)).GetProperty("claim").ValueKind);
        Assert.Equal(HttpStatusCode.NoContent, (await _app.SendAsAsync("BOB", "POST", "/api/queue/next")).StatusCode);
        var again = await (await _app.ReviewAsAsync("Bob", id, AppClient.Approve)).JsonAsync();
        Assert.Equal(first.GetRawText(), again.GetRawText());

        // No decisions here: logged, and ignored.
        await _app.RaiseAsync(id, AppClient.Approve);
        await _app.RaiseAsync(id, """{"decision":"APPROVE","reviewer":["eve"]}""");
        await _app.RaiseAsync(id, """{"decision":"REJECT","reviewer":"eve"}""");
        await Eventually.Async(() => _app.Log.Count(line => line.Contains("a decision that is none here is ignored", StringComparison.Ordinal)) == 3);
        Assert.DoesNotContain(_app.Log, line => line.Contains("eve", StringComparison.Ordinal));

        // What is recorded holds under other settings, and in another execution.
        await RestartAsync(("Approvals", "1"));
        await _app.TerminateAsync(id);
        Assert.Equal(HttpStatusCode.Accepted, (await _app.SendAsAsync(null, "POST", $"/api/applications/{id}/restart")).StatusCode);
        await Eventually.Async(async () => Assert.Equal("RUNNING", (await _app.ReadAsync(id)).Text("workflow")));
        await (await _app.ReviewAsAsync(null, id, AppClient.Approve)).AssertProblemAsync(HttpStatusCode.Forbidden);
        Assert.Equal("FLAGGED_FOR_REVIEW", (await _app.ReadAsync(id)).Text("state"));
        var approved = await Eventually.Async(async () => await (await _app.ReviewAsAsync("ada", id, AppClient.Approve)).JsonAsync(), answer => answer.TryGetProperty("id", out _));
        Assert.Equal(("APPROVED", "ada"), (approved.Text("state"), approved.GetProperty("review").Text("reviewer")));
        Assert.Equal(["bob", "ada"], Reviewers(approved));
        var late = await (await _app.ReviewAsAsync("eve", id, AppClient.Approve)).JsonAsync();
        Assert.Equal(["bob", "ada"], Reviewers(late));
        Assert.Equal(["SUBMITTED", "FLAGGED_FOR_REVIEW", "REVIEW_APPROVED", "APPROVED"], (await _app.ReadAsync(id)).States());
        // Bad outranks ended, and ended outranks nobody's.
        await (await _app.ReviewAsAsync("eve", id, AppClient.Reject)).AssertProblemAsync(HttpStatusCode.BadRequest, "comment");
        Assert.Equal(HttpStatusCode.OK, (await _app.ReviewAsAsync(null, id, AppClient.Approve)).StatusCode);
    }

    [Fact]
    public async Task Approvals_ByEightAtOnceAndARejection_AreInOneOrder()
    {
        await StartAsync(("Approvals", "2"));
        var rejected = 0;
        for (var round = 0; round < 10; round++)
        {
            var id = await _app.NewWaitingAsync();
            var answers = await Task.WhenAll(Enumerable.Range(round, 8).Select(async i => (
                Approves: i % 8 != 0, Answer: await _app.ReviewAsAsync($"reviewer {i}", id, i % 8 != 0 ? AppClient.Approve : RejectWithComment))));

            var read = await Eventually.Async(() => _app.ReadAsync(id), application => application.Text("state") != "FLAGGED_FOR_REVIEW");
            var isApproved = read.Text("state") == "APPROVED";
            rejected += isApproved ? 0 : 1;
            var reviews = read.GetProperty("reviews").EnumerateArray().ToList();
            Assert.Equal(reviews.Count, Reviewers(read).Distinct().Count());
            Assert.Equal(isApproved ? ["APPROVE", "APPROVE"] : (string[])["REJECT"], reviews.Select(review => review.Text("decision")).TakeLast(isApproved ? 2 : 1));
            Assert.InRange(reviews.Count, 1, 2);
            foreach (var (approves, answer) in answers)
                Assert.Equal(approves == isApproved || (approves && answer.IsSuccessStatusCode) ? HttpStatusCode.OK : HttpStatusCode.Conflict, answer.StatusCode);
        }

        figures.Print($"Races of seven who approve and one who rejects: 10, of which {rejected} ended REJECTED.");
        var withdrawn = await _app.NewWaitingAsync();
        await _app.ReviewAsAsync("ada", withdrawn, AppClient.Approve);
        var takenBack = await (await _app.WithdrawAsync(withdrawn)).JsonAsync();
        Assert.Equal(("WITHDRAWN", JsonValueKind.Null), (takenBack.Text("state"), takenBack.GetProperty("review").ValueKind));
        Assert.Equal(["ada"], Reviewers(takenBack));
        var changedMind = await _app.NewWaitingAsync();
        await _app.ReviewAsAsync("ada", changedMind, AppClient.Approve);
        Assert.Equal("REJECTED", (await (await _app.ReviewAsAsync("ada", changedMind, RejectWithComment)).JsonAsync()).Text("state"));
    }

    [Fact]
    public async Task Deadlines_OfAWaitingApplication_ComeOnceEachAlsoWhileTheHostIsDown()
    {
        await StartAsync(("DueAfter", "00:00:02"), ("ExpireAfter", "00:00:06"));
        string[] ids = [await _app.NewWaitingAsync(), await _app.NewWaitingAsync()];
        await Eventually.Async(async () => (await _app.ReadAsync(ids[1])).GetProperty("remindedAt").ValueKind == JsonValueKind.String);
        var reminded = await _app.ReadAsync(ids[1]);
        Assert.True(reminded.GetProperty("remindedAt").GetDateTime() >= reminded.GetProperty("dueAt").GetDateTime());
        Assert.Contains(_app.Log, line => line.Contains($"{ids[1]} is overdue", StringComparison.Ordinal));

        // Down when it expires, and other terms for what comes later.
        await RestartAsync(("DueAfter", "00:00:02"), ("ExpireAfter", "400"));

        foreach (var id in ids)
        {
            var expired = await _app.UntilAsync(id, "EXPIRED");
            Assert.Equal(["SUBMITTED", "FLAGGED_FOR_REVIEW", "EXPIRED"], expired.States());
            Assert.Equal("workflow", expired.GetProperty("history")[2].Text("by"));
            Assert.True(expired.GetProperty("updatedAt").GetDateTime() >= expired.GetProperty("expiresAt").GetDateTime());
            Assert.Contains("EXPIRED", (await (await _app.ReviewAsync(id, AppClient.Approve)).AssertProblemAsync(HttpStatusCode.Conflict)).Text("detail"), StringComparison.Ordinal);
            await (await _app.WithdrawAsync(id)).AssertProblemAsync(HttpStatusCode.Conflict);
            await _app.InstanceUntilAsync(id, "Completed");
        }

        Assert.Equal(reminded.Text("remindedAt"), (await _app.ReadAsync(ids[1])).Text("remindedAt"));
        Assert.DoesNotContain(_app.Log, line => line.Contains($"{ids[1]} is overdue", StringComparison.Ordinal));

        // A timer of 400 days that is left would keep it running.
        var decided = await _app.NewWaitingAsync();
        Assert.Equal(HttpStatusCode.OK, (await _app.ReviewAsync(decided, AppClient.Reject)).StatusCode);
        await _app.InstanceUntilAsync(decided, "Completed");
    }

    [Fact]
    public async Task Decision_AtTheMomentOfTheExpiry_WinsOrIsTold()
    {
        await StartAsync(("DueAfter", "00:00:01"), ("ExpireAfter", "00:00:04"));
        var ids = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => _app.NewWaitingAsync()));

        var answers = await Task.WhenAll(ids.Select(async (id, i) =>
        {
            var expiresAt = (await _app.ReadAsync(id)).GetProperty("expiresAt").GetDateTime();
            var moment = expiresAt + TimeSpan.FromMilliseconds((i - 6) * 150);
            await Eventually.Async(() => DateTime.UtcNow >= moment);
            return await (i % 2 == 0 ? _app.ReviewAsync(id, AppClient.Approve) : _app.WithdrawAsync(id));
        }));

        var states = await Task.WhenAll(ids.Select(async id =>
            (await Eventually.Async(() => _app.ReadAsync(id), application => application.Text("state") != "FLAGGED_FOR_REVIEW")).Text("state")));
        for (var i = 0; i < ids.Length; i++)
            if (states[i] == "EXPIRED")
                await answers[i].AssertProblemAsync(HttpStatusCode.Conflict);
            else
                Assert.Equal((i % 2 == 0 ? "APPROVED" : "WITHDRAWN", HttpStatusCode.OK), (states[i], answers[i].StatusCode));
        figures.Print($"Decisions and withdrawals at the moment of the expiry: {ids.Length}, of which {states.Count(state => state == "EXPIRED")} came too late.");
    }

    private static IEnumerable<string?> Reviewers(JsonElement application) =>
        application.GetProperty("reviews").EnumerateArray().Select(review => review.Text("reviewer"));

    private async Task StartAsync(params (string Name, string Value)[] settings) => _app = await TestHost.StartAppAsync(
        azurite.ConnectionString, _hub, _port, [.. settings.Select(setting => ($"AccountApplications__Review__{setting.Name}", setting.Value))]);

    private async Task RestartAsync(params (string Name, string Value)[] settings)
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        await StartAsync(settings);
    }
}
