using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using AccountApplications.Tests.EndToEnd;
using AccountApplications.Tests.Fixtures;

namespace AccountApplications.Tests.Embedded.Http;

/// <summary>The Durable Functions HTTP API, answered as the real extension does.</summary>
public sealed class ManagementTests(ManagementFixture fixture) : IClassFixture<ManagementFixture>
{
    private const string Root = "/runtime/webhooks/durabletask";

    private TestHost Host => fixture.Host;

    private string BaseAddress => Host.Http.BaseAddress!.GetLeftPart(UriPartial.Authority);

    [Fact]
    public async Task Instance_Running_IsShownWithWhereToLookAgain()
    {
        var before = DateTimeOffset.UtcNow;
        var id = await StartAsync("Wait", """{"a":[1,"ä"]}""");
        await UntilAsync(id, "Running");

        var answer = await Host.Http.GetAsync($"{Root}/instances/{id}?showInput=true");

        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.Equal($"{BaseAddress}{Root}/instances/{id}?showInput=true", answer.Headers.Location?.OriginalString);
        Assert.Equal("5", answer.Headers.GetValues("Retry-After").Single());
        Assert.Equal("application/json; charset=utf-8", answer.Content.Headers.ContentType?.ToString());
        var instance = await answer.JsonAsync();
        var times = (instance.Text("createdTime")!, instance.Text("lastUpdatedTime")!);
        Assert.Equal(
            $$$"""{"name":"Wait","instanceId":"{{{id}}}","runtimeStatus":"Running","input":{"a":[1,"ä"]},"customStatus":{"Waiting":true},"output":null,"createdTime":"{{{times.Item1}}}","lastUpdatedTime":"{{{times.Item2}}}"}""",
            await answer.Content.ReadAsStringAsync());
        var created = DateTimeOffset.ParseExact(
            times.Item1, "yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
        Assert.InRange(created, before.AddSeconds(-1), DateTimeOffset.UtcNow);
        Assert.Matches(@"\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\z", times.Item2);
    }

    [Theory]
    [InlineData("Echo", """{"a":1}""", "Completed", """{"a":1}""")]
    [InlineData("Echo", "\"text\"", "Completed", "\"text\"")]
    [InlineData("Echo", "[1,null]", "Completed", "[1,null]")]
    [InlineData("Fail", "1", "Failed", "\"System.InvalidOperationException: Broken on purpose.\"")]
    public async Task Instance_Ended_IsShownWithItsOutput(string orchestrator, string input, string status, string output)
    {
        var id = await StartAsync(orchestrator, input);

        await UntilAsync(id, status);

        var answer = await Host.Http.GetAsync($"{Root}/instances/{id}");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Null(answer.Headers.Location);
        Assert.False(answer.Headers.Contains("Retry-After"));
        var instance = await answer.JsonAsync();
        Assert.Equal(input, instance.GetProperty("input").GetRawText());
        Assert.Equal(output, instance.GetProperty("output").GetRawText());
        Assert.Equal(JsonValueKind.Null, instance.GetProperty("customStatus").ValueKind);
    }

    [Fact]
    public async Task Instance_WithoutItsInput_IsShownSo()
    {
        var id = await StartAsync("Echo", "\"secret\"");
        await UntilAsync(id, "Completed");

        var instance = await GetAsync($"instances/{id}?showInput=false");

        Assert.Equal(JsonValueKind.Null, instance.GetProperty("input").ValueKind);
        Assert.Equal("secret", instance.Text("output"));
    }

    [Theory]
    [InlineData("nobody")]
    [InlineData("nobody?showHistory=true")]
    [InlineData("no%2Fbody")]
    [InlineData("'")]
    public async Task Instance_Unknown_IsNotFound(string id) =>
        await (await Host.Http.GetAsync($"{Root}/instances/{id}")).AssertNotServedAsync();

    [Fact]
    public async Task Instance_WithHistory_ShowsWhatHappened()
    {
        var id = await StartAsync("Wait", """{"a":1}""");
        await PostAsync($"instances/{id}/suspend?reason=lunch");
        await PostAsync($"instances/{id}/resume?reason=back");
        await RaiseAsync(id, "\"go\"");
        await UntilAsync(id, "Completed");

        var history = (await GetAsync($"instances/{id}?showHistory=true")).GetProperty("historyEvents").EnumerateArray().ToList();

        Assert.Equal(
            ["ExecutionStarted", "ExecutionSuspended", "ExecutionResumed", "EventRaised", "TaskCompleted", "ExecutionCompleted"],
            history.Select(happened => happened.Text("EventType")));
        Assert.Equal(["EventType", "Timestamp", "Input", "FunctionName"], history[0].Members());
        Assert.Equal("""{"a":1}""", history[0].Text("Input"));
        Assert.Equal("Wait", history[0].Text("FunctionName"));
        Assert.Equal("lunch", history[1].Text("Reason"));
        Assert.Equal("back", history[2].Text("Reason"));
        Assert.Equal("Go", history[3].Text("Name"));
        Assert.Equal(["EventType", "Timestamp", "ScheduledTime", "FunctionName"], history[4].Members());
        Assert.Equal("Shout", history[4].Text("FunctionName"));
        Assert.Equal("Completed", history[5].Text("OrchestrationStatus"));
        Assert.All(history, happened => Assert.EndsWith("Z", happened.Text("Timestamp"), StringComparison.Ordinal));
        Assert.All(history, happened => Assert.False(happened.TryGetProperty("Result", out _)));
    }

    [Fact]
    public async Task Instance_WithHistoryAndOutputs_ShowsResults()
    {
        var id = await StartAsync("Wait", "1");
        await RaiseAsync(id, "\"go\"");
        await UntilAsync(id, "Completed");

        var history = (await GetAsync($"instances/{id}?showHistory=true&showHistoryOutput=true")).GetProperty("historyEvents");

        Assert.Equal(["\"go\""], history.EnumerateArray()
            .Where(happened => happened.Text("EventType") == "EventRaised").Select(happened => happened.Text("Input")));
        Assert.Equal(["\"GO\"", "\"GO\""], history.EnumerateArray()
            .Where(happened => happened.TryGetProperty("Result", out _)).Select(happened => happened.Text("Result")));
    }

    [Fact]
    public async Task Instance_OfAFailureOrATermination_TellsItInItsHistory()
    {
        var failed = await StartAsync("Fail", "1");
        await UntilAsync(failed, "Failed");
        var terminated = await StartAsync("Wait", "1");
        await PostAsync($"instances/{terminated}/terminate?reason=enough");
        await UntilAsync(terminated, "Terminated");

        var failure = (await GetAsync($"instances/{failed}?showHistory=true&showHistoryOutput=true")).GetProperty("historyEvents");
        var termination = (await GetAsync($"instances/{terminated}?showHistory=true")).GetProperty("historyEvents");

        Assert.Equal("Failed", failure[1].Text("OrchestrationStatus"));
        Assert.Contains("Broken on purpose.", failure[1].Text("Result"), StringComparison.Ordinal);
        Assert.Equal("ExecutionTerminated", termination[termination.GetArrayLength() - 1].Text("EventType"));
        Assert.Equal("enough", termination[termination.GetArrayLength() - 1].Text("Input"));
    }

    [Fact]
    public async Task Instances_Listed_AreShownAsEachIs()
    {
        var prefix = NewId();
        var (running, ended) = ($"{prefix}-a", $"{prefix}-b");
        await StartAsync("Wait", "1", running);
        await StartAsync("Echo", "2", ended);
        await UntilAsync(running, "Running");
        await UntilAsync(ended, "Completed");

        var all = await GetAsync($"instances?instanceIdPrefix={prefix}");

        foreach (var listed in all.EnumerateArray())
            Assert.Equal((await GetAsync($"instances/{listed.Text("instanceId")}")).GetRawText(), listed.GetRawText());
        Assert.Equal([running, ended], Ids(all));
        Assert.Equal([running], Ids(await GetAsync($"instances?instanceIdPrefix={prefix}&runtimeStatus=Running")));
        Assert.Equal([ended], Ids(await GetAsync($"instances?instanceIdPrefix={prefix}&runtimeStatus=Completed,Failed,Terminated")));
        Assert.Equal([running, ended], Ids(await GetAsync($"instances?instanceIdPrefix={prefix}&runtimeStatus=completed,RUNNING")));
        Assert.Empty(Ids(await GetAsync($"instances?instanceIdPrefix={prefix}&runtimeStatus=Failed")));
        Assert.Empty(Ids(await GetAsync($"instances?instanceIdPrefix={NewId()}")));
        Assert.All(
            (await GetAsync($"instances?instanceIdPrefix={prefix}&showInput=false")).EnumerateArray(),
            listed => Assert.Equal(JsonValueKind.Null, listed.GetProperty("input").ValueKind));
    }

    [Fact]
    public async Task Instances_ByTheTimeOfTheirCreation_AreThoseWithinIt()
    {
        var prefix = NewId();
        var start = await NextMomentAsync();
        await StartAsync("Echo", "1", $"{prefix}-a");
        var middle = await NextMomentAsync();
        await StartAsync("Echo", "1", $"{prefix}-b");

        string Query(string name, DateTimeOffset time) =>
            $"instances?instanceIdPrefix={prefix}&{name}={Uri.EscapeDataString(time.ToString("O", CultureInfo.InvariantCulture))}";

        Assert.Equal([$"{prefix}-a", $"{prefix}-b"], Ids(await GetAsync(Query("createdTimeFrom", start))));
        Assert.Equal([$"{prefix}-b"], Ids(await GetAsync(Query("createdTimeFrom", middle))));
        Assert.Equal([$"{prefix}-a"], Ids(await GetAsync(Query("createdTimeTo", middle))));
        Assert.Empty(Ids(await GetAsync(Query("createdTimeTo", start))));
    }

    [Theory]
    [InlineData("top=none")]
    [InlineData("top=-1")]
    [InlineData("runtimeStatus=Nonsense")]
    [InlineData("runtimeStatus=")]
    [InlineData("createdTimeFrom=yesterday&createdTimeTo=tomorrow")]
    [InlineData("showInput=maybe")]
    [InlineData("unknown=1")]
    public async Task Instances_ByWhatCannotBeRead_AreAll(string query)
    {
        var id = await StartAsync("Echo", "1");

        var listed = await GetAsync($"instances?instanceIdPrefix={id}&{query}");

        Assert.Equal([id], Ids(listed));
        Assert.Equal(1, listed[0].GetProperty("input").GetInt32());
    }

    [Fact]
    public async Task Instances_MoreThanTop_GoOnWithTheContinuationHeader()
    {
        var prefix = NewId();
        for (var i = 0; i < 5; i++)
            await StartAsync("Echo", "1", $"{prefix}-{i}");

        List<string?> seen = [];
        string? token = null;
        do
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"{Root}/instances?instanceIdPrefix={prefix}&top=2");
            if (token is not null)
                request.Headers.Add("x-ms-continuation-token", token);
            var answer = await Host.Http.SendAsync(request);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            var page = Ids(await answer.JsonAsync()).ToList();
            Assert.InRange(page.Count, 0, 2);
            seen.AddRange(page);
            token = answer.Headers.TryGetValues("x-ms-continuation-token", out var values) ? values.Single() : null;
        }
        while (token is not null);

