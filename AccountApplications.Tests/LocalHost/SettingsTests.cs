using System.Net;
using System.Text.Json;
using AccountApplications.Tests.EndToEnd;
using AccountApplications.Tests.Fixtures;

namespace AccountApplications.Tests.LocalHost;

public sealed class SettingsTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>, IAsyncLifetime
{
    private const string Page = "https://page.example";

    private readonly string _folder = SampleHost.Copy();
    private readonly int _port = TestHost.FreePorts();
    private TestHost _host = null!;

    public async Task InitializeAsync()
    {
        var local = new
        {
            Values = new Dictionary<string, string>
            {
                ["FromFile"] = "file",
                ["FromBoth"] = "file",
                ["TickSchedule"] = "* * * * * *",
                ["AzureWebJobs.Hello.Disabled"] = "true",
                ["LocalHost__RequireKeys"] = "true",
                ["LocalHost__Keys__default"] = "d+k",
                ["LocalHost__Keys__OfFunctionLevel"] = "own",
                ["LocalHost__Keys__master"] = "master",
                ["LocalHost__Keys__system"] = "system",
            },
            Host = new { LocalHttpPort = _port, CORS = $"{Page}, https://other.example", CORSCredentials = true },
        };
        await File.WriteAllTextAsync(Path.Combine(_folder, "local.settings.json"), $"// Comments are allowed.\n{JsonSerializer.Serialize(local)}");
        _host = TestHost.Start(
            ["--app", _folder],
            [
                ("AzureWebJobsStorage", azurite.ConnectionString), ("AzureFunctionsJobHost__extensions__durableTask__hubName", TestHost.NewHub()),
                ("AzureFunctionsJobHost__extensions__http__routePrefix", "pre/fix"), ("FromBoth", "environment"),
            ]);
        await _host.ReadyAsync();
    }

    public async Task DisposeAsync()
    {
        await _host.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Settings_OfFilesAndEnvironment_MeanWhatTheyMeanToTheCoreTools()
    {
        Assert.Equal(_port, _host.Port);
        Assert.Contains(_host.Log, line => line.EndsWith($":{_port}/pre/fix/OfAdminLevel", StringComparison.Ordinal));
        Assert.DoesNotContain(_host.Log, line => line.Contains("\tHello:", StringComparison.Ordinal));
        // Their worker reads the route prefix from host.json alone; the Durable Functions API stays where it is.
        Assert.Equal(HttpStatusCode.OK, (await _host.Http.GetAsync("/runtime/webhooks/durabletask/instances?code=system")).StatusCode);
    }

    [Theory]
    [InlineData("/pre/fix/OfFunctionLevel", null, 401)]
    [InlineData("/pre/fix/OfFunctionLevel", "wrong", 401)]
    [InlineData("/pre/fix/OfFunctionLevel", "system", 401)]
    [InlineData("/pre/fix/OfAdminLevel", "d+k", 401)]
    [InlineData("/runtime/webhooks/durabletask/instances", null, 401)]
    [InlineData("/runtime/webhooks/durabletask/instances", "own", 403)]
    [InlineData("/runtime/webhooks/durabletask/instances", "master", 200)]
    [InlineData("/pre/fix/Hello", null, 404)]
    public async Task Key_OfALevel_OpensWhatItShould(string path, string? key, int status)
    {
        using var withHeader = new HttpRequestMessage(HttpMethod.Get, path);
        if (key is not null)
            withHeader.Headers.Add("x-functions-key", key);
        var code = key is null ? "" : $"?code={Uri.EscapeDataString(key)}";

        foreach (var answer in (HttpResponseMessage[])[await _host.Http.SendAsync(withHeader), await _host.Http.GetAsync($"{path}{code}")])
        {
            Assert.Equal(status, (int)answer.StatusCode);
            Assert.True(status == 200 || await answer.Content.ReadAsStringAsync() is "");
        }
    }

    [Fact]
    public async Task Timer_ByHand_NeedsTheMasterKey()
    {
        foreach (var (key, status) in ((string, HttpStatusCode)[])[("d+k", HttpStatusCode.Unauthorized), ("system", HttpStatusCode.Unauthorized), ("master", HttpStatusCode.Accepted)])
            Assert.Equal(status, (await _host.Http.PostAsync($"/admin/functions/Tick?code={Uri.EscapeDataString(key)}", AppClient.Json("{}"))).StatusCode);
    }

    [Theory]
    [InlineData("Origin", Page, true)]
    [InlineData("Origin", "https://other.example", true)]
    [InlineData("Origin", "https://elsewhere.example", false)]
    [InlineData("Origin", "null", false)]
    [InlineData("Host", "rebound.example", false)]
    [InlineData("Host", "127.0.0.1.example", false)]
    [InlineData("Host", "localhost", true)]
    public async Task Request_FromElsewhere_IsRefusedUnlessCorsNamesIt(string header, string value, bool isAdmitted)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/runtime/webhooks/durabletask/instances?code=system") { Headers = { { header, value } } };

        var answer = await _host.Http.SendAsync(request);

        Assert.Equal(isAdmitted ? HttpStatusCode.OK : HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Equal(isAdmitted && header == "Origin", answer.Headers.Contains("Access-Control-Allow-Credentials"));
    }

    [Fact]
    public async Task Preflight_OfAnAllowedPage_IsAnsweredWithoutAKey()
    {
        using var request = new HttpRequestMessage(HttpMethod.Options, "/pre/fix/OfFunctionLevel") { Headers = { { "Origin", Page }, { "Access-Control-Request-Method", "GET" } } };

        var answer = await _host.Http.SendAsync(request);

        Assert.True(answer.IsSuccessStatusCode);
        Assert.Equal(Page, Assert.Single(answer.Headers.GetValues("Access-Control-Allow-Origin")));
    }
}

public sealed class ValueTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    [Fact]
    public async Task Values_OfLocalSettings_ReachTheWorkerUnlessTheEnvironmentHasOthers()
    {
        var folder = SampleHost.Copy();
        await File.WriteAllTextAsync(Path.Combine(folder, "local.settings.json"), """{"Values":{"FromFile":"file","FromBoth":"file","TickSchedule":"* * * * * *"}}""");
        await using var host = TestHost.Start(
            ["--app", folder, "--port", "0"],
            [("AzureWebJobsStorage", azurite.ConnectionString), ("AzureFunctionsJobHost__extensions__durableTask__hubName", TestHost.NewHub()), ("FromBoth", "environment")]);
        await host.ReadyAsync();

        Assert.Equal("file", await host.TextAsync("/api/setting/FromFile"));
        Assert.Equal("environment", await host.TextAsync("/api/setting/FromBoth"));
        Assert.Equal("Development", await host.TextAsync("/api/setting/AZURE_FUNCTIONS_ENVIRONMENT"));
        Assert.Equal("", await host.TextAsync("/api/setting/DOTNET_STARTUP_HOOKS"));
        // Every second, by the schedule that is in the setting.
        await Eventually.Async(async () => Assert.InRange(int.Parse(await host.TextAsync("/api/ticks"), System.Globalization.CultureInfo.InvariantCulture), 2, 900));
        await host.StopAsync();
        Directory.Delete(folder, recursive: true);
    }
}
