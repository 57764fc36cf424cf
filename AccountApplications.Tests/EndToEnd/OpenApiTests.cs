using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using AccountApplications.Functions.Api;
using AccountApplications.Functions.Applications;
using AccountApplications.Tests.Fixtures;

namespace AccountApplications.Tests.EndToEnd;

/// <summary>Holds the API's document against what the app has and what it really answers.</summary>
public sealed partial class OpenApiTests(OpenApiFixture fixture) : IClassFixture<OpenApiFixture>
{
    private const string ErasedKey = "erased";
    private const string UnknownId = "application_6f9619ff-8b86-4011-b42d-00c04fc964ff";

    // Of all sorts: at least so many, and at most where some answer has not been met until then.
    private const int LeastRequests = 1000;
    private const int MostRequests = 4000;

    // Only a host that asks for keys gives it, which those of most tests do not.
    private const int Unauthorized = 401;

    // A host that forwards requests keeps the start of a body until there is more of it: the app does not come to answer.
    private const int Stalled = 408;

    private static OpenApiDocument Api => OpenApiDocument.Carried;

    private TestHost App => fixture.App;

    [Fact]
    public async Task Document_Asked_IsServedAsItIsCarried()
    {
        var answer = await App.Http.GetAsync("/api/openapi.json");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("application/json", answer.Content.Headers.ContentType?.ToString());
        Assert.True(JsonElement.DeepEquals(Api.Root, await answer.JsonAsync()));
    }

    [Fact]
    public void Operations_AndTheAppsRoutes_AreTheSame()
    {
        string[] aboutTheDocument = ["OpenApi", "Docs", "DocsPart"];
        var served =
            from function in FunctionMetadata.Http
            where function.Route!.StartsWith("api/", StringComparison.Ordinal) && !aboutTheDocument.Contains(function.Name)
            // HEAD goes with every GET.
            from method in function.Methods.Except(["head"])
            select (function.Name, method.ToUpperInvariant(), $"/{function.Route}", !function.NeedsKey);

        var documented = Api.Operations.Select(operation => (operation.Id, operation.Method, operation.Path, NeedsNoKey(operation)));

        Assert.Equal(served.Order(), documented.Order());
    }

    [Fact]
    public void RouteParameters_OfEachOperation_AreItsPathParameters()
    {
        foreach (var operation in Api.Operations)
        {
            var parameters = operation.Parameters.Where(parameter => parameter.Text("in") == "path").ToList();
            Assert.Equal(
                RouteParameter().Matches(operation.Path).Select(match => match.Groups[1].Value),
                parameters.Select(parameter => parameter.Text("name")));
            Assert.All(parameters, parameter => Assert.True(parameter.GetProperty("required").GetBoolean()));
        }
    }

    public static TheoryData<string, int> Answers()
    {
        var answers = new TheoryData<string, int>();
        foreach (var operation in Api.Operations)
            foreach (var status in operation.Responses.Keys.Where(status => status is not (Unauthorized or Stalled)))
                answers.Add(operation.Id, status);
        return answers;
    }

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task Answer_OfEveryDocumentedStatus_IsAsDocumented(string operation, int status)
    {
        var answers = await ProvokeAsync(operation, status);

        foreach (var answer in answers)
        {
            Assert.Equal(status, (int)answer.StatusCode);
            Assert.Empty(await Api.ErrorsAsync(operation, answer));
        }

        if (status >= 400)
        {
            var problems = await Task.WhenAll(answers.Select(async answer => WithoutIds(await answer.Content.ReadAsStringAsync())));
            var content = Api.Operation(operation).Responses[status].GetProperty("content").GetProperty("application/problem+json");
            Assert.All(ExamplesOf(content), example =>
                Assert.Contains(problems, problem => JsonElement.DeepEquals(problem, WithoutIds(example.GetRawText()))));
        }
    }

