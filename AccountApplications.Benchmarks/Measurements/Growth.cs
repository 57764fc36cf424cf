namespace AccountApplications.Benchmarks;

/// <summary>
/// What becomes of operations, of a start and of memory as the store grows; each on a storage and a host of its own. Requests must not grow.
/// </summary>
internal static class Growth
{
    private const string Hub = "Grown";
    private const int Workflows = 200;
    private const int Reviews = 10;
    private const string LatencyChart = "growth, ms by applications stored";
    private const string RequestChart = "growth of requests, by applications stored";

    public static async Task RunAsync(Session session)
    {
        var empty = await MeasureAsync(session, 0, null);
        foreach (var size in session.Options.Growth)
        {
            var (report, of) = (session.Report, $"{size:N0} stored");
            try
            {
                var grown = await MeasureAsync(session, size, empty);
                report.Add($"start to ready, {of} (floor: none)", "ms", grown.Start, empty.Start);
                report.Add($"memory of the host, {of} (floor: none)", "MB", grown.Memory, empty.Memory);
                report.Add($"review → APPROVED, p50, {of} (floor: none)", "ms", grown.Review, empty.Review);
            }
            catch (HttpRequestException e)
            {
                // Azurite looks at every row of a table for a query: there are sizes at which it does not answer in time.
                report.Failures.Add($"growth, {of}: {e.Message}");
            }

            session.Progress.Increment(100.0 / session.Options.Growth.Count);
        }

        foreach (var operation in session.Report.Points.Where(point => point.Chart == RequestChart).GroupBy(point => point.Curve))
            if (operation.DistinctBy(point => point.Y).Count() > 1)
            {
                var counts = string.Join(", ", operation.Select(point => $"{point.Y:0} times with {point.X:N0} stored"));
                session.Report.Failures.Add($"growth: {operation.Key} asks its own tables {counts}.");
            }
    }

    private static async Task<Grown> MeasureAsync(Session session, int size, Grown? empty)
    {
        await using var storage = await MeteredAzurite.StartAsync(isInMemory: true);
        var store = await StoreGenerator.FillAsync(storage.ConnectionString, Hub, size);
        Grown grown;
        int port;
        await using (var host = await LocalHostProcess.StartAsync(LocalHostProcess.AppFolder, storage.ConnectionString, Hub))
        {
            port = host.Port;
            var app = new AppWorkflow(host.Http);
            // One at a time: with 100,000 stored Azurite takes up to a fifth of a second for a query, and more at once would be told to come again later.
            await app.BurstAsync(session.Options.Times(20, 5), 1);
            var running = store.Waiting.Take(Workflows).Select(application => application.Id).ToList();
            foreach (var id in running)
                await app.RestartAsync(id);
            await host.CalmAsync();
            if (size > 0)
                await MeasureAsync(session, size, app, Operations(app, storage, store));
            IReadOnlyList<string> reviewed = size == 0 ? await app.StartWaitingAsync(Reviews) : running[^Reviews..];
            grown = new Grown(
                host.StartTook.TotalMilliseconds, (await Time.OfEachAsync(reviewed, app.DecideAndWaitAsync)).Median(), host.MemoryMegabytes);
        }

        if (size > 0)
            await CountAsync(session, size, storage, store, port);
        return grown;
    }

    private static async Task MeasureAsync(Session session, int size, AppWorkflow app, IReadOnlyList<Operation> operations)
    {
        foreach (var operation in operations)
        {
            for (var round = 0; round < session.Options.Rounds; round++)
            {
                var (median, floor, raw) = await operation.MeasureAsync(app, session.Options.Times(20, 10), hasRaw: true);
                session.Report.Add($"{operation.Name}, p50, {size:N0} stored", "ms", median, floor);
                session.Report.Draw(LatencyChart, operation.Name, size, median);
                session.Report.Draw(LatencyChart, $"{operation.Name}, floor", size, raw);
            }
        }
    }

    private static async Task CountAsync(Session session, int size, MeteredAzurite storage, GeneratedStore store, int port)
    {
        await using var host = await CountedHost.StartAsync(LocalHostProcess.AppFolder, storage.ConnectionString, Hub, port);
        foreach (var operation in Operations(new AppWorkflow(host.Http), storage, store))
        {
            // Tables are made sure of when they are first used.
            await operation.App();
            await operation.Undo();
            var counts = await host.CountAsync(1, TimeSpan.Zero, _ => operation.App());
            await operation.Undo();
            var own = counts.Where(count => Requests.IsOwn(count.Key)).Sum(count => count.Value);
            session.Report.Add($"requests to its own tables, {operation.Name}, {size:N0} stored", "", own, null);
            session.Report.Draw(RequestChart, operation.Name, size, own);
        }
    }

    private static IReadOnlyList<Operation> Operations(AppWorkflow app, MeteredAzurite storage, GeneratedStore store)
    {
        var raw = new RawTables(storage.ConnectionString, Hub);
        return [.. Operation.Reads(app, raw, store.Waiting[0], store.Ended[0].Id), .. Operation.Claims(app, raw, store.Waiting[0])];
    }

    private sealed record Grown(double Start, double Review, double Memory);
}
