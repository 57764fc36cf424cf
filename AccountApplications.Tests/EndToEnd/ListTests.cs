using System.Net;
using System.Text.Json;
using AccountApplications.Tests.Fixtures;

namespace AccountApplications.Tests.EndToEnd;

public sealed class ListTests(AppFixture fixture) : IClassFixture<AppFixture>
{
    private TestHost App => fixture.App;

    [Theory]
    [InlineData(AppClient.Clean, "APPROVED")]
    [InlineData(AppClient.Flagged, "FLAGGED_FOR_REVIEW")]
    [InlineData(AppClient.Unprocessable, "FLAGGED_WITH_UNPROCESSABLE_DATA")]
    public async Task List_OfAState_ShowsTheApplicationWithoutHistory(string body, string state)
    {
        var application = await App.SubmitUntilAsync(body, state);

        var listed = await Eventually.Async(
            () => FindAsync(state, application.Id()), found => found is not null);

        var expected = application.EnumerateObject().Where(member => member.Name is not ("history" or "workflow"));
        Assert.Equal(expected.Select(member => $"{member}"), listed!.Value.EnumerateObject().Select(member => $"{member}"));
    }

    [Fact]
    public async Task List_OfRejected_ShowsTheReview()
    {
        var id = (await App.SubmitUntilAsync(AppClient.Flagged, "FLAGGED_FOR_REVIEW")).Id();

        await App.ReviewAsync(id, AppClient.Reject);

        var listed = await Eventually.Async(() => FindAsync("REJECTED", id), found => found is not null);
        Assert.Equal("REJECT", listed!.Value.GetProperty("review").Text("decision"));
        await Eventually.Async(async () => await FindAsync("FLAGGED_FOR_REVIEW", id) is null);
    }

