using System.Net;
using System.Text.Json;
using AccountApplications.Tests.EndToEnd;
using AccountApplications.Tests.Fixtures;

namespace AccountApplications.Tests.LocalHost;

/// <summary>What an app's functions get from the local host, and give.</summary>
public sealed class ServingTests(SampleFixture fixture) : IClassFixture<SampleFixture>
{
    private TestHost Host => fixture.Host;

    [Fact]
    public async Task Request_ToAFunction_ArrivesWholeAndItsAnswerToo()
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, "/api/echo/a%20b/c/d?q=%C3%BC")
        {
            Content = new StringContent("böd\ny"),
            Headers = { { "X-Test", "hëader" } },
        };

        var answer = await Host.Http.SendAsync(request);

        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        Assert.Equal("set", Assert.Single(answer.Headers.GetValues("X-Answer")));
        Assert.Equal("application/json; charset=utf-8", $"{answer.Content.Headers.ContentType}");
        var seen = await answer.JsonAsync();
        var expected = new { method = "PUT", host = Host.Http.BaseAddress!.Authority, scheme = "http", part = "a b", rest = "c/d", query = "ü", header = "hëader", body = "böd\ny" };
        Assert.True(JsonElement.DeepEquals(JsonSerializer.SerializeToElement(expected), seen), $"{seen}");
    }

    [Theory]
    [InlineData("GET", "/api/echo/a%2Fb", HttpStatusCode.Created)]
    [InlineData("DELETE", "/api/echo/a", HttpStatusCode.NotFound)]
    [InlineData("GET", "/api/echo", HttpStatusCode.NotFound)]
    [InlineData("GET", "/echo/a", HttpStatusCode.NotFound)]
    [InlineData("GET", "/api/big/many", HttpStatusCode.NotFound)]
    [InlineData("GET", "/api/OfAdminLevel", HttpStatusCode.NotFound)] // disabled
    [InlineData("GET", "/api/fails", HttpStatusCode.InternalServerError)]
    [InlineData("POST", "/admin/functions/Hello", HttpStatusCode.NotFound)]
    [InlineData("GET", "/runtime/webhooks/durabletask/instances/none", HttpStatusCode.NotFound)]
    public async Task Request_OfAKind_IsAnsweredAsByARealHost(string method, string path, HttpStatusCode status)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);

        var answer = await Host.Http.SendAsync(request);

        Assert.Equal(status, answer.StatusCode);
        Assert.Equal(status == HttpStatusCode.Created, (await answer.Content.ReadAsByteArrayAsync()).Length > 0);
    }

    [Fact]
    public async Task SlashInARouteValue_Escaped_ArrivesEscaped() =>
        Assert.Equal("a%2Fb", JsonSerializer.Deserialize<JsonElement>(await Host.TextAsync("/api/echo/a%2Fb")).Text("part"));

    [Fact]
    public async Task Path_ThatTwoRoutesMatch_IsTheFunctionsFirstByName() => Assert.Equal("any literal", await Host.TextAsync("/api/same/literal"));

    [Fact]
    public async Task Answer_Of20Megabytes_ArrivesWhole() =>
        Assert.Equal(20_000_000, (await Host.Http.GetByteArrayAsync("/api/big/20000000")).Length);

    [Fact]
    public async Task Requests_100AtOnce_AreAllAnswered() =>
        Assert.All(await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Host.TextAsync("/api/slow/0.5"))), answer => Assert.Equal("done", answer));

    [Fact]
    public async Task Client_ThatGoesAway_CancelsItsFunction()
    {
        var before = int.Parse(await Host.TextAsync("/api/cancelled"), System.Globalization.CultureInfo.InvariantCulture);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(0.5));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Host.Http.GetAsync("/api/slow/60", patience.Token));

        await Eventually.Async(async () => Assert.Equal($"{before + 1}", await Host.TextAsync("/api/cancelled")));
    }

    [Fact]
    public async Task Orchestration_WithActivitySubOrchestrationAndEntity_Ends() =>
        Assert.Equal("\"40 81 82\"", await Host.PostAsync("/api/start/Parent"));

    [Fact]
    public async Task Entity_SignalledByAClient_KeepsItsState()
    {
        var path = $"/api/counters/{Guid.NewGuid()}";

        await Host.PostAsync(path);
        await Eventually.Async(async () => Assert.Equal("5", await Host.TextAsync(path)));
        await Host.PostAsync(path);

        await Eventually.Async(async () => Assert.Equal("10", await Host.TextAsync(path)));
    }

    [Fact]
    public async Task Timer_FiredByHand_RunsWithItsInputs()
    {
        var before = int.Parse(await Host.TextAsync("/api/ticks"), System.Globalization.CultureInfo.InvariantCulture);

        var answer = await Host.Http.PostAsync("/admin/functions/Tick", AppClient.Json("{}"));

        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        await Eventually.Async(async () => Assert.Equal($"{before + 1}", await Host.TextAsync("/api/ticks")));
    }

    [Fact]
    public async Task Failure_OfAFunction_IsLoggedOnce()
    {
        await Host.PostAsync("/api/start/FailingParent");

        await Eventually.Async(() => Host.Log.Any(line => line.Contains("Executed 'FailingParent'", StringComparison.Ordinal)));
        var failures = Host.Log.Where(line => line.Contains("An activity that fails.", StringComparison.Ordinal)).ToList();
        Assert.Equal(2, failures.Count);
        Assert.Contains("Executed 'FailingActivity'", failures[0], StringComparison.Ordinal);
        Assert.Contains("Executed 'FailingParent'", failures[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Banner_ListsEveryFunctionWithItsRoute()
    {
        var url = Host.Http.BaseAddress!.ToString().Replace("127.0.0.1", "localhost", StringComparison.Ordinal);

        Assert.Contains($"\tEcho: [GET,POST,PUT] {url}api/echo/{{part}}/{{*rest}}", Host.Log);
        Assert.Contains("\tCounter: entityTrigger", Host.Log);
        Assert.DoesNotContain(Host.Log, line => line.Contains("OfAdminLevel", StringComparison.Ordinal));
        Assert.Empty(Host.Errors);
    }
}
