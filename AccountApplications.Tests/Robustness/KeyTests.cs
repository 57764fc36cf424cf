using System.Net;
using AccountApplications.Tests.EndToEnd;
using AccountApplications.Tests.Fixtures;

namespace AccountApplications.Tests.Robustness;

/// <summary>The app on a host that asks for keys.</summary>
public sealed class KeyFixture : IAsyncLifetime
{
    private readonly AzuriteFixture _azurite = new();

    public string ConnectionString => _azurite.ConnectionString;

    internal TestHost App { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        await _azurite.InitializeAsync();
        App = await TestHost.StartAppAsync(
            ConnectionString, TestHost.NewHub(), ("LocalHost__RequireKeys", "true"), ("LocalHost__Keys__default", "for+all"),
            ("LocalHost__Keys__GetApplication", "for-one"), ("LocalHost__Keys__system", "for-operators"), ("LocalHost__Keys__master", "master"));
    }

    public async Task DisposeAsync() => await App.DisposeAsync();
}

public sealed class KeyTests(KeyFixture fixture) : IClassFixture<KeyFixture>
{
    private TestHost App => fixture.App;

    [Fact]
    public async Task Operation_WithoutItsKey_IsRefusedAsTheApisDocumentSays()
    {
        foreach (var operation in OpenApiDocument.Carried.Operations.Where(operation => operation.Responses.ContainsKey(401)))
        {
            using var request = new HttpRequestMessage(new HttpMethod(operation.Method), operation.Path);
            var answer = await App.Http.SendAsync(request);

            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
            Assert.Empty(await OpenApiDocument.Carried.ErrorsAsync(operation.Id, answer));
        }

        Assert.Equal(
            [
                "ClaimApplication", "EraseApplication", "FindApplications", "FindRelated", "GetApplication", "NextApplication", "ReadQueue", "ReleaseApplication", "RestartApplication",
                "ReviewApplication", "SubmitApplication", "WithdrawApplication",
            ],
            OpenApiDocument.Carried.Operations.Where(operation => operation.Responses.ContainsKey(401)).Select(operation => operation.Id).Order());
    }

    [Theory]
    [InlineData("for+all", HttpStatusCode.Unauthorized)]
    [InlineData("for-operators", HttpStatusCode.Unauthorized)]
    [InlineData("master", HttpStatusCode.NotFound)]
    public async Task Erasure_WithAKey_IsForTheMasterKeyAlone(string key, HttpStatusCode status)
    {
        using var request = new HttpRequestMessage(HttpMethod.Delete, "/api/applications/none") { Headers = { { "x-functions-key", key } } };

        Assert.Equal(status, (await App.Http.SendAsync(request)).StatusCode);
    }

    [Theory]
    [InlineData("/api/applications?state=APPROVED", "for+all", HttpStatusCode.OK)]
    [InlineData("/api/applications?state=APPROVED", "master", HttpStatusCode.OK)]
    [InlineData("/api/applications?state=APPROVED", "for-operators", HttpStatusCode.Unauthorized)]
    [InlineData("/api/applications?state=APPROVED", "for-one", HttpStatusCode.Unauthorized)]
    [InlineData("/api/applications?state=APPROVED", "for+al", HttpStatusCode.Unauthorized)]
    [InlineData("/api/applications?state=APPROVED", "FOR+ALL", HttpStatusCode.Unauthorized)]
    [InlineData("/api/applications?state=APPROVED", "", HttpStatusCode.Unauthorized)]
    [InlineData("/api/applications/none", "for-one", HttpStatusCode.NotFound)]
    [InlineData("/api/applications/none", "for+all", HttpStatusCode.NotFound)]
    [InlineData("/api/applications/none", null, HttpStatusCode.Unauthorized)]
    [InlineData("/api/health", null, HttpStatusCode.OK)]
    [InlineData("/api/health", "wrong", HttpStatusCode.OK)]
    [InlineData("/nowhere", null, HttpStatusCode.NotFound)]
    [InlineData("/runtime/webhooks/durabletask/instances", "for-operators", HttpStatusCode.OK)]
    [InlineData("/runtime/webhooks/durabletask/instances", "master", HttpStatusCode.OK)]
    [InlineData("/runtime/webhooks/durabletask/instances", "for+all", HttpStatusCode.Forbidden)]
    [InlineData("/runtime/webhooks/durabletask/instances", "for-one", HttpStatusCode.Forbidden)]
    [InlineData("/runtime/webhooks/durabletask/instances", null, HttpStatusCode.Unauthorized)]
    [InlineData("/RUNTIME/WebHooks/durabletask/instances", null, HttpStatusCode.Unauthorized)]
    [InlineData("/runtime/webhooks/durabletask/nowhere", null, HttpStatusCode.Unauthorized)]
    public async Task Request_WithAKey_IsLetInOnlyWhereTheKeyBelongs(string path, string? key, HttpStatusCode status)
    {
        using var withHeader = new HttpRequestMessage(HttpMethod.Get, path);
        if (key is not null)
            withHeader.Headers.Add("x-functions-key", key);
        var code = key is null ? "" : $"{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}code={Uri.EscapeDataString(key)}";

        foreach (var answer in (HttpResponseMessage[])[await App.Http.SendAsync(withHeader), await App.Http.GetAsync($"{path}{code}")])
        {
            Assert.Equal(status, answer.StatusCode);
            if (status == HttpStatusCode.Unauthorized)
                Assert.Empty(await answer.Content.ReadAsByteArrayAsync());
        }
    }

    [Fact]
    public async Task Submission_WithoutAKey_IsNotMade()
    {
        Assert.Equal(HttpStatusCode.Unauthorized, (await App.SubmitAsync(AppClient.Clean)).StatusCode);

        var instances = await (await App.Http.GetAsync($"{AppClient.Workflows}/instances?code=for-operators")).JsonAsync();
        Assert.Empty(instances.EnumerateArray());
    }

    [Fact]
    public async Task Keys_RequiredButNotConfigured_LetNobodyIn()
    {
        await using var app = await TestHost.StartAppAsync(
            fixture.ConnectionString, TestHost.NewHub(), ("LocalHost__RequireKeys", "true"));

        foreach (var path in (string[])["/api/applications?state=APPROVED", "/api/applications?state=APPROVED&code=", $"{AppClient.Workflows}/instances"])
            Assert.Equal(HttpStatusCode.Unauthorized, (await app.Http.GetAsync(path)).StatusCode);
    }
}
