using AccountApplications.Tests.Fixtures;
using Microsoft.Extensions.DependencyInjection;

namespace AccountApplications.Tests.Robustness;

/// <summary>The app's process is killed again and again, while clients submit and review and do not take no for an answer.</summary>
public sealed class KillTests(AzuriteFixture azurite, Figures figures) : IClassFixture<AzuriteFixture>, IClassFixture<Figures>
{
    private static readonly TimeSpan LongestLife = TimeSpan.FromMilliseconds(400);

    [Fact]
    public async Task App_KilledAgainAndAgain_FinishesAllThatItAcceptedOnce()
    {
        var seed = Setting.Seed;
        figures.Print($"Kills: ROBUSTNESS_SEED={seed}");
        var (hub, port) = (TestHost.NewHub(), AppProcess.FreePort());
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false })
        {
            BaseAddress = new Uri($"http://127.0.0.1:{port}"),
            Timeout = TimeSpan.FromSeconds(15),
        };
        var load = new Load(http);

        var random = new Random(seed);
        var app = AppProcess.Start(azurite.ConnectionString, port, hub);
        try
        {
            await app.ReadyAsync();
            load.Start();
            for (var kill = 0; kill < Setting.Kills; kill++)
            {
                // Whatever else the machine has to do, there is a load to be killed under.
                var before = load.Accepted;
                await Eventually.Async(() => load.Accepted > before);
                await Task.Delay(LongestLife * random.NextDouble());
                await app.SignalAsync("KILL");
                await app.DisposeAsync();
                app = AppProcess.Start(azurite.ConnectionString, port, hub);
                await app.ReadyAsync();
            }

            await load.StopAsync();
            figures.Print($"{Setting.Kills} kills, {load.Accepted} applications.");
            await app.SignalAsync("TERM");
            Assert.Equal(0, await app.ExitAsync());
        }
        finally
        {
            await app.DisposeAsync();
        }

        // In an hour's time, so that what a crash may leave in a list for a minute is over it.
        await using var next = await TestHost.StartAppAsync(
            azurite.ConnectionString, hub, builder => builder.Services.AddSingleton<TimeProvider>(new LaterTime(TimeSpan.FromHours(1))));
        Assert.True(load.Accepted >= Setting.Kills, $"{load.Accepted} applications are no load.");
        await load.AssertFinishedAsync(next);
        await load.AssertListedAsync(next);
    }
}
