namespace AccountApplications.Benchmarks;

/// <summary>What durable settings do: the app on a host with one of them changed, beside it as its floor the app on one with host.json as it is.</summary>
internal static class DurableSettings
{
    private const int Clients = 16;

    private static readonly Setting AsItIs = new("host.json as it is");
    private static readonly Setting OnePartition = new("1 partition, not 4", ("storageProvider__partitionCount", "1"));
    private static readonly Setting RarePolling = new("polling 30 s apart, not 1 s", ("storageProvider__maxQueuePollingInterval", "00:00:30"));

    private static readonly Setting[] UnderLoad =
    [
        OnePartition, RarePolling, new("extended sessions", ("extendedSessionsEnabled", "true")),
        new("32 control messages in memory, not 256", ("storageProvider__controlQueueBufferThreshold", "32")),
        new("tracing None, not V2", ("tracing__version", "None")),
    ];

    private static readonly Setting[] InSilence =
    [
        AsItIs, OnePartition, RarePolling, new("polling 0.2 s apart, not 1 s", ("storageProvider__maxQueuePollingInterval", "00:00:00.2")),
    ];

    private static readonly Setting LongInvisible = new(
        "messages invisible for 5 min, not 1",
        ("storageProvider__controlQueueVisibilityTimeout", "00:05:00"), ("storageProvider__workItemQueueVisibilityTimeout", "00:05:00"));

    public static async Task RunAsync(Session session)
    {
        foreach (var (i, setting) in UnderLoad.Index())
        {
            await LoadAsync(session, setting, $"Loaded{i}");
            session.Progress.Increment(60.0 / UnderLoad.Length);
        }

        // Both do little but wait.
        await Task.WhenAll(SilenceAsync(session), CrashAsync(session));
    }

    /// <summary>Applications a second in bursts, and the time of single ones.</summary>
    private static async Task LoadAsync(Session session, Setting setting, string hub)
    {
        await using var changed = await StartAsync(session, setting, hub);
        await using var unchanged = await StartAsync(session, AsItIs, $"{hub}Floor");
        AppWorkflow[] apps = [new(changed.Http), new(unchanged.Http)];
        foreach (var app in apps)
            await app.BurstAsync(session.Options.Times(30, 5), 4);
        var (count, singles) = (session.Options.Times(64, Clients), Enumerable.Range(0, session.Options.Times(20, 5)));
        for (var round = 0; round < session.Options.Rounds; round++)
        {
            Dictionary<AppWorkflow, (double Rate, double Time)> found = [];
            foreach (var app in round % 2 == 0 ? apps : apps.AsEnumerable().Reverse())
            {
                var rate = count * 1000 / await Time.OfAsync(() => app.BurstAsync(count, Clients));
                found[app] = (rate, (await Time.OfEachAsync(singles, _ => app.RunAsync())).Median());
            }

            session.Report.Add($"{setting.Name}: burst by {Clients}", "1/s", found[apps[0]].Rate, found[apps[1]].Rate);
            session.Report.Add($"{setting.Name}: submit → APPROVED, p50", "ms", found[apps[0]].Time, found[apps[1]].Time);
        }
    }

    /// <summary>What hosts ask of storage when nothing has been asked of them for a while, and a review after that; of all hosts at the same time.</summary>
    private static async Task SilenceAsync(Session session)
    {
        List<CountedHost> hosts = [];
        List<AppWorkflow> apps = [];
        foreach (var (i, setting) in InSilence.Index())
        {
            // One after the other: all at once would be too slow for their first request.
            hosts.Add(await CountedHost.StartAsync(
                LocalHostProcess.AppFolder, session.Lab.Storage.ConnectionString, $"Silent{i}", durable: setting.Values));
            apps.Add(new AppWorkflow(hosts[i].Http));
            await apps[i].RunAsync();
        }

        // It takes that long until queues are asked as rarely as they ever are.
        var (silence, idle) = (TimeSpan.FromSeconds(session.Options.Times(60, 10)), TimeSpan.FromSeconds(session.Options.Times(30, 10)));
        for (var round = 0; round < session.Options.Rounds; round++)
        {
            var waiting = await Task.WhenAll(apps.Select(app => app.StartWaitingAsync(1)));
            await Task.Delay(silence);
            await Task.WhenAll(hosts.Select(host => host.WatchIdleAsync(idle)));
            var times = await Task.WhenAll(apps.Zip(waiting, (app, ids) => Time.OfAsync(() => app.DecideAndWaitAsync(ids[0]))));
            var asked = hosts.Select(host => host.Idle.Values.Sum()).ToList();
            for (var i = 1; i < hosts.Count; i++)
            {
                session.Report.Add($"{InSilence[i].Name}: idle requests to storage", "1/s", asked[i], asked[0]);
                session.Report.Add(
                    $"{InSilence[i].Name}: review → APPROVED after {(silence + idle).TotalSeconds:0} s of silence", "ms", times[i], times[0]);
            }

            session.Progress.Increment(40.0 / session.Options.Rounds);
        }

        await Task.WhenAll(hosts.Select(host => host.DisposeAsync().AsTask()));
    }

    /// <summary>From a crash of the host under started applications to the end of the last of them on the next host.</summary>
    private static async Task CrashAsync(Session session)
    {
        if (session.Options.IsQuick)
        {
            session.Report.Notes.Add("settings: a crash is left out of a quick run, since messages then are invisible for 5 minutes.");
            return;
        }

        var times = await Task.WhenAll(TimeAsync(LongInvisible, "Crashed"), TimeAsync(AsItIs, "CrashedFloor"));
        session.Report.Add($"{LongInvisible.Name}: kill → APPROVED on the next host", "s", times[0] / 1000, times[1] / 1000);

        async Task<double> TimeAsync(Setting setting, string hub)
        {
            await using var killed = await StartAsync(session, setting, hub);
            var app = new AppWorkflow(killed.Http);
            var ids = await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => app.StartAsync(waits: false)));
            return await Time.OfAsync(async () =>
            {
                await killed.KillAsync();
                await using var next = await StartAsync(session, setting, hub, killed.Port);
                foreach (var id in ids)
                    await new AppWorkflow(next.Http).WaitAsync(id, Stage.Done);
            });
        }
    }

    private static Task<LocalHostProcess> StartAsync(Session session, Setting setting, string hub, int port = 0) =>
        LocalHostProcess.StartAsync(LocalHostProcess.AppFolder, session.Lab.Storage.ConnectionString, hub, port, setting.Values);

    private sealed record Setting(string Name, params (string Key, string Value)[] Changes)
    {
        public IReadOnlyDictionary<string, string> Values => Changes.ToDictionary();
    }
}