        Assert.Equal(Enumerable.Range(0, 5).Select(i => $"{prefix}-{i}"), seen.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("null", "NULL")]
    [InlineData("1", "1")]
    [InlineData("\"go\"", "\"GO\"")]
    [InlineData("[1, 2]", "[1, 2]")]
    [InlineData("""{"a":1}""", """{"A":1}""")]
    public async Task Event_OfAnyJson_IsTaken(string payload, string output)
    {
        var id = await StartAsync("Wait", "1");

        var answer = await PostAsync($"instances/{id}/raiseEvent/Go", payload);

        await AssertEmptyAsync(HttpStatusCode.Accepted, answer);
        Assert.Equal(output, (await UntilAsync(id, "Completed")).GetProperty("output").ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("go")]
    [InlineData("{")]
    [InlineData("1 2")]
    public async Task Event_NotJson_IsRefused(string payload)
    {
        var id = await StartAsync("Wait", "1");

        var answer = await PostAsync($"instances/{id}/raiseEvent/Go", payload);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("Running", (await GetAsync($"instances/{id}")).Text("runtimeStatus"));
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData(null)]
    public async Task Event_OfAnotherContentType_IsRefused(string? contentType)
    {
        var id = await StartAsync("Wait", "1");
        using var content = new ByteArrayContent("1"u8.ToArray());
        if (contentType is not null)
            content.Headers.TryAddWithoutValidation("Content-Type", contentType);

        var answer = await Host.Http.PostAsync($"{Root}/instances/{id}/raiseEvent/Go", content);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal(
            """{"Message":"Only application/json request content is supported"}""", await answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("raiseEvent/Go")]
    [InlineData("terminate?reason=x")]
    [InlineData("suspend?reason=x")]
    [InlineData("resume?reason=x")]
    public async Task Command_ForNobody_IsNotFound(string command) =>
        await (await PostAsync($"instances/{NewId()}/{command}", "1")).AssertNotServedAsync();

    [Theory]
    [InlineData("raiseEvent/Go")]
    [InlineData("terminate?reason=x")]
    [InlineData("suspend?reason=x")]
    [InlineData("resume?reason=x")]
    public async Task Command_ForAnEndedInstance_IsGone(string command)
    {
        var id = await StartAsync("Echo", "1");
        await UntilAsync(id, "Completed");

        var answer = await PostAsync($"instances/{id}/{command}", "1");

        await AssertEmptyAsync(HttpStatusCode.Gone, answer);
        Assert.Equal(1, (await GetAsync($"instances/{id}")).GetProperty("output").GetInt32());
    }

    [Theory]
    [InlineData("?reason=not%20needed%20%26%20old", "not needed & old")]
    [InlineData("?reason=", null)]
    [InlineData("", null)]
    public async Task Terminate_Running_EndsItWithTheReason(string query, string? output)
    {
        var id = await StartAsync("Wait", "1");

        var answer = await PostAsync($"instances/{id}/terminate{query}");

        await AssertEmptyAsync(HttpStatusCode.Accepted, answer);
        var instance = await UntilAsync(id, "Terminated");
        Assert.Equal(output ?? "", instance.GetProperty("output").ToString());
        Assert.Equal(HttpStatusCode.OK, (await Host.Http.GetAsync($"{Root}/instances/{id}")).StatusCode);
    }

    [Fact]
    public async Task Suspend_Running_KeepsEventsUntilItIsResumed()
    {
        var id = await StartAsync("Wait", "1");

        await AssertEmptyAsync(HttpStatusCode.Accepted, await PostAsync($"instances/{id}/suspend?reason=lunch"));
        var suspended = await UntilAsync(id, "Suspended");
        Assert.Equal("lunch", suspended.Text("output"));
        Assert.Equal(HttpStatusCode.Accepted, (await Host.Http.GetAsync($"{Root}/instances/{id}")).StatusCode);

        await RaiseAsync(id, "\"go\"");
        Assert.Equal("Suspended", (await GetAsync($"instances/{id}")).Text("runtimeStatus"));
        await AssertEmptyAsync(HttpStatusCode.Accepted, await PostAsync($"instances/{id}/resume?reason=back"));
        Assert.Equal("\"GO\"", (await UntilAsync(id, "Completed")).Text("output"));
    }

    [Fact]
    public async Task Purge_OfAnEndedInstance_RemovesItOnce()
    {
        var id = await StartAsync("Echo", "1");
        await UntilAsync(id, "Completed");

        var answer = await Host.Http.DeleteAsync($"{Root}/instances/{id}");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("""{"instancesDeleted":1}""", await answer.Content.ReadAsStringAsync());
        await (await Host.Http.GetAsync($"{Root}/instances/{id}")).AssertNotServedAsync();
        await (await Host.Http.DeleteAsync($"{Root}/instances/{id}")).AssertNotServedAsync();
    }

    [Fact]
    public async Task Purge_OfARunningInstance_IsRefused()
    {
        var id = await StartAsync("Wait", "1");

        var answer = await Host.Http.DeleteAsync($"{Root}/instances/{id}");

        Assert.False(answer.IsSuccessStatusCode);
        Assert.Equal("Running", (await GetAsync($"instances/{id}")).Text("runtimeStatus"));
    }

    [Fact]
    public async Task Purge_OfARange_RemovesTheEndedOnesWithinIt()
    {
        var from = await NextMomentAsync();
        var (completed, failed, running) = (await StartAsync("Echo", "1"), await StartAsync("Fail", "1"), await StartAsync("Wait", "1"));
        await UntilAsync(completed, "Completed");
        await UntilAsync(failed, "Failed");
        var to = await NextMomentAsync();
        var later = await StartAsync("Echo", "1");
        await UntilAsync(later, "Completed");
        string Time(DateTimeOffset time) => Uri.EscapeDataString(time.ToString("O", CultureInfo.InvariantCulture));
        var range = $"{Root}/instances?createdTimeFrom={Time(from)}&createdTimeTo={Time(to)}";

        Assert.Equal("""{"instancesDeleted":1}""", await BodyAsync(await Host.Http.DeleteAsync($"{range}&runtimeStatus=Failed,Terminated")));
        Assert.Equal("""{"instancesDeleted":1}""", await BodyAsync(await Host.Http.DeleteAsync(range)));
        await (await Host.Http.DeleteAsync(range)).AssertNotServedAsync();

        await (await Host.Http.GetAsync($"{Root}/instances/{completed}")).AssertNotServedAsync();
        await (await Host.Http.GetAsync($"{Root}/instances/{failed}")).AssertNotServedAsync();
        Assert.Equal("Running", (await GetAsync($"instances/{running}")).Text("runtimeStatus"));
        Assert.Equal("Completed", (await GetAsync($"instances/{later}")).Text("runtimeStatus"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("?createdTimeTo=2026-11-22T14:16:32Z")]
    [InlineData("?createdTimeFrom=yesterday")]
    public async Task Purge_OfARangeWithoutABeginning_IsRefusedWithAString(string query)
    {
        var answer = await Host.Http.DeleteAsync($"{Root}/instances{query}");

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal(JsonValueKind.String, (await answer.JsonAsync()).ValueKind);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Start_OfAnOrchestrator_AnswersWithItsAddresses(bool named)
    {
        var id = named ? NewId() : null;

        var answer = await PostAsync($"orchestrators/Echo{(named ? $"/{id}" : "")}", """{"a":1}""");

        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        var body = await answer.JsonAsync();
        id ??= body.Text("id");
        Assert.NotEmpty(id!);
        var instance = $"{BaseAddress}{Root}/instances/{id}";
        Assert.Equal(instance, answer.Headers.Location?.OriginalString);
        Assert.Equal("10", answer.Headers.GetValues("Retry-After").Single());
        Assert.Equal(
            $$"""{"id":"{{id}}","statusQueryGetUri":"{{instance}}","sendEventPostUri":"{{instance}}/raiseEvent/{eventName}","terminatePostUri":"{{instance}}/terminate?reason={text}","purgeHistoryDeleteUri":"{{instance}}","restartPostUri":"{{instance}}/restart","suspendPostUri":"{{instance}}/suspend?reason={text}","resumePostUri":"{{instance}}/resume?reason={text}"}""",
            await answer.Content.ReadAsStringAsync());
        Assert.Equal("""{"a":1}""", (await UntilAsync(id!, "Completed")).GetProperty("output").GetRawText());
    }

    [Fact]
    public async Task Start_WithoutABody_HasNoInput()
    {
        var id = NewId();

        var answer = await Host.Http.PostAsync($"{Root}/orchestrators/Wait/{id}", content: null);

        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.Equal(JsonValueKind.Null, (await UntilAsync(id, "Running")).GetProperty("input").ValueKind);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("text")]
    public async Task Start_WithBrokenJson_IsRefused(string input)
    {
        var id = NewId();

        var answer = await PostAsync($"orchestrators/Echo/{id}", input);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        await (await Host.Http.GetAsync($"{Root}/instances/{id}")).AssertNotServedAsync();
    }

    [Fact]
    public async Task Start_OfARunningId_IsAConflictAndOfAnEndedOneRunsItAgain()
    {
        var id = await StartAsync("Wait", "1");

        Assert.Equal(HttpStatusCode.Conflict, (await PostAsync($"orchestrators/Echo/{id}", "2")).StatusCode);
        await PostAsync($"instances/{id}/suspend");
        Assert.Equal(HttpStatusCode.Conflict, (await PostAsync($"orchestrators/Echo/{id}", "2")).StatusCode);
        await PostAsync($"instances/{id}/terminate");
        await UntilAsync(id, "Terminated");
        Assert.Equal(HttpStatusCode.Accepted, (await PostAsync($"orchestrators/Echo/{id}", "3")).StatusCode);

        var instance = await UntilAsync(id, "Completed");
        Assert.Equal("Echo", instance.Text("name"));
        Assert.Equal(3, instance.GetProperty("output").GetInt32());
    }

    [Fact]
    public async Task Start_OfAnUnknownOrchestrator_FailsLater()
    {
        var id = await StartAsync("Nobody", "1");

        Assert.Contains("Nobody", (await UntilAsync(id, "Failed")).Text("output"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_WithAnInputThatIsTooLarge_IsRefused()
    {
        var answer = await PostAsync($"orchestrators/Echo/{NewId()}", $"\"{new string('x', 300 * 1024)}\"");

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
    }

    [Theory]
    [InlineData("restart")]
    [InlineData("rewind")]
    public async Task Feature_NotSupported_IsNamed(string feature)
    {
        var id = await StartAsync("Echo", "1");

        var answer = await PostAsync($"instances/{id}/{feature}?reason=x");

        Assert.Equal(HttpStatusCode.NotImplemented, answer.StatusCode);
        Assert.Contains(feature, (await answer.JsonAsync()).Text("detail"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", "")]
    [InlineData("GET", "/nothing")]
    [InlineData("POST", "/instances")]
    [InlineData("PUT", "/instances/x")]
    [InlineData("POST", "/instances/x")]
    [InlineData("HEAD", "/instances/x")]
    [InlineData("OPTIONS", "/instances/x")]
    [InlineData("GET", "/instances/x/terminate")]
    [InlineData("POST", "/instances/x/raiseEvent")]
    [InlineData("POST", "/instances/x/dance")]
    [InlineData("GET", "/orchestrators/Echo")]
    [InlineData("POST", "/orchestrators")]
    [InlineData("POST", "/orchestrators/Echo/a/b")]
    [InlineData("GET", "/entities")]
    public async Task AnythingElse_IsNotFound(string method, string path) =>
        await (await Host.Http.SendAsync(new HttpRequestMessage(new HttpMethod(method), $"{Root}{path}"))).AssertNotServedAsync();

    private static string NewId() => Guid.NewGuid().ToString("N");

    private async Task<string> StartAsync(string orchestrator, string input, string? id = null)
    {
        id ??= NewId();
        Assert.Equal(HttpStatusCode.Accepted, (await PostAsync($"orchestrators/{orchestrator}/{id}", input)).StatusCode);
        return id;
    }

    private async Task RaiseAsync(string id, string payload) =>
        Assert.Equal(HttpStatusCode.Accepted, (await PostAsync($"instances/{id}/raiseEvent/Go", payload)).StatusCode);

    private Task<JsonElement> UntilAsync(string id, string status) =>
        Eventually.Async(() => GetAsync($"instances/{id}"), instance => instance.Text("runtimeStatus") == status);

    private async Task<JsonElement> GetAsync(string path) => await (await Host.Http.GetAsync($"{Root}/{path}")).JsonAsync();

    private Task<HttpResponseMessage> PostAsync(string path, string body = "") =>
        Host.Http.PostAsync($"{Root}/{path}", new StringContent(body, Encoding.UTF8, "application/json"));

    private static IEnumerable<string?> Ids(JsonElement instances) =>
        instances.EnumerateArray().Select(instance => instance.Text("instanceId")).Order(StringComparer.Ordinal);

    private static async Task<string> BodyAsync(HttpResponseMessage answer)
    {
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadAsStringAsync();
    }

    private static async Task AssertEmptyAsync(HttpStatusCode status, HttpResponseMessage answer)
    {
        Assert.Equal(status, answer.StatusCode);
        Assert.Empty(await answer.Content.ReadAsStringAsync());
    }

    /// <summary>A moment between what has been and what comes, by clocks that know milliseconds only, as the emulator's comparisons do.</summary>
    private static async Task<DateTimeOffset> NextMomentAsync()
    {
        var now = DateTimeOffset.UtcNow;
        await Eventually.Async(() => DateTimeOffset.UtcNow > now.AddMilliseconds(2));
        return now.AddMilliseconds(1);
    }
}
