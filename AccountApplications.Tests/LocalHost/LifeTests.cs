using System.Diagnostics;
using System.Globalization;
using System.Net;
using AccountApplications.LocalHost;
using AccountApplications.Tests.EndToEnd;
using AccountApplications.Tests.Fixtures;

namespace AccountApplications.Tests.LocalHost;

/// <summary>How the local host, its worker and its Azurite live and die.</summary>
public sealed class LifeTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    [Fact]
    public async Task Worker_ThatDies_IsStartedAgainAndTheThirdDeathEndsTheHost()
    {
        await using var host = await SampleHost.StartedAsync(azurite.ConnectionString, TestHost.NewHub());
        for (var death = 1; death <= 2; death++)
        {
            var worker = await WorkerOfAsync(host);
            using (var process = Process.GetProcessById(worker))
                process.Kill();
            // What comes meanwhile waits; what was on its way when it died is answered 500.
            var next = await Eventually.Async(() => WorkerOfAsync(host), id => id != worker);
            Assert.NotEqual(worker, next);
            Assert.Contains(host.Log, line => line.Contains("The worker has ended and is started again", StringComparison.Ordinal));
        }

        Assert.Equal(HttpStatusCode.InternalServerError, (await host.Http.PostAsync("/api/dies", null)).StatusCode);

        Assert.NotEqual(0, await host.ExitAsync());
        await Eventually.Async(() => host.Errors.Any(line => line.Contains("has ended 3 times within a minute: exit code 7", StringComparison.Ordinal)));
        Assert.Contains(host.Errors, line => line.Contains("These are its last words.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Azurite_ThatNobodyRuns_IsStartedAndEndsWithTheHostHoweverThatEnds()
    {
        var folder = Directory.CreateTempSubdirectory("life-tests-").FullName;
        var (ports, hub) = (TestHost.FreePorts(3), TestHost.NewHub());
        var storage = Azurite.ConnectionStringFor(ports, ports + 1, ports + 2);
        string id;
        await using (var first = await TestHost.StartAppAsync(storage, hub, ("LocalHost__AzuriteFolder", folder)))
        {
            id = await Eventually.Async(async () => (await first.SubmitUntilAsync(AppClient.Clean, "APPROVED")).Id(), _ => true);
            await first.KillAsync();
        }

        // At once: the first one's Azurite is still closing.
        await using (var second = await TestHost.StartAppAsync(storage, hub, ("LocalHost__AzuriteFolder", folder)))
        {
            Assert.Equal("APPROVED", (await second.ReadAsync(id)).Text("state"));
            await second.StopAsync();
        }

        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        await Assert.ThrowsAsync<HttpRequestException>(() => http.GetAsync($"http://127.0.0.1:{ports}/"));
        Directory.Delete(folder, recursive: true);
    }

    internal static async Task<int> WorkerOfAsync(TestHost host) => int.Parse(await host.TextAsync("/api/processid"), CultureInfo.InvariantCulture);
}

/// <summary>How soon all has ended.</summary>
[Collection(Alone.Name)]
public sealed class StopTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    [Fact]
    public async Task Worker_WhoseHostIsKilled_EndsToo()
    {
        await using var host = await SampleHost.StartedAsync(azurite.ConnectionString, TestHost.NewHub());
        var worker = await LifeTests.WorkerOfAsync(host);

        await host.KillAsync();

        await Eventually.Async(() => !Exists(worker), TimeSpan.FromSeconds(5));
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task Stop_WithRequestsRunning_EndsThemRefusesNewOnesAndLeavesNothing(string signal)
    {
        await using var host = await SampleHost.StartedAsync(azurite.ConnectionString, TestHost.NewHub());
        var worker = await LifeTests.WorkerOfAsync(host);
        var shortRequest = host.TextAsync("/api/slow/0.3");
        var longRequest = host.Http.GetAsync("/api/slow/60");
        var statuses = new List<HttpStatusCode>();
        await Eventually.Async(async () => Assert.Equal("2", await host.TextAsync("/api/running")));

        await host.SignalAsync(signal);
        await Eventually.Async(async () =>
        {
            try
            {
                statuses.Add((await host.Http.GetAsync("/api/hello")).StatusCode);
            }
            catch (HttpRequestException)
            {
                // It listens no more.
            }

            return host.HasExited;
        }, TimeSpan.FromSeconds(5));

        Assert.Equal(0, await host.ExitAsync());
        Assert.Equal("done", await shortRequest);
        Assert.Contains(HttpStatusCode.ServiceUnavailable, statuses);
        await longRequest.ContinueWith(_ => { }, TaskScheduler.Default);
        Assert.False(Exists(worker));
        Assert.Empty(host.Errors);
    }

    private static bool Exists(int process)
    {
        try
        {
            using var found = Process.GetProcessById(process);
            return !found.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
