using System.Net;
using System.Net.Sockets;
using AccountApplications.Tests.EndToEnd;
using AccountApplications.Tests.Fixtures;
using Xunit.Abstractions;

namespace AccountApplications.Tests.Embedded.Hosting;

public sealed class StartingTests(AzuriteFixture azurite, ITestOutputHelper output) : IClassFixture<AzuriteFixture>
{
    [Fact]
    public async Task App_Started_ListsItsFunctionsAndOneThingToTry()
    {
        var port = AppProcess.FreePort();
        await using var app = AppProcess.Start(azurite.ConnectionString, port, TestHost.NewHub());

        output.WriteLine($"Ready after {(await app.ReadyAsync()).TotalMilliseconds:F0} ms.");

        foreach (var line in (string[])
            [
                $"\tSubmitApplication: [POST] http://127.0.0.1:{port}/api/applications",
                $"\tGetApplication: [GET] http://127.0.0.1:{port}/api/applications/{{id}}",
                $"\tFindApplications: [GET] http://127.0.0.1:{port}/api/applications",
                $"\tReviewApplication: [POST] http://127.0.0.1:{port}/api/applications/{{id}}/review",
                $"\tHealth: [GET] http://127.0.0.1:{port}/api/health",
                "\tProcessApplication: orchestrationTrigger",
                "\tCheckName: activityTrigger",
            ])
            Assert.Contains(line, app.Output);
        Assert.Contains(
            $"http://127.0.0.1:{port}/api/applications",
            Assert.Single(app.Output, line => line.StartsWith("Try: ", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Empty(app.Errors);
        Assert.Equal(HttpStatusCode.OK, (await app.Http.GetAsync("/api/health")).StatusCode);
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task App_ToldToEnd_EndsWell(string signal)
    {
        await using var app = AppProcess.Start(azurite.ConnectionString, AppProcess.FreePort(), TestHost.NewHub());
        await app.ReadyAsync();
        await app.Http.PostAsync("/api/applications", AppClient.Json(AppClient.Clean));

        await app.SignalAsync(signal);

        Assert.Equal(0, await app.ExitAsync());
        Assert.Empty(app.Errors);
    }

    [Fact]
    public async Task App_ToldToEndWhileAReviewWaits_EndsWell()
    {
        await using var app = AppProcess.Start(azurite.ConnectionString, AppProcess.FreePort(), TestHost.NewHub());
        await app.ReadyAsync();
        var submitted = await (await app.Http.PostAsync("/api/applications", AppClient.Json(AppClient.Flagged))).JsonAsync();
        var location = $"/api/applications/{submitted.Id()}";
        await Eventually.Async(async () =>
            Assert.Equal("FLAGGED_FOR_REVIEW", (await (await app.Http.GetAsync(location)).JsonAsync()).Text("state")));
        var instance = $"{AppClient.Workflows}/instances/{submitted.Id()}";
        await app.Http.PostAsync($"{instance}/suspend", content: null);
        var review = app.Http.PostAsync($"{location}/review", AppClient.Json(AppClient.Approve));
        await Eventually.Async(async () => Assert.Contains(
            "EventRaised", await app.Http.GetStringAsync($"{instance}?showHistory=true"), StringComparison.Ordinal));
        Assert.False(review.IsCompleted);

        await app.SignalAsync("TERM");

        Assert.Equal(0, await app.ExitAsync());
        await Assert.ThrowsAnyAsync<Exception>(async () => (await review).EnsureSuccessStatusCode());
    }

    [Fact]
    public async Task Start_OnATakenPort_SaysSo()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;

        await AssertFailsAsync(
            AppProcess.Start(azurite.ConnectionString, port, TestHost.NewHub()), $"Port {port} ", "in use");
    }

    [Fact]
    public async Task Start_WithoutStorage_SaysSo()
    {
        var closed = AppProcess.FreePort();
        var storage = $"DefaultEndpointsProtocol=http;AccountName=bank;AccountKey=YQ==;TableEndpoint=http://127.0.0.1:{closed}/bank;";

        await AssertFailsAsync(
            AppProcess.Start(storage, AppProcess.FreePort(), TestHost.NewHub()), "Storage does not answer (no connection). Check AzureWebJobsStorage");
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("AccountName=bank;AccountKey=%;EndpointSuffix=core.windows.net")]
    public async Task Start_WithAConnectionStringThatIsNone_SaysSo(string storage) =>
        await AssertFailsAsync(AppProcess.Start(storage, AppProcess.FreePort(), TestHost.NewHub()), "AzureWebJobsStorage");

    [Theory]
    [InlineData("EmbeddedHost__RequireKeys", "yes", "EmbeddedHost:RequireKeys is 'yes'")]
    [InlineData("EmbeddedHost__ReplayEveryTurn", "maybe", "EmbeddedHost:ReplayEveryTurn is 'maybe'")]
    [InlineData("AccountApplications__TablePrefix", "1-2", "AccountApplications:TablePrefix must be")]
    [InlineData("AzureFunctionsJobHost__extensions__http__routePrefix", "{a}{a}", "routePrefix is '{a}{a}'")]
    [InlineData("AzureFunctionsJobHost__extensions__durableTask__hubName", "1", "hubName is '1'")]
    public async Task Start_WithASettingThatCannotBe_SaysWhich(string name, string value, string expected) =>
        await AssertFailsAsync(
            AppProcess.Start(azurite.ConnectionString, AppProcess.FreePort(), TestHost.NewHub(), folder: null, (name, value)), expected);

    [Fact]
    public async Task Start_WithTheWrongKey_SaysThatStorageRefuses()
    {
        var wrong = Convert.ToBase64String(new byte[64]);
        var storage = string.Join(';', azurite.ConnectionString.Split(';').Select(part =>
            part.StartsWith("AccountKey=", StringComparison.Ordinal) ? $"AccountKey={wrong}" : part));

        await AssertFailsAsync(AppProcess.Start(storage, AppProcess.FreePort(), TestHost.NewHub()), "Storage answers 403", "AzureWebJobsStorage");
    }

    [Theory]
    [InlineData("host.json", "{ \"version\": ")]
    [InlineData("local.settings.json", "{ \"Values\": [ }")]
    public async Task Start_WithABrokenSettingsFile_NamesIt(string file, string content)
    {
        var folder = Directory.CreateTempSubdirectory("hosting-tests-").FullName;
        try
        {
            foreach (var source in Directory.EnumerateFiles(AppProcess.Folder))
                File.Copy(source, Path.Combine(folder, Path.GetFileName(source)));
            await File.WriteAllTextAsync(Path.Combine(folder, file), content);

            await AssertFailsAsync(
                AppProcess.Start(azurite.ConnectionString, AppProcess.FreePort(), TestHost.NewHub(), folder), $"{file} is not valid JSON");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Start_WithoutNodeForItsOwnAzurite_SaysWhatToInstall()
    {
        var storage = EmbeddedHost.Local.Azurite.ConnectionStringFor(
            new Uri($"http://127.0.0.1:{AppProcess.FreePort(below: 2)}/devstoreaccount1"));
        var nowhere = Path.Combine(Path.GetTempPath(), "no-such-folder");

        await AssertFailsAsync(
            AppProcess.Start(storage, AppProcess.FreePort(), TestHost.NewHub(), folder: null, ("PATH", nowhere)), "install Node.js");
    }

    private static async Task AssertFailsAsync(AppProcess start, params string[] parts)
    {
        await using var app = start;

        var exitCode = await app.ExitAsync();

        Assert.NotEqual(0, exitCode);
        var line = Assert.Single(app.Output.Concat(app.Errors));
        Assert.All(parts, part => Assert.Contains(part, line, StringComparison.Ordinal));
    }
}