    [Theory]
    [InlineData("REVIEW_APPROVED")]
    [InlineData("REVIEW_REJECTED")]
    public async Task List_OfAStep_IsEmpty(string state)
    {
        var answer = await App.Http.GetAsync($"/api/applications?state={state}");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("application/json; charset=utf-8", answer.Content.Headers.ContentType?.ToString());
        Assert.Equal("""{"items":[],"nextPageToken":null}""", await answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("state=SUBMITTED")]
    [InlineData("state=APPROVED&pageSize=1")]
    [InlineData("state=APPROVED&pageSize=100")]
    [InlineData("state=APPROVED&code=a-function-key")]
    public async Task List_AllowedParameters_IsAnswered(string query)
    {
        var answer = await App.Http.GetAsync($"/api/applications?{query}");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(["items", "nextPageToken"], (await answer.JsonAsync()).Members());
    }

    [Theory]
    [InlineData("", "state")]
    [InlineData("state=", "state")]
    [InlineData("state=approved", "state")]
    [InlineData("state=Approved", "state")]
    [InlineData("state=5", "state")]
    [InlineData("state=NONE", "state")]
    [InlineData("state=APPROVED'%20or%20'1'%20eq%20'1", "state")]
    [InlineData("state=APPROVED,REJECTED", "state")]
    [InlineData("state=APPROVED&state=REJECTED", "state")]
    [InlineData("state=APPROVED&state=APPROVED", "state")]
    [InlineData("state=APPROVED&pageSize=0", "pageSize")]
    [InlineData("state=APPROVED&pageSize=101", "pageSize")]
    [InlineData("state=APPROVED&pageSize=-1", "pageSize")]
    [InlineData("state=APPROVED&pageSize=", "pageSize")]
    [InlineData("state=APPROVED&pageSize=ten", "pageSize")]
    [InlineData("state=APPROVED&pageSize=1.5", "pageSize")]
    [InlineData("state=APPROVED&pageSize=1e1", "pageSize")]
    [InlineData("state=APPROVED&pageSize=99999999999999999999", "pageSize")]
    [InlineData("state=APPROVED&pageSize=5&pageSize=5", "pageSize")]
    [InlineData("state=APPROVED&pageToken=", "pageToken")]
    [InlineData("state=APPROVED&pageToken=nonsense", "pageToken")]
    [InlineData("state=APPROVED&pageToken=%00", "pageToken")]
    [InlineData("state=APPROVED&pageToken=1&pageToken=2", "pageToken")]
    [InlineData("state=x&pageSize=x&pageToken=!", "state", "pageSize", "pageToken")]
    public async Task List_BadParameters_AreNamed(string query, params string[] fields) =>
        await (await App.Http.GetAsync($"/api/applications?{query}")).AssertProblemAsync(HttpStatusCode.BadRequest, fields);

    [Fact]
    public async Task PageToken_OfAnotherStateOrTamperedWith_IsRefused()
    {
        await SubmitManyAsync(3);
        var token = (await PageAsync("FLAGGED_FOR_REVIEW", 1, null)).Text("nextPageToken")!;
        Assert.Matches(@"\A[A-Za-z0-9_-]+\z", token);

        string[] queries =
        [
            $"state=APPROVED&pageToken={token}",
            $"state=FLAGGED_FOR_REVIEW&pageToken={token[..^4]}",
            $"state=FLAGGED_FOR_REVIEW&pageToken={token}AAAA",
            $"state=FLAGGED_FOR_REVIEW&pageToken={token[4..]}",
            $"state=FLAGGED_FOR_REVIEW&pageToken={token}&pageToken={token}",
            $"state=FLAGGED_FOR_REVIEW&pageToken={token.ToUpperInvariant()}",
        ];

        foreach (var query in queries)
            await (await App.Http.GetAsync($"/api/applications?{query}")).AssertProblemAsync(HttpStatusCode.BadRequest, "pageToken");
        Assert.Equal(HttpStatusCode.OK, (await App.Http.GetAsync($"/api/applications?state=FLAGGED_FOR_REVIEW&pageToken={token}")).StatusCode);
    }

    [Fact]
    public async Task Page_SizeNotGiven_Has25()
    {
        await SubmitManyAsync(26);

        var page = await (await App.Http.GetAsync("/api/applications?state=FLAGGED_FOR_REVIEW")).JsonAsync();

        Assert.Equal(25, page.GetProperty("items").GetArrayLength());
        Assert.NotNull(page.Text("nextPageToken"));
    }

    [Fact]
    public async Task Page_ThatIsTheLast_HasNoToken()
    {
        await SubmitManyAsync(2);
        var all = (await PageAsync("FLAGGED_FOR_REVIEW", 100, null)).GetProperty("items").GetArrayLength();

        var exact = await PageAsync("FLAGGED_FOR_REVIEW", all, null);

        Assert.Equal(all, exact.GetProperty("items").GetArrayLength());
        Assert.Null(exact.Text("nextPageToken"));
    }

    [Fact]
    public async Task Pages_WhileOthersMove_ShowEachThatStaysExactlyOnce()
    {
        // Those that leave stand before, between and behind those that stay.
        var ids = await SubmitManyAsync(90);
        var leaving = ids.Where((_, i) => i % 3 == 0).ToList();
        var staying = ids.Except(leaving).ToList();

        List<JsonElement> seen = [];
        string? token = null;
        do
        {
            var page = await PageAsync("FLAGGED_FOR_REVIEW", 7, token);
            seen.AddRange(page.GetProperty("items").EnumerateArray());
            token = page.Text("nextPageToken");
            await Task.WhenAll(leaving.Take(4).Select(id => App.ReviewAsync(id, AppClient.Approve)));
            leaving.RemoveRange(0, Math.Min(4, leaving.Count));
        }
        while (token is not null);

        var seenIds = seen.Select(application => application.Id()).ToList();
        Assert.Equal(seenIds.Distinct(), seenIds);
        Assert.Equal(staying.Order(), seenIds.Intersect(staying).Order());
        var times = seen.Select(SubmittedAt).ToList();
        Assert.Equal(times.Order(), times);
    }

    /// <summary>Submits applications, which are flagged for review when this returns.</summary>
    private async Task<List<string>> SubmitManyAsync(int count)
    {
        List<string> ids = [];
        foreach (var batch in Enumerable.Range(0, count).Chunk(30))
        {
            var applications = await Task.WhenAll(batch.Select(_ => App.SubmitUntilAsync(AppClient.Flagged, "FLAGGED_FOR_REVIEW")));
            ids.AddRange(applications.OrderBy(SubmittedAt).Select(application => application.Id()));
        }

        return ids;
    }

    // Not by its text: the fraction of a second has no fixed length.
    private static DateTimeOffset SubmittedAt(JsonElement application) => application.GetProperty("submittedAt").GetDateTimeOffset();

    private async Task<JsonElement> PageAsync(string state, int size, string? token)
    {
        var answer = await App.Http.GetAsync(
            $"/api/applications?state={state}&pageSize={size}{(token is null ? "" : $"&pageToken={token}")}");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.JsonAsync();
    }

    private async Task<JsonElement?> FindAsync(string state, string id)
    {
        for (string? token = null; ;)
        {
            var page = await PageAsync(state, 100, token);
            foreach (var item in page.GetProperty("items").EnumerateArray())
                if (item.Id() == id)
                    return item;
            token = page.Text("nextPageToken");
            if (token is null)
                return null;
        }
    }
}
