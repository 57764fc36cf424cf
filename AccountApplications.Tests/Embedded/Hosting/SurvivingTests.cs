using System.Net;
using System.Text.Json;
using AccountApplications.EmbeddedHost.Local;
using AccountApplications.Tests.EndToEnd;
using AccountApplications.Tests.Fixtures;
using Xunit.Abstractions;

namespace AccountApplications.Tests.Embedded.Hosting;

/// <summary>What becomes of applications, and of the host's own Azurite, when the process is ended or killed.</summary>
public sealed class SurvivingTests(AzuriteFixture azurite, ITestOutputHelper output) : IClassFixture<AzuriteFixture>, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hosting-tests-").FullName;
    private readonly string _hub = TestHost.NewHub();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task App_Killed_GoesOnWithItsApplicationsWhenItIsStartedAgain()
    {
        (string Body, string State)[] trials =
        [
            (AppClient.Clean, "APPROVED"), (AppClient.Flagged, "FLAGGED_FOR_REVIEW"),
            (AppClient.Unprocessable, "FLAGGED_WITH_UNPROCESSABLE_DATA"),
        ];
        string waiting;
        List<(string Id, string State)> submitted = [];
        await using (var first = AppProcess.Start(azurite.ConnectionString, AppProcess.FreePort(), _hub))
        {
            await first.ReadyAsync();
            waiting = await SubmitAsync(first, AppClient.Flagged);
            await UntilAsync(first, waiting, "FLAGGED_FOR_REVIEW");
            submitted.AddRange(await Task.WhenAll(Enumerable.Range(0, 30).Select(async i =>
                (await SubmitAsync(first, trials[i % trials.Length].Body), trials[i % trials.Length].State))));

            await first.SignalAsync("KILL");
            await first.ExitAsync();
        }

        await using var second = AppProcess.Start(azurite.ConnectionString, AppProcess.FreePort(), _hub);
        output.WriteLine($"Ready again after {(await second.ReadyAsync()).TotalMilliseconds:F0} ms.");

        var review = await second.Http.PostAsync($"/api/applications/{waiting}/review", AppClient.Json(AppClient.Approve));
        Assert.Equal(HttpStatusCode.OK, review.StatusCode);
        foreach (var (id, state) in submitted)
            Assert.Equal(["SUBMITTED", state], (await UntilAsync(second, id, state)).States());
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    [InlineData("KILL")]
    public async Task Azurite_OfTheHost_StartsAndEndsWithItAndKeepsItsData(string signal)
    {
        var tables = new Uri($"http://127.0.0.1:{AppProcess.FreePort(below: 2)}/devstoreaccount1");
        string id;
        await using (var first = StartWithAzurite(tables))
        {
            output.WriteLine($"Ready with Azurite after {(await first.ReadyAsync()).TotalMilliseconds:F0} ms.");
            Assert.True(await Azurite.IsThereAsync(tables));
            id = await SubmitAsync(first, AppClient.Flagged);
            await UntilAsync(first, id, "FLAGGED_FOR_REVIEW");

            await first.SignalAsync(signal);

            var exitCode = await first.ExitAsync();
            if (signal != "KILL")
                Assert.Equal(0, exitCode);
            await Eventually.Async(async () => !await Azurite.IsThereAsync(tables));
        }

        await using var second = StartWithAzurite(tables);
        await second.ReadyAsync();
        var review = await second.Http.PostAsync($"/api/applications/{id}/review", AppClient.Json(AppClient.Approve));
        Assert.Equal(HttpStatusCode.OK, review.StatusCode);
        await second.SignalAsync("TERM");
        Assert.Equal(0, await second.ExitAsync());
        Assert.False(await Azurite.IsThereAsync(tables));
    }

    [Fact]
    public async Task Azurite_ThatIsThere_IsUsedAndLeftAlone()
    {
        await using var app = AppProcess.Start(azurite.ConnectionString, AppProcess.FreePort(), _hub, folder: null, AzuriteFolder);
        await app.ReadyAsync();

        await app.SignalAsync("TERM");

        Assert.Equal(0, await app.ExitAsync());
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
        Assert.True(Azurite.IsDevelopmentStorage(azurite.ConnectionString, out var tables));
        Assert.True(await Azurite.IsThereAsync(tables));
    }

    private (string Name, string Value) AzuriteFolder => ("EmbeddedHost__AzuriteFolder", _folder);

    private AppProcess StartWithAzurite(Uri tables) =>
        AppProcess.Start(Azurite.ConnectionStringFor(tables), AppProcess.FreePort(), _hub, folder: null, AzuriteFolder);

    private static async Task<string> SubmitAsync(AppProcess app, string body)
    {
        // A cold process on a busy machine may not be quick enough, and says "later".
        var answer = await Eventually.Async(
            () => app.Http.PostAsync("/api/applications", AppClient.Json(body)), answer => answer.StatusCode == HttpStatusCode.Accepted);
        return (await answer.JsonAsync()).Id();
    }

    private static Task<JsonElement> UntilAsync(AppProcess app, string id, string state) => Eventually.Async(
        async () => await (await app.Http.GetAsync($"/api/applications/{id}")).JsonAsync(),
        application => application.Text("state") == state);
}
