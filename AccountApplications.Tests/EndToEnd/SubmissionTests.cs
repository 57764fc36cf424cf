using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using AccountApplications.Tests.Fixtures;

namespace AccountApplications.Tests.EndToEnd;

public sealed partial class SubmissionTests(AppFixture fixture) : IClassFixture<AppFixture>
{
    private const string CleanName = """{"check":"NAME","flagged":false,"reason":null,"rule":"name-without-flagged-word/1"}""";

    private static readonly string[] Resource =
        ["id", "name", "address", "state", "reason", "checks", "review", "reviews", "terms", "dueAt", "expiresAt", "remindedAt", "claim", "submittedAt", "updatedAt"];

    private TestHost App => fixture.App;

    [Fact]
    public async Task Submission_Valid_IsAcceptedWithTheResource()
    {
        var before = DateTimeOffset.UtcNow;

        var answer = await App.SubmitAsync(AppClient.Clean);

        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.Equal("application/json; charset=utf-8", answer.Content.Headers.ContentType?.ToString());
        var application = await answer.JsonAsync();
        Assert.Matches(IdShape(), application.Id());
        Assert.Equal($"/api/applications/{application.Id()}", answer.Headers.Location?.OriginalString);
        Assert.Equal(Resource, application.Members());
        Assert.Equal("Spock", application.Text("name"));
        Assert.Equal("123 Enterprise Street", application.Text("address"));
        Assert.Contains(application.Text("state"), (string[])["SUBMITTED", "APPROVED"]);
        Assert.Equal(JsonValueKind.Null, application.GetProperty("reason").ValueKind);
        Assert.Equal(JsonValueKind.Array, application.GetProperty("checks").ValueKind);
        Assert.Equal(JsonValueKind.Null, application.GetProperty("review").ValueKind);
        Assert.InRange(UtcTime(application, "submittedAt"), before, DateTimeOffset.UtcNow);
        Assert.InRange(UtcTime(application, "updatedAt"), UtcTime(application, "submittedAt"), DateTimeOffset.UtcNow);
    }

    [Fact]
    public async Task Submission_OfSpock_EndsApproved()
    {
        var application = await App.SubmitUntilAsync(AppClient.Clean, "APPROVED");

        Assert.Equal([.. Resource, "history", "workflow"], application.Members());
        Assert.Equal(JsonValueKind.Null, application.GetProperty("workflow").ValueKind);
        Assert.Equal(JsonValueKind.Null, application.GetProperty("reason").ValueKind);
        Assert.Equal(
            $$"""[{{CleanName}},{"check":"ADDRESS","flagged":false,"reason":null,"rule":"address-with-number-beside-word/1"}]""",
            application.GetProperty("checks").GetRawText());
        AssertHistory(application, ("SUBMITTED", "applicant", null), ("APPROVED", "workflow", null));
    }

    [Fact]
    public async Task Submission_OfGabe_EndsFlaggedForReview()
    {
        const string Reason = "Address 'ABadAddress' has no number beside a word.";

        var application = await App.SubmitUntilAsync(AppClient.Flagged, "FLAGGED_FOR_REVIEW");

        Assert.Equal(Reason, application.Text("reason"));
        Assert.Equal("RUNNING", application.Text("workflow"));
        Assert.Equal(
            $$"""[{{CleanName}},{"check":"ADDRESS","flagged":true,"reason":"{{Reason}}","rule":"address-with-number-beside-word/1"}]""",
            application.GetProperty("checks").GetRawText());
        Assert.Equal(JsonValueKind.Null, application.GetProperty("review").ValueKind);
        AssertHistory(application, ("SUBMITTED", "applicant", null), ("FLAGGED_FOR_REVIEW", "workflow", Reason));
    }

    [Fact]
    public async Task Submission_OfUnprocessableData_EndsFlaggedWithTheReason()
    {
        const string Reason = "Simulated error: Name 'UNPROCESSABLE_DATA' is not possible to check.";

        var application = await App.SubmitUntilAsync(AppClient.Unprocessable, "FLAGGED_WITH_UNPROCESSABLE_DATA");

        Assert.Equal(Reason, application.Text("reason"));
        Assert.Empty(application.GetProperty("checks").EnumerateArray());
        AssertHistory(application, ("SUBMITTED", "applicant", null), ("FLAGGED_WITH_UNPROCESSABLE_DATA", "workflow", Reason));
        await App.InstanceUntilAsync(application.Id(), "Completed");
    }

