using System.Diagnostics;
using System.Globalization;
using AccountApplications.Functions.Storage;
using AccountApplications.Tests.Fixtures;
using Azure.Data.Tables;

namespace AccountApplications.Tests.Robustness;

/// <summary>The host's process is killed again and again, while clients submit and review and do not take no for an answer.</summary>
public sealed class KillTests(AzuriteFixture azurite, Figures figures) : IClassFixture<AzuriteFixture>, IClassFixture<Figures>
{
    [Fact]
    public async Task Host_KilledAgainAndAgain_FinishesAllThatItAcceptedOnce()
    {
        var (hub, port) = (TestHost.NewHub(), TestHost.FreePorts());
        using var http = Load.ClientOf(port);
        var load = new Load(http, processesDie: true);
        var app = await TestHost.StartAppAsync(azurite.ConnectionString, hub, port);
        try
        {
            load.Start();
            for (var kill = 0; kill < Setting.Kills; kill++)
            {
                // Whatever else the machine has to do, there is a load to be killed under.
                var before = load.Accepted;
                await Eventually.Async(() => load.Accepted > before);
                await app.DisposeAsync();
                app = await TestHost.StartAppAsync(azurite.ConnectionString, hub, port);
            }

            await load.StopAsync();
            figures.Print($"{Setting.Kills} kills, {load.Accepted} applications.");
            Assert.True(load.Accepted >= Setting.Kills, $"{load.Accepted} applications are no load.");
            await load.AssertFinishedAsync(app);
            await load.AssertListedAsync(app);
            await app.StopAsync();
        }
        finally
        {
            await app.DisposeAsync();
        }
    }
}

/// <summary>The worker's process is killed under its activities, and started again by its host.</summary>
public sealed class WorkerKillTests(AzuriteFixture azurite, Figures figures) : IClassFixture<AzuriteFixture>, IClassFixture<Figures>
{
    [Fact]
    public async Task Worker_KilledUnderLoad_IsStartedAgainAndNothingIsLost()
    {
        await using var app = await TestHost.StartAppWithWorkerAsync(azurite.ConnectionString, TestHost.NewHub());
        using var http = Load.ClientOf(app.Port);
        var load = new Load(http, processesDie: true);
        load.Start();
        // A third death within a minute would end the host.
        for (var kill = 0; kill < 2; kill++)
        {
            var before = load.Accepted;
            await Eventually.Async(() => load.Accepted > before + 20);
            var worker = Assert.Single(ChildrenOf(app.ProcessId));
            Process.GetProcessById(worker).Kill();
            await Eventually.Async(() => ChildrenOf(app.ProcessId).Any(child => child != worker));
        }

        var last = load.Accepted;
        await Eventually.Async(() => load.Accepted > last + 20);
        await load.StopAsync();
        figures.Print($"Worker killed twice: {load.Accepted} applications.");
        await load.AssertFinishedAsync(app);
        await load.AssertListedAsync(app);
        await app.StopAsync();
    }

    private static List<int> ChildrenOf(int process) =>
        [.. Directory.EnumerateDirectories($"/proc/{process}/task").SelectMany(task => File.ReadAllText($"{task}/children")
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)).Select(id => int.Parse(id, CultureInfo.InvariantCulture))];
}

/// <summary>Two hosts share one task hub.</summary>
public sealed class TwoHostsTests(Figures figures) : IClassFixture<Figures>
{
    // A dead host's partitions are free once their leases are over, and its messages a minute after it took them.
    private static readonly TimeSpan Takeover = TimeSpan.FromSeconds(75);

    [Fact]
    public async Task Hosts_OnOneHub_ShareItsWorkAndDoubleNone_AndOneTakesOverFromTheOther()
    {
        await using var azurite = await AzuriteFixture.StartAsync();
        var hub = TestHost.NewHub();
        var partitions = ("AzureFunctionsJobHost__extensions__durableTask__storageProvider__partitionCount", "4");
        await using var one = await TestHost.StartPunctualAppAsync(azurite.ConnectionString, hub, partitions);
        await using var other = await TestHost.StartPunctualAppAsync(azurite.ConnectionString, hub, partitions);
        var owners = new TableServiceClient(azurite.ConnectionString, StorageOptions.ClientOptions()).GetTableClient($"{hub}Partitions");
        await Eventually.Async(async () =>
        {
            HashSet<object> names = [];
            await foreach (var partition in owners.QueryAsync<TableEntity>())
                names.Add(partition["CurrentOwner"]);
            return names.Count == 2;
        });
        var loads = new[] { one, other }.Select(app => new Load(app.Http)).ToList();

        loads.ForEach(load => load.Start());
        await Eventually.Async(() => loads.TrueForAll(load => load.Accepted > 30), TimeSpan.FromMinutes(1));
        await Task.WhenAll(loads.Select(load => load.StopAsync()));

        figures.Print($"Two hosts on one hub: {loads[0].Accepted} and {loads[1].Accepted} applications.");
        await loads[0].AssertFinishedAsync(other);
        await loads[1].AssertFinishedAsync(one);

        // One dies with what it had in hand, and the other takes that over.
        var left = new Load(other.Http, processesDie: true);
        left.Start();
        await Eventually.Async(() => left.Accepted > 20);
        await one.KillAsync();
        var watch = Stopwatch.StartNew();
        await left.StopAsync();
        await left.AssertFinishedAsync(other);
        figures.Print($"One of two hosts killed: {left.Accepted} applications, all finished {watch.Elapsed.TotalSeconds:0} s later.");
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, Takeover);
        Assert.DoesNotContain(one.Log.Concat(other.Log), line => line.Contains("split brain", StringComparison.OrdinalIgnoreCase));
        await other.StopAsync();
    }
}