    [Fact]
    public async Task Answers_ToRequestsOfAllSorts_AreDocumented()
    {
        string[] ids =
        [
            (await App.SubmitUntilAsync(AppClient.Clean, "APPROVED")).Id(), await NewWaitingAsync(), await NewWaitingAsync(), await NewWaitingAsync(), await NewWaitingForTwoAsync(), await NewClaimedAsync(),
            (await App.SubmitUntilAsync(AppClient.Unprocessable, "FLAGGED_WITH_UNPROCESSABLE_DATA")).Id(),
            UnknownId, "x", "'", "a%2Fb", "%E2%98%83", new string('x', 3000), await ErasedAsync(),
        ];
        string[] queries =
        [
            "", "?", "?state=APPROVED", "?state=FLAGGED_FOR_REVIEW&pageSize=1", "?state=&pageSize=&pageToken=", "?state=APPROVED&state=REJECTED",
            "?state=REJECTED&pageSize=1e1", "?state=SUBMITTED&pageToken=%FF", "?%00=%00", "?state=APPROVED&code=key&clientId=x&unknown",
        ];
        string[] bodies =
        [
            "", "{}", "[]", "null", "\"", AppClient.Clean, AppClient.Flagged, AppClient.Unprocessable,
            AppClient.Approve, AppClient.Reject,
            """{"name":"\ud800","address":{},"decision":"\udc00","comment":[]}""", """{"name":"a","name":"b","address":"1 b","decision":"APPROVE"}""",
            "{\"after\":5}", $$"""{"after":"{{UnknownId}}"}""", $$"""{"after":"{{ids[^1]}}"}""", $$"""{"after":"{{await NewLastAsync()}}"}""",
            new string('[', 9000), AppClient.Clean.PadRight(16 * 1024), AppClient.Approve.PadRight(16 * 1024 + 1), "{\"name\":\"\u0000\"}", "\ufeff{}",
        ];
        string[] types = [.. Enumerable.Repeat("application/json", 5), "application/json; charset=utf-16", "text/plain", "application/problem+json", ""];
        (string, string)[] headers =
        [
            ("Accept", "text/html"), ("Accept-Encoding", "br"), .. Enumerable.Repeat(("Idempotency-Key", "one"), 5), ("Idempotency-Key", ErasedKey), ("Idempotency-Key", "two words"), ("Idempotency-Key", "ü"),
            ("X-MS-CLIENT-PRINCIPAL-NAME", "ada"), ("X-MS-CLIENT-PRINCIPAL-NAME", "Ædä\u2603"), ("x-functions-key", "wrong"), ("Range", "bytes=0-1"),
            ("If-None-Match", "*"), ("If-Match", "\"x\""), ("Origin", "null"), ("Origin", "http://elsewhere.example"), ("Expect", "100-continue"),
        ];
        var random = new Random(3);
        // All that needs neither time nor an outage is met sooner or later: they are of all sorts indeed.
        var unmet = (
            from operation in Api.Operations
            from status in operation.Responses.Keys
            where status is not (Unauthorized or Stalled or 500 or 503) && (operation.Id, status) is not (("EraseApplication" or "ReviewApplication" or "RestartApplication" or "WithdrawApplication"), 202)
            select (operation.Id, (HttpStatusCode)status)).ToHashSet();

        for (var i = 0; i < LeastRequests || (unmet.Count > 0 && i < MostRequests); i++)
        {
            // Those that waited have mostly ended by then.
            if (i % 100 == 99)
                ids[1 + i / 100 % 3] = await NewWaitingAsync();
            var operation = Pick(Api.Operations);
            // What is erased can do nothing else any more.
            var path = operation.Path.Replace("{id}", Pick(operation.Id == "EraseApplication" ? ids[7..] : ids), StringComparison.Ordinal) + Pick(queries);
            using var request = new HttpRequestMessage(new HttpMethod(operation.Method), path);
            if (operation.Method == "POST" || random.Next(10) == 0)
            {
                request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(operation.Id == "ReviewApplication" && random.Next(2) == 0 ? Pick([AppClient.Approve, AppClient.Reject]) : Pick(bodies)));
                request.Content.Headers.TryAddWithoutValidation("Content-Type", Pick(types));
            }

            for (var more = random.Next(3); more > 0; more--)
            {
                var (name, value) = Pick(headers);
                request.Headers.TryAddWithoutValidation(name, value);
            }

            var answer = await App.Http.SendAsync(request);

            var errors = await Api.ErrorsAsync(operation.Id, answer);
            Assert.True(errors is [], $"{request}: {string.Join("; ", errors)}");
            unmet.Remove((operation.Id, answer.StatusCode));
        }

