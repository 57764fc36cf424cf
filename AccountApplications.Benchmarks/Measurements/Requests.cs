using AccountApplications.Functions.Storage;

namespace AccountApplications.Benchmarks;

/// <summary>Requests to storage on each path, by table and operation: the app's own, and those that the runtime makes for it.</summary>
internal static class Requests
{
    private const double Noise = 0.05;

    // Longer than a workflow takes; nobody asks how far it is, which would count.
    private static readonly TimeSpan WorkflowTime = TimeSpan.FromSeconds(1);

    private static readonly HashSet<string> OwnTables = NamesOf(new Tables(new("UseDevelopmentStorage=true")));

    /// <summary>Whether a request is to a table of the app's, and not of the runtime's.</summary>
    public static bool IsOwn(StorageRequest request) => request.Service == StorageService.Table && OwnTables.Contains(request.Target);

    public static async Task RunAsync(Session session)
    {
        var counted = await session.Lab.CountAsync(session.Options);
        var times = session.Options.Times(20, 5);
        var (app, floor) = (new AppWorkflow(counted.App.Http), new BareWorkflow(counted.Floor.Http));
        // Tables are made sure of when they are first used.
        await Task.WhenAll(app.RunAsync(), floor.RunAsync());
        await CompareAsync("submit → APPROVED", workflow => _ => workflow.StartAsync(waits: false));
        await CompareAsync("submit → FLAGGED_FOR_REVIEW", workflow => _ => workflow.StartAsync(waits: true));
        var (waiting, bare) = (await app.StartWaitingAsync(times), await floor.StartWaitingAsync(times));
        await Task.Delay(WorkflowTime);
        await CompareAsync("review → APPROVED", workflow => i => workflow.DecideAsync((workflow == app ? waiting : bare)[i]));

        var still = await app.ReadAsync((await app.StartWaitingAsync(1))[0]);
        await Task.Delay(WorkflowTime);
        foreach (var operation in (Operation[])[.. Operation.Reads(app, null, still, waiting[0]), .. Operation.Claims(app, null, still)])
        {
            var counts = await counted.App.CountAsync(1, TimeSpan.Zero, _ => operation.App());
            // Which of those that are made without it fell into its few milliseconds is chance.
            Report(operation.Name, counts.Where(count => !counted.App.Idle.ContainsKey(count.Key)).ToDictionary(), new Dictionary<StorageRequest, double>());
            await operation.Undo();
        }

        async Task CompareAsync(string path, Func<Workflow, Func<int, Task>> action)
        {
            var counts = await Task.WhenAll(
                counted.App.CountAsync(times, WorkflowTime, action(app)), counted.Floor.CountAsync(times, WorkflowTime, action(floor)));
            Report(path, counts[0], counts[1]);
            session.Progress.Increment(30);
        }

        void Report(string path, IReadOnlyDictionary<StorageRequest, double> ofApp, IReadOnlyDictionary<StorageRequest, double> ofFloor)
        {
            List<RequestCount> counts = [.. ofApp.Keys.Union(ofFloor.Keys)
                .Select(request => new RequestCount(
                    path, request, IsOwn(request), ofApp.GetValueOrDefault(request), ofFloor.GetValueOrDefault(request)))
                .Where(count => count.App > Noise || count.Floor > Noise)];
            session.Report.Requests.AddRange(counts);
            var floors = counts.Where(count => !count.Request.IsPoll).Sum(count => count.Floor);
            session.Report.Add($"requests, {path}", "", counts.Where(count => !count.Request.IsPoll).Sum(count => count.App), floors > 0 ? floors : null);
            session.Report.Add($"requests to its own tables, {path}", "", counts.Where(count => count.IsOwn).Sum(count => count.App), null);
        }
    }

    private static HashSet<string> NamesOf(Tables tables) =>
        [tables.Applications.Name, tables.Index.Name, tables.Related.Name, tables.Claims.Name];
}
