using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using AccountApplications.Functions.Applications;
using AccountApplications.Functions.Storage;
using AccountApplications.Tests.Fixtures;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace AccountApplications.Tests.EndToEnd;

/// <summary>What the tests ask of the app, as an HTTP client does.</summary>
internal static class AppClient
{
    public const string Clean = """{"name":"Spock","address":"123 Enterprise Street"}""";
    public const string Flagged = """{"name":"Gabe","address":"ABadAddress"}""";
    public const string Unprocessable = """{"name":"UNPROCESSABLE_DATA","address":"123 Street"}""";
    public const string Approve = """{"decision":"APPROVE"}""";
    public const string Reject = """{"decision":"REJECT"}""";

    public const string Workflows = "/runtime/webhooks/durabletask";

    /// <summary>The app's store, as the app itself uses it.</summary>
    public static ApplicationStore Store(this TestHost app) =>
        new(app.Tables, app.Index(), new RelatedApplications(app.Tables), new EventQueue(null), TimeProvider.System, NullLogger<ApplicationStore>.Instance);

    public static ReviewQueue ReviewQueue(this TestHost app) =>
        new(app.Index(), app.Store(), Options.Create(new ReviewOptions()), TimeProvider.System);

    public static ApplicationIndex Index(this TestHost app) => new(app.Tables, NullLogger<ApplicationIndex>.Instance);

    public static StringContent Json(string body) => new(body, Encoding.UTF8, "application/json");

    public static ByteArrayContent Json(byte[] body) =>
        new(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };

    public static Task<HttpResponseMessage> PostAsync(this TestHost app, string path, string body) => app.Http.PostAsync(path, Json(body));

    public static Task<HttpResponseMessage> SubmitAsync(this TestHost app, string body) => app.PostAsync("/api/applications", body);

    private static async Task<HttpResponseMessage> SubmitAsync(this TestHost app, string body, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/applications") { Content = Json(body), Headers = { { "Idempotency-Key", key } } };
        return await app.Http.SendAsync(request);
    }

    /// <summary>Submits an application and waits for its state.</summary>
    /// <returns>The application as it then is, with its history.</returns>
    public static async Task<JsonElement> SubmitUntilAsync(this TestHost app, string body, string state)
    {
        // As a client that is told to try again later: the storage that many tests share may be busy for longer than a request waits.
        var key = Guid.NewGuid().ToString();
        var answer = await Eventually.Async(() => app.SubmitAsync(body, key), answer => answer.StatusCode != HttpStatusCode.ServiceUnavailable);
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        return await app.UntilAsync((await answer.JsonAsync()).Id(), state);
    }

    public static Task<JsonElement> UntilAsync(this TestHost app, string id, string state, TimeSpan? timeout = null) =>
        Eventually.Async(() => app.ReadAsync(id), application => application.Text("state") == state, timeout);

    public static async Task<JsonElement> ReadAsync(this TestHost app, string id)
    {
        var answer = await app.Http.GetAsync($"/api/applications/{id}");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.JsonAsync();
    }

    public static Task<HttpResponseMessage> ReviewAsync(this TestHost app, string id, string body) =>
        app.PostAsync($"/api/applications/{id}/review", body);