    [Theory]
    [InlineData("evil Gabe", "123 Street", "FLAGGED_FOR_REVIEW")]
    [InlineData("Evil Gabe", "123 Street", "APPROVED")]
    [InlineData("unprocessable_data", "123 Street", "APPROVED")]
    [InlineData("evil UNPROCESSABLE_DATA", "ABadAddress", "FLAGGED_WITH_UNPROCESSABLE_DATA")]
    [InlineData("Spock", "Street 123", "APPROVED")]
    [InlineData("Spock", "Street123", "FLAGGED_FOR_REVIEW")]
    [InlineData("Spock", "١٢٣ Street", "FLAGGED_FOR_REVIEW")]
    public async Task Submission_Checked_EndsInTheStateOfItsChecks(string name, string address, string state)
    {
        var application = await App.SubmitUntilAsync(JsonSerializer.Serialize(new { name, address }), state);

        Assert.Equal(state, application.Text("state"));
    }

    [Fact]
    public async Task Submission_WhoseChecksBothFlag_SaysBothReasons()
    {
        var application = await App.SubmitUntilAsync("""{"name":"evil","address":"nowhere"}""", "FLAGGED_FOR_REVIEW");

        Assert.Equal("Name 'evil' contains 'evil'. Address 'nowhere' has no number beside a word.", application.Text("reason"));
    }

    public static TheoryData<string, string> Acceptable => new()
    {
        { "longest name", Body(new string('n', 200), "1 Street") },
        { "longest address", Body("Spock", "1 " + new string('a', 498)) },
        { "unknown members", """{"name":"Spock","address":"1 Street","state":"APPROVED","id":"application_1","more":{"a":[1]}}""" },
        { "quotes and markup", Body("O'Brien <b>\"x\"</b> & Söhne 🖖", "1 Straße") },
        { "white space around JSON", " \r\n\t" + AppClient.Clean + "\n" },
        { "escapes", """{"\u006eame":"\u0053pock","address":"1 Street"}""" },
    };

    [Theory]
    [MemberData(nameof(Acceptable))]
    public async Task Submission_WithWhatIsAllowed_IsAccepted(string what, string body)
    {
        var answer = await App.SubmitAsync(body);

        Assert.True(answer.StatusCode == HttpStatusCode.Accepted, what);
        var application = await App.ReadAsync((await answer.JsonAsync()).Id());
        var sent = JsonSerializer.Deserialize<JsonElement>(body);
        Assert.Equal(sent.Text("name"), application.Text("name"));
        Assert.Equal(sent.Text("address"), application.Text("address"));
    }

    [Fact]
    public async Task Submission_SpacesAroundText_AreTrimmedAndNotCounted()
    {
        var answer = await App.SubmitAsync(Body($"  {new string('n', 200)}\r\n", "Flat 2\r\n\t1 Street\nTown "));

        var application = await answer.JsonAsync();
        Assert.Equal(new string('n', 200), application.Text("name"));
        Assert.Equal("Flat 2 1 Street Town", application.Text("address"));
    }

    [Theory]
    [InlineData("{}", "name", "address")]
    [InlineData("""{"address":"1 Street"}""", "name")]
    [InlineData("""{"name":"Spock"}""", "address")]
    [InlineData("""{"Name":"Spock","address":"1 Street"}""", "name")]
    [InlineData("""{"name":null,"address":"1 Street"}""", "name")]
    [InlineData("""{"name":1,"address":true}""", "name", "address")]
    [InlineData("""{"name":["Spock"],"address":{}}""", "name", "address")]
    [InlineData("""{"name":"","address":"1 Street"}""", "name")]
    [InlineData("""{"name":"  ","address":"\u2003\u00a0"}""", "name", "address")]
    [InlineData("""{"name":"Sp\u0000ock","address":"1\u000bStreet"}""", "name", "address")]
    [InlineData("""{"name":"\u200b\u3164","address":"1 Street\u007f"}""", "name", "address")]
    [InlineData("""{"name":"\u0085","address":"1 Street"}""", "name")]
    [InlineData("""{"name":"\ud800","address":"1 \udc00 Street"}""", "name", "address")]
    public async Task Submission_WithBadFields_NamesThem(string body, params string[] fields) =>
        await (await App.SubmitAsync(body)).AssertProblemAsync(HttpStatusCode.BadRequest, fields);