        Assert.Empty(unmet);

        T Pick<T>(IReadOnlyList<T> choices) => choices[random.Next(choices.Count)];
    }

    [Theory]
    [InlineData("SubmitApplication")]
    [InlineData("ReviewApplication")]
    [InlineData("NextApplication")]
    public async Task Body_IsRefused_IfAndOnlyIfItsSchemaRefusesIt(string id)
    {
        var operation = Api.Operation(id);
        var application = await NewWaitingAsync();
        foreach (var body in VariationsOf(operation.Body).Distinct())
        {
            var refused = Api.Schemas.Errors(operation.Body.GetProperty("schema"), JsonSerializer.Deserialize<JsonElement>(body)).Count > 0;

            var answer = await SendAsync(App, operation, application, request => request.Content = AppClient.Json(body));

            Assert.True(refused == (answer.StatusCode == HttpStatusCode.BadRequest), $"{(int)answer.StatusCode}: {body}");
            Assert.Empty(await Api.ErrorsAsync(id, answer));
        }
    }

    [Theory]
    [InlineData("state", "", "APPROVED", "SUBMITTED", "REVIEW_REJECTED", "approved", "5", " APPROVED")]
    [InlineData("pageSize", "", "-1", "0", "1", "25", "100", "101", "1.5", "ten", "0x1")]
    public async Task QueryParameter_IsRefused_IfAndOnlyIfItsSchemaRefusesIt(string name, params string[] values)
    {
        var schema = Api.Operation("FindApplications").Parameter(name).GetProperty("schema");
        foreach (var value in values)
        {
            var json = int.TryParse(value, CultureInfo.InvariantCulture, out var number) && name == "pageSize"
                ? JsonSerializer.SerializeToElement(number) : JsonSerializer.SerializeToElement(value);
            var rest = name == "state" ? "" : "&state=APPROVED";

            var answer = await App.Http.GetAsync($"/api/applications?{name}={Uri.EscapeDataString(value)}{rest}");

            if (Api.Schemas.Errors(schema, json) is [])
                Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            else
                await answer.AssertProblemAsync(HttpStatusCode.BadRequest, name);
            Assert.Empty(await Api.ErrorsAsync("FindApplications", answer));
        }
    }

    [Fact]
    public async Task IdempotencyKey_IsRefused_IfAndOnlyIfItsSchemaRefusesIt()
    {
        var operation = Api.Operation("SubmitApplication");
        var schema = operation.Parameter("Idempotency-Key").GetProperty("schema");
        foreach (var key in (string[])["", "!", "~", "two words", "tab\tbed", "schlüssel", new string('k', 128), new string('k', 129)])
        {
            var answer = await SendAsync(App, operation, "", request => request.Headers.TryAddWithoutValidation("Idempotency-Key", key));

            var taken = Api.Schemas.Errors(schema, JsonSerializer.SerializeToElement(key)) is [];
            Assert.Equal(taken ? HttpStatusCode.Accepted : HttpStatusCode.BadRequest, answer.StatusCode);
        }
    }

    [Fact]
    public async Task RequestExamples_Sent_DoWhatTheyAreMeantTo()
    {
        foreach (var operation in Api.Operations.Where(operation => operation.Definition.TryGetProperty("requestBody", out _)))
            foreach (var example in ExamplesOf(operation.Body))
            {
                var answer = await SendAsync(
                    App, operation, await NewWaitingAsync(), request => request.Content = AppClient.Json(example.GetRawText()));

                Assert.True(answer.IsSuccessStatusCode, $"{operation.Id}: {example}");
            }
    }

    [Fact]
    public void Enums_OfTheDocument_AreThoseOfTheCode()
    {
        var schemas = Api.Root.GetProperty("components").GetProperty("schemas");

        Assert.Equal(WireNamesOf<ApplicationState>(), Values(Api.Operation("FindApplications").Parameter("state").GetProperty("schema"), "enum"));
        Assert.Equal(WireNamesOf<Decision>(), Values(schemas.GetProperty("Decision"), "enum"));
        // Answers may have others one day.
        Assert.Equal(WireNamesOf<ApplicationState>(), Values(schemas.GetProperty("ApplicationState"), "examples"));
        Assert.Equal(WireNamesOf<WorkflowState>(), Values(schemas.GetProperty("ApplicationDetails").GetProperty("properties").GetProperty("workflow"), "examples"));
        Assert.Equal(WireNamesOf<CheckKind>(), Values(schemas.GetProperty("CheckResult").GetProperty("properties").GetProperty("check"), "examples"));

        static IEnumerable<string> WireNamesOf<T>() where T : struct, Enum => Enum.GetValues<T>().Select(value => value.ToWireName());
        static IEnumerable<string?> Values(JsonElement schema, string keyword) => schema.GetProperty(keyword).EnumerateArray().Select(value => value.GetString());
    }

    /// <summary>Whether the comparison above would notice: a schema that lets changes pass proves nothing.</summary>
    [Theory]
    [InlineData("GetApplication", 200)]
    [InlineData("FindApplications", 200)]
    [InlineData("ReviewApplication", 200)]
    [InlineData("ReviewApplication", 409)]
    [InlineData("ClaimApplication", 200)]
    [InlineData("ReadQueue", 200)]
    [InlineData("FindRelated", 200)]
    [InlineData("Health", 200)]
    public async Task Answer_ChangedAnywhere_IsNoLongerAsDocumented(string operation, int status)
    {
        var content = Api.Operation(operation).Responses[status].GetProperty("content").EnumerateObject().Single().Value;
        var answer = JsonNode.Parse(await (await ProvokeAsync(operation, status))[^1].Content.ReadAsStringAsync())!;
        var changes = ChangesOf(answer, answer, "$").ToList();

        Assert.True(changes.Count >= 3);
        Assert.All(changes, change => Assert.True(
            Api.Schemas.Errors(content.GetProperty("schema"), JsonSerializer.SerializeToElement(change.Changed)).Count > 0, change.What));
    }

    /// <summary>Answers with the status, of each kind that there is.</summary>
    private async Task<IReadOnlyList<HttpResponseMessage>> ProvokeAsync(string id, int status)
    {
        var operation = Api.Operation(id);
        return (id, status) switch
        {
            ("SubmitApplication", 202) =>
            [
                await App.SubmitAsync(AppClient.Clean), await App.SubmitAsync(AppClient.Flagged), await App.SubmitAsync(AppClient.Unprocessable),
                await SubmitAgainOnceReviewedAsync(),
            ],
            ("SubmitApplication", 400) =>
                [await App.SubmitAsync("""{"name":" "}"""), await App.SubmitAsync("[]"), await SubmitAsync("two words", AppClient.Clean)],
            ("SubmitApplication", 410) =>
                [await SubmitOnceErasedAsync(AppClient.Clean), await SubmitOnceErasedAsync(AppClient.Flagged)],
            ("SubmitApplication", 422) => [await SubmitTwiceAsync(AppClient.Clean, AppClient.Flagged)],
            ("FindApplications", 200) => await ListAsync(),
            ("FindApplications", 400) => [await App.Http.GetAsync("/api/applications?state=NONE&pageSize=0&pageToken=!")],
            ("GetApplication", 200) =>
            [
                await ReadAsync((await App.SubmitUntilAsync(AppClient.Clean, "APPROVED")).Id()),
                await ReadAsync((await App.SubmitUntilAsync(AppClient.Unprocessable, "FLAGGED_WITH_UNPROCESSABLE_DATA")).Id()),
                await ReadAsync(await NewWaitingAsync()),
                await ReadAsync(await NewReviewedAsync(AppClient.Approve)),
                await ReadAsync(await NewReviewedAsync("""{"decision":"REJECT","comment":"No.\nNever."}""")),
            ],
            ("EraseApplication", 202) => [await EraseWhileManyWaitAsync()],
            ("EraseApplication", 204) => [await App.EraseAsync(await NewWaitingAsync()), await App.EraseAsync(await ErasedAsync())],
            ("FindRelated", 200) => [await SendAsync(App, operation, await NewWaitingAsync()), await SendAsync(App, operation, (await RecordAsync(DateTime.UtcNow, new())).Id)],
            ("ReviewApplication", 200) =>
            [
                await App.ReviewAsync(await NewWaitingAsync(), AppClient.Approve),
                await App.ReviewAsync(await NewReviewedAsync(AppClient.Reject), AppClient.Reject),
                await App.ReviewAsync(await NewWaitingAsync(), """{"decision":"REJECT","comment":"No."}"""),
            ],
            ("ReviewApplication", 202) => [await App.ReviewAsync(await NewSuspendedAsync(), AppClient.Approve)],
            ("ReviewApplication", 400) =>
                [await App.ReviewAsync(await NewWaitingAsync(), """{"decision":"MAYBE","comment":5}"""), await App.ReviewAsync(await NewWaitingAsync(), "APPROVE")],
            ("ReviewApplication", 403) =>
            [
                await SendAsync(App, operation, UnknownId, request => request.Headers.Add("Origin", "https://elsewhere.example")),
                await App.ReviewAsync(await NewWaitingForTwoAsync(), AppClient.Approve),
            ],
            ("ReviewApplication", 409) =>
            [
                await App.ReviewAsync((await App.SubmitUntilAsync(AppClient.Clean, "APPROVED")).Id(), AppClient.Approve),
                await App.ReviewAsync(await NewTerminatedAsync(), AppClient.Approve),
                await App.ReviewAsync(await NewReviewedAsync(AppClient.Reject), AppClient.Approve),
                await App.ReviewAsync(await NewClaimedAsync(), AppClient.Approve),
            ],
            ("WithdrawApplication", 200) => [await SendAsync(App, operation, await NewWaitingAsync())],
            ("WithdrawApplication", 202) => [await SendAsync(App, operation, await NewSuspendedAsync())],
            ("WithdrawApplication", 409) =>
            [
                await SendAsync(App, operation, (await App.SubmitUntilAsync(AppClient.Clean, "APPROVED")).Id()),
                await SendAsync(App, operation, await NewTerminatedAsync()),
            ],
            ("ClaimApplication", 200) => [await SendAsync(App, operation, await NewWaitingAsync())],
            ("ClaimApplication", 409) =>
            [
                await SendAsync(App, operation, (await App.SubmitUntilAsync(AppClient.Clean, "APPROVED")).Id()),
                await SendAsync(App, operation, await NewClaimedAsync()),
            ],
            ("ReleaseApplication", 204) => [await SendAsync(App, operation, await NewWaitingAsync())],
            ("ReleaseApplication", 409) => [await SendAsync(App, operation, await NewClaimedAsync())],
            ("NextApplication", 200) => [await NextAsync()],
            ("NextApplication", 204) => [await App.PostAsync("/api/queue/next", $$"""{"after":"{{await NewLastAsync()}}"}""")],
            ("NextApplication", 400) => [await App.PostAsync("/api/queue/next", """{"after":5}""")],
            ("NextApplication", 404) => [await App.PostAsync("/api/queue/next", $$"""{"after":"{{UnknownId}}"}""")],
            ("NextApplication", 410) => [await App.PostAsync("/api/queue/next", $$"""{"after":"{{await ErasedAsync()}}"}""")],
            ("ReadQueue", 200) => [await App.Http.GetAsync("/api/queue")],
            ("RestartApplication", 200) => [await SendAsync(App, operation, await NewWaitingAsync())],
            ("RestartApplication", 202) => [await SendAsync(App, operation, await NewTerminatedAsync())],
            ("RestartApplication", 409) => [await SendAsync(App, operation, (await App.SubmitUntilAsync(AppClient.Clean, "APPROVED")).Id())],
            ("Health", 200) => [await App.Http.GetAsync("/api/health")],
            (_, 403) => [await SendAsync(App, operation, UnknownId, request => request.Headers.Add("Origin", "https://elsewhere.example"))],
            (_, 404) => [await SendAsync(App, operation, UnknownId), await SendAsync(App, operation, "x")],
            (_, 410) => [await SendAsync(App, operation, await ErasedAsync())],
            (_, 413) => [await SendAsync(App, operation, UnknownId, request => request.Content = AppClient.Json(new string(' ', 16 * 1024 + 1)))],
            (_, 415) => [await SendAsync(App, operation, UnknownId, request => request.Content = new StringContent("{}"))],
            (_, 500) => [await SendAsync(fixture.WithAWrongKey, operation, UnknownId)],
            (_, 503) => [await SendAsync(fixture.WithoutStorage, operation, UnknownId)],
            _ => throw new NotSupportedException($"Nobody knows how to make {id} answer {status}."),
        };
    }

    /// <summary>Sends what the operation takes, made from the document.</summary>
    private static async Task<HttpResponseMessage> SendAsync(
        TestHost app, ApiOperation operation, string id, Action<HttpRequestMessage>? change = null)
    {
        var query = string.Join('&', operation.Parameters
            .Where(parameter => parameter.Text("in") == "query" && parameter.GetProperty("required").GetBoolean())
            .Select(parameter => $"{parameter.Text("name")}={parameter.Text("example")}"));
        var path = operation.Path.Replace("{id}", id, StringComparison.Ordinal);
        using var request = new HttpRequestMessage(new HttpMethod(operation.Method), $"{path}?{query}");
        if (operation.Definition.TryGetProperty("requestBody", out _))
            request.Content = AppClient.Json(ExamplesOf(operation.Body).First().GetRawText());
        change?.Invoke(request);
        return await app.Http.SendAsync(request);
    }

    private Task<HttpResponseMessage> ReadAsync(string id) => App.Http.GetAsync($"/api/applications/{id}");

    private async Task<HttpResponseMessage> SubmitAsync(string key, string body) => await SendAsync(
        App, Api.Operation("SubmitApplication"), "", request =>
        {
            request.Headers.Add("Idempotency-Key", key);
            request.Content = AppClient.Json(body);
        });

    private async Task<HttpResponseMessage> SubmitTwiceAsync(string first, string second)
    {
        var key = Guid.NewGuid().ToString();
        await SubmitAsync(key, first);
        return await SubmitAsync(key, second);
    }

    /// <summary>Erases one while there is no place left to wait for what comes of it.</summary>
    private Task<HttpResponseMessage> EraseWhileManyWaitAsync() => Eventually.Async(
        async () =>
        {
            var (erased, suspended) = (await NewWaitingAsync(), await NewSuspendedAsync());
            var reviews = Enumerable.Range(0, 65).Select(_ => App.ReviewAsync(suspended, AppClient.Approve)).ToList();
            // Answered at once is only the one for which there was no place.
            await Task.WhenAny(reviews);
            var answer = await App.EraseAsync(erased);
            await Task.WhenAll(reviews);
            return answer;
        },
        answer => answer.StatusCode == HttpStatusCode.Accepted,
        TimeSpan.FromMinutes(3));

    private async Task<HttpResponseMessage> SubmitAgainOnceReviewedAsync()
    {
        var key = Guid.NewGuid().ToString();
        var id = (await (await SubmitAsync(key, AppClient.Flagged)).JsonAsync()).Id();
        await App.UntilAsync(id, "FLAGGED_FOR_REVIEW");
        await App.ReviewAsync(id, AppClient.Approve);
        return await SubmitAsync(key, AppClient.Flagged);
    }

    private async Task<string> NewWaitingAsync() => (await App.SubmitUntilAsync(AppClient.Flagged, "FLAGGED_FOR_REVIEW")).Id();

    private async Task<HttpResponseMessage> SubmitOnceErasedAsync(string body)
    {
        await ErasedAsync();
        return await SubmitAsync(ErasedKey, body);
    }

    /// <summary>One that is erased, submitted with <see cref="ErasedKey"/>: it stays the same, whatever is asked of it.</summary>
    private async Task<string> ErasedAsync() => fixture.Erased ??= await NewErasedAsync();

    private async Task<string> NewErasedAsync()
    {
        var id = (await (await SubmitAsync(ErasedKey, AppClient.Flagged)).JsonAsync()).Id();
        await App.UntilAsync(id, "FLAGGED_FOR_REVIEW");
        Assert.Equal(HttpStatusCode.OK, (await App.ReviewAsAsync("ada@example.org", id, AppClient.Reject)).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await App.EraseAsync(id)).StatusCode);
        return id;
    }

    private async Task<string> NewReviewedAsync(string review)
    {
        var id = await NewWaitingAsync();
        var answer = await SendAsync(App, Api.Operation("ReviewApplication"), id, request =>
        {
            request.Headers.Add("X-MS-CLIENT-PRINCIPAL-NAME", "ada@example.org");
            request.Content = AppClient.Json(review);
        });
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return id;
    }

    private async Task<string> NewTerminatedAsync()
    {
        var id = await NewWaitingAsync();
        await App.PostAsync($"{AppClient.Workflows}/instances/{id}/terminate?reason=test", "{}");
        await App.InstanceUntilAsync(id, "Terminated");
        return id;
    }

    private async Task<string> NewSuspendedAsync()
    {
        var id = await NewWaitingAsync();
        await App.SuspendAsync(id);
        return id;
    }

    /// <summary>One that bob has claimed.</summary>
    private async Task<string> NewClaimedAsync()
    {
        var id = await NewWaitingAsync();
        var answer = await SendAsync(
            App, Api.Operation("ClaimApplication"), id, request => request.Headers.Add("X-MS-CLIENT-PRINCIPAL-NAME", "bob@example.org"));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return id;
    }

    /// <summary>One that two reviewers have to approve, without a workflow.</summary>
    private async Task<string> NewWaitingForTwoAsync() => (await RecordAsync(DateTime.UtcNow, new ReviewOptions { Approvals = 2 })).Id;

    /// <summary>One behind all that wait.</summary>
    private async Task<string> NewLastAsync()
    {
        var last = await RecordAsync(DateTime.UtcNow.AddYears(1), new ReviewOptions());
        await App.ReviewQueue().ClaimAsync(last, "bob@example.org", CancellationToken.None);
        return last.Id;
    }

    private async Task<AccountApplication> RecordAsync(DateTime submittedAt, ReviewOptions rules) => await App.Store().ChangeAsync(
        AccountApplication.Submitted(AccountApplicationId.New(), "Gabe", "ABadAddress", submittedAt), current => current.FlagForReview([], DateTime.UtcNow, rules));

    private async Task<HttpResponseMessage> NextAsync()
    {
        var first = await NewWaitingAsync();
        await NewWaitingAsync();
        return await App.PostAsync("/api/queue/next", $$"""{"after":"{{first}}"}""");
    }

    /// <summary>Lists of every state that are not empty, the first of them with a token, and one that is.</summary>
    private async Task<IReadOnlyList<HttpResponseMessage>> ListAsync()
    {
        await App.SubmitUntilAsync(AppClient.Clean, "APPROVED");
        await App.SubmitUntilAsync(AppClient.Unprocessable, "FLAGGED_WITH_UNPROCESSABLE_DATA");
        await NewWaitingAsync();
        await NewWaitingAsync();
        await NewReviewedAsync(AppClient.Reject);
        var first = await App.Http.GetAsync("/api/applications?state=FLAGGED_FOR_REVIEW&pageSize=1");
        var token = (await first.JsonAsync()).Text("nextPageToken");
        Assert.NotNull(token);
        return
        [
            first,
            await App.Http.GetAsync($"/api/applications?state=FLAGGED_FOR_REVIEW&pageToken={token}"),
            await App.Http.GetAsync("/api/applications?state=APPROVED"),
            await App.Http.GetAsync("/api/applications?state=FLAGGED_WITH_UNPROCESSABLE_DATA"),
            await App.Http.GetAsync("/api/applications?state=REVIEW_APPROVED"),
            await App.Http.GetAsync("/api/applications?state=REJECTED"),
        ];
    }

    /// <summary>Bodies within and beyond what the schema allows, one member changed in each.</summary>
    private static IEnumerable<string> VariationsOf(JsonElement body)
    {
        foreach (var whole in (string[])["null", "5", "\"text\"", "[]", "{}"])
            yield return whole;

        var example = ExamplesOf(body).First().GetRawText();
        foreach (var property in Api.Follow(body.GetProperty("schema")).GetProperty("properties").EnumerateObject())
        {
            var without = JsonNode.Parse(example)!.AsObject();
            without.Remove(property.Name);
            yield return without.ToJsonString();
            foreach (var value in ValuesFor(Api.Follow(property.Value)))
            {
                without[property.Name] = value;
                yield return without.ToJsonString();
            }
        }

        var more = JsonNode.Parse(example)!.AsObject();
        more["more"] = new JsonObject { ["id"] = 1 };
        yield return more.ToJsonString();
    }

    private static IEnumerable<JsonNode?> ValuesFor(JsonElement schema)
    {
        yield return null;
        yield return true;
        yield return 5;
        yield return new JsonArray("text");
        yield return new JsonObject();
        foreach (var text in (string[])["", "  ", "\u2003", "text", " text ", "<b>\"O'Brien\"</b>", "a\nb", "a\r\nb", "a\n", "\ttext", "a\u0000b", "\u007f", "a\u0085", "\u200b\u3164", "\u2800", "\u200bx", "\t\n"])
            yield return text;
        if (schema.TryGetProperty("maxLength", out var length))
        {
            yield return new string('x', length.GetInt32());
            yield return new string('x', length.GetInt32() + 1);
        }

        if (schema.TryGetProperty("enum", out var choices))
            foreach (var choice in choices.EnumerateArray().Select(choice => choice.GetString()!))
            {
                yield return choice;
                yield return choice.ToLowerInvariant();
                yield return choice + "D";
            }
    }

    /// <summary>The same JSON with a member more, a member less or another kind of value, at each place in turn.</summary>
    private static IEnumerable<(string What, JsonNode Changed)> ChangesOf(JsonNode root, JsonNode node, string at)
    {
        if (node is JsonArray array)
            foreach (var change in array.SelectMany((item, i) => item is null ? [] : ChangesOf(root, item, $"{at}[{i}]")))
                yield return change;
        if (node is not JsonObject json)
            yield break;

        json["more"] = 1;
        yield return ($"{at}.more added", root.DeepClone());
        json.Remove("more");
        foreach (var (name, value) in json.ToList())
        {
            json.Remove(name);
            yield return ($"{at}.{name} removed", root.DeepClone());
            json[name] = value is JsonValue number && number.GetValueKind() == JsonValueKind.Number ? "text" : 1.5;
            yield return ($"{at}.{name} of another kind", root.DeepClone());
            json[name] = value;
            if (value is not null)
                foreach (var change in ChangesOf(root, value, $"{at}.{name}"))
                    yield return change;
        }
    }

    private static IEnumerable<JsonElement> ExamplesOf(JsonElement media) =>
        media.GetProperty("examples").EnumerateObject().Select(example => example.Value.GetProperty("value"));

    private static bool NeedsNoKey(ApiOperation operation) =>
        operation.Definition.TryGetProperty("security", out var security) && security.GetArrayLength() == 0;

    private static JsonElement WithoutIds(string json) => JsonSerializer.Deserialize<JsonElement>(IdOrTime().Replace(json, "_"));

    [GeneratedRegex(@"\{([^}]+)\}")]
    private static partial Regex RouteParameter();

    [GeneratedRegex(@"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?Z")]
    private static partial Regex IdOrTime();
}