    /// <summary>Sends a request that is signed by a reviewer.</summary>
    /// <param name="reviewer">null: by nobody.</param>
    public static async Task<HttpResponseMessage> SendAsAsync(this TestHost app, string? reviewer, string method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = body is null ? null : Json(body) };
        if (reviewer is not null)
            request.Headers.TryAddWithoutValidation("X-MS-CLIENT-PRINCIPAL-NAME", reviewer);
        return await app.Http.SendAsync(request);
    }

    public static Task<HttpResponseMessage> ReviewAsAsync(this TestHost app, string? reviewer, string id, string body) =>
        app.SendAsAsync(reviewer, "POST", $"/api/applications/{id}/review", body);

    public static Task<HttpResponseMessage> ClaimAsAsync(this TestHost app, string? reviewer, string id) =>
        app.SendAsAsync(reviewer, "POST", $"/api/applications/{id}/claim");

    public static Task<HttpResponseMessage> ReleaseAsAsync(this TestHost app, string? reviewer, string id) =>
        app.SendAsAsync(reviewer, "DELETE", $"/api/applications/{id}/claim");

    public static Task<HttpResponseMessage> WithdrawAsync(this TestHost app, string id) => app.SendAsAsync(null, "POST", $"/api/applications/{id}/withdraw");

    public static Task<HttpResponseMessage> EraseAsync(this TestHost app, string id, string? by = null) => app.SendAsAsync(by, "DELETE", $"/api/applications/{id}");

    public static async Task<string> NewWaitingAsync(this TestHost app) => (await app.SubmitUntilAsync(Flagged, "FLAGGED_FOR_REVIEW")).Id();

    /// <summary>Ends an application's workflow, and waits until it is known to be ended.</summary>
    public static async Task TerminateAsync(this TestHost app, string id)
    {
        await app.PostAsync($"{Workflows}/instances/{id}/terminate", "{}");
        await app.InstanceUntilAsync(id, "Terminated");
    }

    /// <summary>Raises an event through the management API; it must be taken.</summary>
    public static async Task RaiseAsync(this TestHost app, string id, string payload, string name = "ReviewDecision")
    {
        var answer = await app.PostAsync($"{Workflows}/instances/{id}/raiseEvent/{name}", payload);
        Assert.True(answer.StatusCode == HttpStatusCode.Accepted, $"{(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
    }

    public static async Task<JsonElement> InstanceAsync(this TestHost app, string id) =>
        await (await app.Http.GetAsync($"{Workflows}/instances/{id}")).JsonAsync();

    public static Task<JsonElement> InstanceUntilAsync(this TestHost app, string id, string runtimeStatus) =>
        Eventually.Async(() => app.InstanceAsync(id), instance => instance.Text("runtimeStatus") == runtimeStatus);

    /// <summary>Suspends a workflow, and waits until it is known to be suspended.</summary>
    public static async Task SuspendAsync(this TestHost app, string id)
    {
        await app.PostAsync($"{Workflows}/instances/{id}/suspend", "{}");
        await app.InstanceUntilAsync(id, "Suspended");
    }

    /// <summary>Resumes a workflow; one that looks as if it ran, because an event has just come, cannot be.</summary>
    public static Task ResumeAsync(this TestHost app, string id) => Eventually.Async(async () =>
        Assert.Equal(HttpStatusCode.Accepted, (await app.PostAsync($"{Workflows}/instances/{id}/resume", "{}")).StatusCode));

    /// <summary>The instances that were started with an application of this name.</summary>
    public static async Task<List<string>> InstancesOfAsync(this TestHost app, string name) =>
        [.. (await (await app.Http.GetAsync($"{Workflows}/instances?top=100000")).JsonAsync()).EnumerateArray()
            .Where(instance => instance.GetProperty("input").GetRawText().Contains(name, StringComparison.Ordinal)).Select(instance => instance.Text("instanceId")!)];

    public static async Task<JsonElement> JsonAsync(this HttpResponseMessage answer) =>
        JsonSerializer.Deserialize<JsonElement>(await answer.Content.ReadAsStringAsync());

    public static string Id(this JsonElement application) => application.Text("id")!;

    public static string? Text(this JsonElement json, string member) => json.GetProperty(member).GetString();

    public static IEnumerable<string> Members(this JsonElement json) => json.EnumerateObject().Select(member => member.Name);

    /// <summary>The states of an application's history, oldest first.</summary>
    public static IEnumerable<string?> States(this JsonElement application) =>
        application.GetProperty("history").EnumerateArray().Select(entry => entry.Text("state"));

    /// <summary>
    /// Asserts that the answer is a problem document with exactly the members that it must have: <c>errors</c> for the fields that are
    /// given, and not at all without any.
    /// </summary>
    public static async Task<JsonElement> AssertProblemAsync(
        this HttpResponseMessage answer, HttpStatusCode status, params IReadOnlyCollection<string> fields)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(status == answer.StatusCode, $"{(int)answer.StatusCode}: {text}");
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        var problem = JsonSerializer.Deserialize<JsonElement>(text);
        string[] members = ["detail", "status", "title", "type"];
        Assert.Equal(fields.Count > 0 ? [.. members, "errors"] : members, problem.Members().OrderBy(name => name == "errors").ThenBy(name => name));
        Assert.Equal((int)status, problem.GetProperty("status").GetInt32());
        foreach (var member in members.Where(member => member != "status"))
            Assert.False(string.IsNullOrWhiteSpace(problem.Text(member)), member);
        if (fields.Count > 0)
        {
            var errors = problem.GetProperty("errors");
            Assert.Equal(fields.Order(), errors.Members().Order());
            Assert.All(errors.EnumerateObject(), error => Assert.NotEmpty(error.Value.EnumerateArray()));
        }

        return problem;
    }

    /// <summary>Asserts that nobody serves this: the host's own 404.</summary>
    public static async Task AssertNotServedAsync(this HttpResponseMessage answer)
    {
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync());
    }
}
