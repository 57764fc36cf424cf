using System.Net;
using System.Text.Json;
using AccountApplications.Tests.Fixtures;

namespace AccountApplications.Tests.EndToEnd;

public sealed class IdempotencyTests(AppFixture fixture) : IClassFixture<AppFixture>
{
    private TestHost App => fixture.App;

    [Fact]
    public async Task Key_UsedAgain_AnswersTheSameApplication()
    {
        var key = NewKey();

        var first = await SubmitAsync(AppClient.Clean, key);
        var id = (await first.JsonAsync()).Id();
        await App.UntilAsync(id, "APPROVED");
        // Another order of members and spaces around the text are the same name and address.
        var second = await SubmitAsync("""{"address":" 123 Enterprise Street","name":"Spock ","more":1}""", key);

        foreach (var answer in new[] { first, second })
        {
            Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
            Assert.Equal($"/api/applications/{id}", answer.Headers.Location?.OriginalString);
            Assert.Equal(id, (await answer.JsonAsync()).Id());
        }

        Assert.Equal("APPROVED", (await second.JsonAsync()).Text("state"));
        Assert.False((await second.JsonAsync()).TryGetProperty("history", out _));
        Assert.Equal(["SUBMITTED", "APPROVED"], (await App.ReadAsync(id)).States());
    }

    [Theory]
    [InlineData("1 Street", "APPROVED")]
    [InlineData("ABadAddress", "FLAGGED_FOR_REVIEW")]
    public async Task Key_FromTwentyClientsAtOnce_MakesOneApplicationAndOneWorkflow(string address, string state)
    {
        var key = NewKey();
        var body = $$"""{"name":"{{Guid.NewGuid()}}","address":"{{address}}"}""";

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => SubmitAsync(body, key)));

        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode));
        var id = Assert.Single((await Task.WhenAll(answers.Select(async answer => (await answer.JsonAsync()).Id()))).Distinct());
        Assert.All(answers, answer => Assert.Equal($"/api/applications/{id}", answer.Headers.Location?.OriginalString));
        var application = await App.UntilAsync(id, state);
        Assert.Equal(["SUBMITTED", state], application.States());
        // Others nobody would hear of: they would run beside it.
        Assert.Equal([id], await App.InstancesOfAsync(application.Text("name")!));
        var history = await (await App.Http.GetAsync($"{AppClient.Workflows}/instances/{id}?showHistory=true")).JsonAsync();
        Assert.Single(history.GetProperty("historyEvents").EnumerateArray(), happened => happened.Text("EventType") == "ExecutionStarted");
    }

    [Fact]
    public async Task Key_InQuotes_IsTheSameAsWithout()
    {
        var key = NewKey();

        var ids = await Task.WhenAll(((string[])[key, $"\"{key}\"", key]).Select(async each => (await (await SubmitAsync(AppClient.Clean, each)).JsonAsync()).Id()));

        Assert.Single(ids.Distinct());
    }

    [Fact]
    public async Task Key_WithAnotherBody_IsUnprocessable()
    {
        var key = NewKey();
        var id = (await (await SubmitAsync(AppClient.Clean, key)).JsonAsync()).Id();

        await (await SubmitAsync(AppClient.Flagged, key)).AssertProblemAsync(HttpStatusCode.UnprocessableEntity);
        await (await SubmitAsync("""{"name":"Spock","address":"124 Enterprise Street"}""", key))
            .AssertProblemAsync(HttpStatusCode.UnprocessableEntity);

        Assert.Equal(id, (await (await SubmitAsync(AppClient.Clean, key)).JsonAsync()).Id());
    }

    [Fact]
    public async Task Key_WithDifferentBodiesAtOnce_StandsForOneOfThem()
    {
        var key = NewKey();

        var answers = await Task.WhenAll(Enumerable.Range(0, 10)
            .Select(i => SubmitAsync(JsonSerializer.Serialize(new { name = $"Twin {i % 2}", address = "1 Street" }), key)));

        var taken = answers.Where(answer => answer.StatusCode == HttpStatusCode.Accepted).ToList();
        Assert.Equal(5, taken.Count);
        Assert.Single((await Task.WhenAll(taken.Select(async answer => (await answer.JsonAsync()).Id()))).Distinct());
        foreach (var answer in answers.Except(taken))
            await answer.AssertProblemAsync(HttpStatusCode.UnprocessableEntity);
    }

    [Fact]
    public async Task Key_WithABadBody_IsNotUsedUp()
    {
        var key = NewKey();

        await (await SubmitAsync("{}", key)).AssertProblemAsync(HttpStatusCode.BadRequest, "name", "address");

        Assert.Equal(HttpStatusCode.Accepted, (await SubmitAsync(AppClient.Clean, key)).StatusCode);
    }

    [Fact]
    public async Task Keys_ThatDiffer_MakeDifferentApplications()
    {
        var key = NewKey();
        string?[] keys = [key, key.ToUpperInvariant(), $"{key}'", $"{key}/?#\\%2F", null, null];

        var answers = await Task.WhenAll(keys.Select(each => SubmitAsync(AppClient.Clean, each)));

        var ids = await Task.WhenAll(answers.Select(async answer => (await answer.JsonAsync()).Id()));
        Assert.Equal(keys.Length, ids.Distinct().Count());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(128)]
    public async Task Key_OfAllowedLength_IsTaken(int length) =>
        Assert.Equal(HttpStatusCode.Accepted, (await SubmitAsync(AppClient.Clean, NewKey(length))).StatusCode);

    [Theory]
    [InlineData("")]
    [InlineData("\"\"")]
    [InlineData("two words")]
    [InlineData("tab\tbed")]
    [InlineData("schlüssel")]
    public async Task Key_Malformed_IsRefused(string key) =>
        await (await SubmitAsync(AppClient.Clean, key)).AssertProblemAsync(HttpStatusCode.BadRequest);

    [Fact]
    public async Task Key_TooLong_IsRefused() =>
        await (await SubmitAsync(AppClient.Clean, NewKey(129))).AssertProblemAsync(HttpStatusCode.BadRequest);

    [Fact]
    public async Task Key_GivenTwice_IsRefused() =>
        await (await SubmitAsync(AppClient.Clean, NewKey(), NewKey())).AssertProblemAsync(HttpStatusCode.BadRequest);

    private async Task<HttpResponseMessage> SubmitAsync(string body, params string?[] keys)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/applications") { Content = AppClient.Json(body) };
        foreach (var key in keys.OfType<string>())
            request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        return await App.Http.SendAsync(request);
    }

    private static string NewKey(int length = 32) =>
        string.Concat(Enumerable.Repeat(Guid.NewGuid().ToString("N"), 5))[..length];
}