    [Theory]
    [InlineData(201, 500, "name")]
    [InlineData(200, 501, "address")]
    [InlineData(2000, 2000, "name", "address")]
    public async Task Submission_OverItsLength_NamesTheField(int name, int address, params string[] fields) =>
        await (await App.SubmitAsync(Body(new string('n', name), new string('a', address))))
            .AssertProblemAsync(HttpStatusCode.BadRequest, fields);

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("Spock")]
    [InlineData("{")]
    [InlineData("""{"name":"Spock","address":"1 Street"}}""")]
    [InlineData("""{'name':'Spock'}""")]
    [InlineData("""{"name":"Spock",}""")]
    [InlineData("null")]
    [InlineData("1")]
    [InlineData("\"Spock\"")]
    [InlineData("[]")]
    [InlineData("""[{"name":"Spock","address":"1 Street"}]""")]
    public async Task Submission_NotAnObject_IsRefused(string body) =>
        await (await App.SubmitAsync(body)).AssertProblemAsync(HttpStatusCode.BadRequest);

    [Fact]
    public async Task Submission_NestedTooDeep_IsRefused() =>
        await (await App.SubmitAsync($$"""{"name":"Spock","address":"1 Street","x":{{new string('[', 4000)}}{{new string(']', 4000)}}}"""))
            .AssertProblemAsync(HttpStatusCode.BadRequest);

    [Fact]
    public async Task Submission_InvalidUtf8_IsRefused()
    {
        byte[] body = [.. "{\"name\":\"Sp"u8, 0xff, 0xc0, .. "ck\",\"address\":\"1 Street\"}"u8];

        await (await App.Http.PostAsync("/api/applications", AppClient.Json(body))).AssertProblemAsync(HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData(16 * 1024, false, HttpStatusCode.Accepted)]
    [InlineData(16 * 1024, true, HttpStatusCode.Accepted)]
    [InlineData(16 * 1024 + 1, false, HttpStatusCode.RequestEntityTooLarge)]
    [InlineData(16 * 1024 + 1, true, HttpStatusCode.RequestEntityTooLarge)]
    [InlineData(1024 * 1024, false, HttpStatusCode.RequestEntityTooLarge)]
    [InlineData(1024 * 1024, true, HttpStatusCode.RequestEntityTooLarge)]
    [InlineData(31 * 1024 * 1024, false, HttpStatusCode.RequestEntityTooLarge)]
    [InlineData(31 * 1024 * 1024, true, HttpStatusCode.RequestEntityTooLarge)]
    public async Task Submission_Large_IsTakenUpTo16KiB(int bytes, bool chunked, HttpStatusCode status)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/applications")
        {
            Content = AppClient.Json(Encoding.UTF8.GetBytes(AppClient.Clean.PadRight(bytes))),
        };
        request.Headers.TransferEncodingChunked = chunked;

        var answer = await App.Http.SendAsync(request);

        if (status == HttpStatusCode.Accepted)
            Assert.Equal(status, answer.StatusCode);
        else
            await answer.AssertProblemAsync(status);
    }

    [Theory]
    [InlineData("application/json", HttpStatusCode.Accepted)]
    [InlineData("Application/JSON", HttpStatusCode.Accepted)]
    [InlineData("application/json; charset=utf-8", HttpStatusCode.Accepted)]
    [InlineData("application/json;charset=\"UTF-8\"", HttpStatusCode.Accepted)]
    [InlineData("application/json;charset=utf8", HttpStatusCode.Accepted)]
    [InlineData(null, HttpStatusCode.UnsupportedMediaType)]
    [InlineData("text/plain", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("text/json", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("application/x-www-form-urlencoded", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("application/jsonp", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("application/json; charset=iso-8859-1", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("nonsense", HttpStatusCode.UnsupportedMediaType)]
    public async Task Submission_ContentType_MustBeJson(string? contentType, HttpStatusCode status)
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(AppClient.Clean));
        if (contentType is not null)
            content.Headers.TryAddWithoutValidation("Content-Type", contentType);

        var answer = await App.Http.PostAsync("/api/applications", content);

        if (status == HttpStatusCode.Accepted)
            Assert.Equal(status, answer.StatusCode);
        else
            await answer.AssertProblemAsync(status);
    }

    [Fact]
    public async Task Submission_Refused_StartsNothing()
    {
        var name = $"{Guid.NewGuid()}";

        await (await App.SubmitAsync($$"""{"name":"{{name}}"}""")).AssertProblemAsync(HttpStatusCode.BadRequest, "address");
        await App.SubmitUntilAsync($$"""{"name":"{{name}}","address":"1 Street"}""", "APPROVED");

        Assert.Single(await App.InstancesOfAsync(name));
    }

    private static void AssertHistory(JsonElement application, params (string State, string By, string? Note)[] entries)
    {
        var history = application.GetProperty("history").EnumerateArray().ToList();
        Assert.All(history, entry => Assert.Equal(["state", "at", "by", "note"], entry.Members()));
        Assert.Equal(entries, history.Select(entry => (entry.Text("state")!, entry.Text("by")!, entry.Text("note"))));
        Assert.Equal(UtcTime(application, "submittedAt"), UtcTime(history[0], "at"));
        Assert.Equal(UtcTime(application, "updatedAt"), UtcTime(history[^1], "at"));
    }

    private static DateTimeOffset UtcTime(JsonElement json, string member)
    {
        var text = json.Text(member)!;
        Assert.EndsWith("Z", text, StringComparison.Ordinal);
        return DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
    }

    private static string Body(string name, string address) => JsonSerializer.Serialize(new { name, address });

    [GeneratedRegex(@"\Aapplication_[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\z")]
    private static partial Regex IdShape();
}
