using System.Net;
using System.Text.Json;
using AccountApplications.Tests.EndToEnd;
using AccountApplications.Tests.Fixtures;

namespace AccountApplications.Tests.LocalHost;

/// <summary>The small app on a host that takes its settings from local.settings.json and from the environment.</summary>
public sealed class SettingsFixture : IAsyncLifetime
{
    public const string Page = "https://page.example";

    private readonly string _folder = SampleHost.Copy();

    public int Port { get; } = TestHost.FreePorts();

    internal TestHost Host { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        var azurite = new AzuriteFixture();
        await azurite.InitializeAsync();
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
            Host = new { LocalHttpPort = Port, CORS = $"{Page}, https://other.example", CORSCredentials = true },
        };
        await File.WriteAllTextAsync(Path.Combine(_folder, "local.settings.json"), $"// Comments are allowed.\n{JsonSerializer.Serialize(local)}");
        Host = TestHost.Start(
            ["--app", _folder],
            [
                ("AzureWebJobsStorage", azurite.ConnectionString), ("AzureFunctionsJobHost__extensions__durableTask__hubName", TestHost.NewHub()),
                ("AzureFunctionsJobHost__extensions__http__routePrefix", "pre/fix"), ("FromBoth", "environment"),
            ]);
        await Host.ReadyAsync();
    }

    public async Task DisposeAsync()
    {
        await Host.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}

public sealed class SettingsTests(SettingsFixture fixture) : IClassFixture<SettingsFixture>
{
    private TestHost Host => fixture.Host;

    [Fact]
    public async Task Settings_OfFilesAndEnvironment_MeanWhatTheyMeanToTheCoreTools()
    {
        Assert.Equal(fixture.Port, Host.Port);
        Assert.Contains(Host.Log, line => line.EndsWith($":{fixture.Port}/pre/fix/OfAdminLevel", StringComparison.Ordinal));
        Assert.DoesNotContain(Host.Log, line => line.Contains("\tHello:", StringComparison.Ordinal));
        // Their worker reads the route prefix from host.json alone; the Durable Functions API stays where it is.
        Assert.Equal(HttpStatusCode.OK, (await Host.Http.GetAsync("/runtime/webhooks/durabletask/instances?code=system")).StatusCode);
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

        foreach (var answer in (HttpResponseMessage[])[await Host.Http.SendAsync(withHeader), await Host.Http.GetAsync($"{path}{code}")])
        {
            Assert.Equal(status, (int)answer.StatusCode);
            Assert.True(status == 200 || await answer.Content.ReadAsStringAsync() is "");
        }
    }

    [Fact]
    public async Task Timer_ByHand_NeedsTheMasterKey()
    {
        foreach (var (key, status) in ((string, HttpStatusCode)[])[("d+k", HttpStatusCode.Unauthorized), ("system", HttpStatusCode.Unauthorized), ("master", HttpStatusCode.Accepted)])
            Assert.Equal(status, (await Host.Http.PostAsync($"/admin/functions/Tick?code={Uri.EscapeDataString(key)}", AppClient.Json("{}"))).StatusCode);
    }

    [Theory]
    [InlineData("Origin", SettingsFixture.Page, true)]
    [InlineData("Origin", "https://other.example", true)]
    [InlineData("Origin", "https://elsewhere.example", false)]
    [InlineData("Origin", "null", false)]
    [InlineData("Host", "rebound.example", false)]
    [InlineData("Host", "127.0.0.1.example", false)]
    [InlineData("Host", "localhost", true)]
    public async Task Request_FromElsewhere_IsRefusedUnlessCorsNamesIt(string header, string value, bool isAdmitted)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/runtime/webhooks/durabletask/instances?code=system") { Headers = { { header, value } } };

        var answer = await Host.Http.SendAsync(request);

        Assert.Equal(isAdmitted ? HttpStatusCode.OK : HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Equal(isAdmitted && header == "Origin", answer.Headers.Contains("Access-Control-Allow-Credentials"));
    }

    [Fact]
    public async Task Preflight_OfAnAllowedPage_IsAnsweredWithoutAKey()
    {
        using var request = new HttpRequestMessage(HttpMethod.Options, "/pre/fix/OfFunctionLevel") { Headers = { { "Origin", SettingsFixture.Page }, { "Access-Control-Request-Method", "GET" } } };

        var answer = await Host.Http.SendAsync(request);

        Assert.True(answer.IsSuccessStatusCode);
        Assert.Equal(SettingsFixture.Page, Assert.Single(answer.Headers.GetValues("Access-Control-Allow-Origin")));
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
