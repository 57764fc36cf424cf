using AccountApplications.Functions.Api;
using AccountApplications.Functions.Applications;
using AccountApplications.Functions.Storage;
using AccountApplications.Tests.Fixtures;
using static AccountApplications.Functions.Applications.ApplicationState;

namespace AccountApplications.Tests.Api;

public class SubmitApplicationTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private const string Spock = """{"name": " Spock ", "address": "123 Enterprise Street", "more": true}""";

    [Fact]
    public async Task Submission_Valid_IsAcceptedRecordedAndStarted()
    {
        var app = await TestApp.StartAsync(azurite);

        var answer = await SubmitAsync(app, Spock);

        Assert.Equal(202, answer.Status);
        var id = answer.Json.GetProperty("id").GetString()!;
        Assert.True(AccountApplicationId.IsValid(id));
        Assert.Equal($"/api/applications/{id}", answer.Headers.Location);
        Assert.Equal("Spock", answer.Json.GetProperty("name").GetString());
        Assert.Equal("SUBMITTED", answer.Json.GetProperty("state").GetString());
        Assert.EndsWith("Z", answer.Json.GetProperty("submittedAt").GetString(), StringComparison.Ordinal);
        Assert.Equal([id], app.Workflows.Instances.Keys);
        var stored = await app.Store.ReadAsync(id, default);
        Assert.Equal([Submitted], stored!.History!.Select(entry => entry.State));
        Assert.Equal([Submitted], await app.ListsWithAsync(stored));
    }

    [Theory]
    [InlineData("""{"address": "1 Way"}""", "name")]
    [InlineData("""{"name": "Spock"}""", "address")]
    [InlineData("""{"name": "\ud800", "address": "1 Way"}""", "name")]
    [InlineData("""{"name": "Spock", "address": "1\u000bWay"}""", "address")]
    public async Task Submission_WithABadField_SaysWhich(string body, string field)
    {
        var app = await TestApp.StartAsync(azurite);

        (await SubmitAsync(app, body)).IsProblemOf(field);

        Assert.Empty(app.Workflows.Instances);
    }

    [Theory]
    [InlineData(200, 500, 202)]
    [InlineData(201, 500, 400)]
    [InlineData(200, 501, 400)]
    public async Task Submission_OfALength_IsRefusedBeyondTheLimits(int name, int address, int status)
    {
        var app = await TestApp.StartAsync(azurite);

        var answer = await SubmitAsync(app, $$"""{"name": "{{new string('n', name)}}", "address": "{{new string('a', address)}}"}""");

        Assert.Equal(status, answer.Status);
    }

    [Fact]
    public async Task Submission_OvertakenByItsWorkflow_ShowsHowItStands()
    {
        var app = await TestApp.StartAsync(azurite);
        app.Workflows.OnStart = application => ApproveAsync(app, application);

        var answer = await SubmitAsync(app, Spock);

        Assert.Equal(202, answer.Status);
        Assert.Equal("APPROVED", answer.Json.GetProperty("state").GetString());
        var stored = await app.Store.FindAsync(answer.Json.GetProperty("id").GetString()!, default);
        Assert.Equal([Approved], await app.ListsWithAsync(stored!));
    }

    [Fact]
    public async Task Submission_WorkflowCannotBeStarted_LeavesNothing()
    {
        var app = await TestApp.StartAsync(azurite);
        app.Workflows.OnStart = application =>
        {
            app.Workflows.Instances.Clear();
            throw new TimeoutException(application.Name);
        };

        var e = await Assert.ThrowsAsync<StorageUnavailableException>(() => SubmitAsync(app, Spock));

        Assert.DoesNotContain("Spock", e.Message, StringComparison.Ordinal);
        Assert.Empty((await app.Store.ListAsync(Submitted, 10, "", default)).Items);
    }

    [Fact]
    public async Task Submission_AnswerOfTheStartLost_GoesOn()
    {
        var app = await TestApp.StartAsync(azurite);
        app.Workflows.OnStart = _ => throw new TimeoutException();

        Assert.Equal(202, (await SubmitAsync(app, Spock)).Status);
    }

    [Fact]
    public async Task SameKey_ManyAtOnce_StartOneWorkflow()
    {
        var app = await TestApp.StartAsync(azurite);
        // Approving at once is the hard case: an instance that has completed would be run again.
        app.Workflows.OnStart = async application =>
        {
            await Task.Yield();
            await ApproveAsync(app, application);
        };

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => SubmitAsync(app, Spock, "key")));

        Assert.All(answers, answer => Assert.Equal(202, answer.Status));
        Assert.Single(answers.Select(answer => answer.Headers.Location.ToString()).Distinct());
        Assert.Equal(1, app.Workflows.Starts);
    }

    [Fact]
    public async Task SameKey_Later_AnswersHowItStands()
    {
        var app = await TestApp.StartAsync(azurite);
        var first = await SubmitAsync(app, Spock, "key");
        var id = first.Json.GetProperty("id").GetString()!;
        await ApproveAsync(app, (await app.Store.FindAsync(id, default))!);

        var second = await SubmitAsync(app, """{"address": "123 Enterprise Street", "name": "Spock"}""", "key");

        Assert.Equal((202, id), (second.Status, second.Json.GetProperty("id").GetString()));
        Assert.Equal("APPROVED", second.Json.GetProperty("state").GetString());
        Assert.Equal(1, app.Workflows.Starts);
    }

    [Fact]
    public async Task SameKey_AnotherBody_Is422()
    {
        var app = await TestApp.StartAsync(azurite);
        await SubmitAsync(app, Spock, "key");

        (await SubmitAsync(app, """{"name": "Kirk", "address": "123 Enterprise Street"}""", "key")).IsProblem(422);
        Assert.Equal(202, (await SubmitAsync(app, Spock, "another-key")).Status);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task SameKey_FirstDiedOnItsWay_IsSubmittedUnderItsId(bool started)
    {
        var app = await TestApp.StartAsync(azurite);
        var claim = await app.Claims.ClaimAsync("key", "Spock", "123 Enterprise Street", default);
        if (started)
            app.Workflows.Instances[claim!.ApplicationId] = default;

        var answers = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => SubmitAsync(app, Spock, "key")));

        Assert.All(answers, answer => Assert.Equal(claim!.ApplicationId, answer.Json.GetProperty("id").GetString()));
        Assert.Equal(1, app.Workflows.Starts);
        Assert.Equal(claim!.SubmittedAt, (await app.Store.FindAsync(claim.ApplicationId, default))!.SubmittedAt);
    }

    [Theory]
    [InlineData("a b")]
    [InlineData("ä")]
    [InlineData("a\tb")]
    public async Task Key_Malformed_Is400(string key)
    {
        var app = await TestApp.StartAsync(azurite);

        (await SubmitAsync(app, Spock, key)).IsProblem(400);
    }

    [Theory]
    [InlineData(128, 202)]
    [InlineData(129, 400)]
    public async Task Key_OfALength_IsRefusedBeyondTheLimit(int length, int status)
    {
        var app = await TestApp.StartAsync(azurite);

        Assert.Equal(status, (await SubmitAsync(app, Spock, new string('~', length))).Status);
    }

    [Fact]
    public async Task Key_GivenTwice_Is400()
    {
        var app = await TestApp.StartAsync(azurite);

        (await SubmitAsync(app, Spock, "one", "two")).IsProblem(400);
    }

    private static Task<AccountApplication> ApproveAsync(TestApp app, AccountApplication application) =>
        app.Store.ChangeAsync(application, current => current.Approve([], [], app.Time.GetUtcNow().UtcDateTime));

    private static Task<HttpAnswer> SubmitAsync(TestApp app, string body, params string[] keys) =>
        new SubmitApplication(app.Store, app.Claims, app.Time)
            .Run(Http.Post(body, [.. keys.Select(key => ("Idempotency-Key", key))]), app.Client, default)
            .AnswerAsync();
}
