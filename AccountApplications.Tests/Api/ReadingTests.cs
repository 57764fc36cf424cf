using AccountApplications.Functions.Api;
using AccountApplications.Tests.Fixtures;

namespace AccountApplications.Tests.Api;

public class ReadingTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    [Fact]
    public async Task Application_Known_IsShownWithItsHistory()
    {
        var app = await TestApp.StartAsync(azurite);
        var application = app.NewApplication();
        await app.Store.SubmitAsync(application, default);

        var answer = await new GetApplication(app.Store, app.Queue, app.Time).Run(Http.Get(), app.Client, application.Id, default).AnswerAsync();

        Assert.Equal(200, answer.Status);
        Assert.Equal(application.Id, answer.Json.GetProperty("id").GetString());
        Assert.Equal("SUBMITTED", Assert.Single(answer.Json.GetProperty("history").EnumerateArray()).GetProperty("state").GetString());
    }

    [Theory]
    [InlineData("application_6f9619ff-8b86-4011-b42d-00c04fc964ff")]
    [InlineData("application_6F9619FF-8B86-4011-B42D-00C04FC964FF")]
    [InlineData("..%2F")]
    [InlineData("' or '1' eq '1")]
    public async Task Application_Unknown_Is404(string id)
    {
        var app = await TestApp.StartAsync(azurite);

        (await new GetApplication(app.Store, app.Queue, app.Time).Run(Http.Get(), app.Client, id, default).AnswerAsync()).IsProblem(404);
    }

    [Fact]
    public async Task List_Followed_YieldsAllWithoutHistory()
    {
        var app = await TestApp.StartAsync(azurite);
        var applications = Enumerable.Range(0, 5).Select(i => app.NewApplication(at: DateTime.UtcNow.AddTicks(i))).ToList();
        foreach (var application in applications)
            await app.Store.SubmitAsync(application, default);

        List<string?> found = [];
        for (var query = "?state=SUBMITTED&pageSize=2"; query is not null;)
        {
            var page = (await FindAsync(app, query)).Json;
            foreach (var item in page.GetProperty("items").EnumerateArray())
            {
                Assert.False(item.TryGetProperty("history", out _));
                found.Add(item.GetProperty("id").GetString());
            }

            query = page.GetProperty("nextPageToken").GetString() is { } token ? $"?state=SUBMITTED&pageSize=2&pageToken={token}" : null;
        }

        Assert.Equal(applications.Select(application => application.Id), found);
    }

    [Theory]
    [InlineData("REVIEW_APPROVED")]
    [InlineData("REVIEW_REJECTED")]
    [InlineData("REJECTED")]
    public async Task List_OfNothing_IsEmpty(string state)
    {
        var app = await TestApp.StartAsync(azurite);

        var answer = await FindAsync(app, $"?state={state}&code=a-function-key");

        Assert.Equal((200, """{"items":[],"nextPageToken":null}"""), (answer.Status, answer.Text));
    }

    [Theory]
    [InlineData("", "state")]
    [InlineData("?state=", "state")]
    [InlineData("?state=approved", "state")]
    [InlineData("?state=5", "state")]
    [InlineData("?state=APPROVED&state=APPROVED", "state")]
    [InlineData("?state=APPROVED&pageSize=", "pageSize")]
    [InlineData("?state=APPROVED&pageSize=0", "pageSize")]
    [InlineData("?state=APPROVED&pageSize=101", "pageSize")]
    [InlineData("?state=APPROVED&pageSize=-1", "pageSize")]
    [InlineData("?state=APPROVED&pageSize=%201", "pageSize")]
    [InlineData("?state=APPROVED&pageSize=99999999999", "pageSize")]
    [InlineData("?state=APPROVED&pageSize=5&pageSize=5", "pageSize")]
    [InlineData("?state=APPROVED&pageToken=", "pageToken")]
    [InlineData("?state=APPROVED&pageToken=x", "pageToken")]
    [InlineData("?state=APPROVED&pageToken=%F0%9F%98%80", "pageToken")]
    [InlineData("?state=APPROVED&pageToken=QVBQUk9WRUQ6JyBvciAnMScgZXEgJzE", "pageToken")]
    public async Task List_OfABadQuery_SaysWhatIsWrong(string query, string field)
    {
        var app = await TestApp.StartAsync(azurite);

        (await FindAsync(app, query)).IsProblemOf(field);
    }

    [Fact]
    public async Task PageToken_OfAnotherStateOrTwice_Is400()
    {
        var app = await TestApp.StartAsync(azurite);
        await app.Store.SubmitAsync(app.NewApplication(), default);
        await app.Store.SubmitAsync(app.NewApplication(), default);
        var token = (await FindAsync(app, "?state=SUBMITTED&pageSize=1")).Json.GetProperty("nextPageToken").GetString();

        (await FindAsync(app, $"?state=APPROVED&pageToken={token}")).IsProblemOf("pageToken");
        (await FindAsync(app, $"?state=SUBMITTED&pageToken={token}&pageToken={token}")).IsProblemOf("pageToken");
        (await FindAsync(app, $"?state=SUBMITTED&pageToken={token![1..]}")).IsProblemOf("pageToken");
    }

    [Fact]
    public async Task Health_StorageAnswers_IsHealthy()
    {
        var app = await TestApp.StartAsync(azurite);

        var answer = await new Health(app.Store, app.Time).Run(Http.Get(), default).AnswerAsync();

        Assert.Equal((200, """{"status":"Healthy"}"""), (answer.Status, answer.Text));
    }

    private static Task<HttpAnswer> FindAsync(TestApp app, string query) =>
        new FindApplications(app.Store, app.Time).Run(Http.Get(query), default).AnswerAsync();
}
