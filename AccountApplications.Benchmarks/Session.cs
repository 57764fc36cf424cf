using Spectre.Console;

namespace AccountApplications.Benchmarks;

/// <summary>A run: what is measured, what it is compared with, and what has been found out.</summary>
/// <param name="lab">null where a deployment is measured, which has no floor.</param>
internal sealed class Session(BenchmarkOptions options, AppWorkflow app, Lab? lab) : IAsyncDisposable
{
    private const int WarmUps = 30;

    public BenchmarkOptions Options => options;

    public AppWorkflow App => app;

    public BareWorkflow? Floor { get; } = lab is null ? null : new BareWorkflow(lab.FloorHost.Http);

    public Lab Lab => lab ?? throw new InvalidOperationException("This needs hosts of its own.");

    public bool HasLab => lab is not null;

    public RawTables? Raw { get; } = lab is null ? null : new RawTables(lab.Storage.ConnectionString, Lab.AppHub);

    public Report Report { get; } = new();

    /// <summary>Of the measurement under way.</summary>
    public ProgressTask Progress { get; set; } = null!;

    public static async Task<Session> StartAsync(BenchmarkOptions options)
    {
        var lab = options.Url is null ? await Lab.StartAsync() : null;
        var http = lab?.AppHost.Http ?? new HttpClient { BaseAddress = options.Url };
        if (options.Key is not null)
            http.DefaultRequestHeaders.Add("x-functions-key", options.Key);
        var session = new Session(options, new AppWorkflow(http), lab);
        // What is called often is compiled once more.
        foreach (var workflow in session.Workflows)
            await workflow.BurstAsync(options.Times(WarmUps, 5), 4);
        return session;
    }

    /// <summary>In each round measures the app and its floor, in turn the one or the other first.</summary>
    public async Task CompareAsync<T>(Func<Workflow, Task<T>> measure, Action<T, T?> report) where T : class
    {
        for (var round = 0; round < options.Rounds; round++)
        {
            Dictionary<Workflow, T> found = [];
            foreach (var workflow in round % 2 == 0 ? Workflows : Workflows.Reverse())
                found[workflow] = await measure(workflow);
            report(found[app], Floor is null ? null : found[Floor]);
            Progress.Increment(100.0 / options.Rounds);
        }
    }

    /// <summary>So many rounds of something that compares by itself.</summary>
    public async Task RepeatAsync(Func<Task> measure)
    {
        for (var round = 0; round < options.Rounds; round++)
        {
            await measure();
            Progress.Increment(100.0 / options.Rounds);
        }
    }

    public ValueTask DisposeAsync() => lab?.DisposeAsync() ?? ValueTask.CompletedTask;

    private IEnumerable<Workflow> Workflows => Floor is null ? [app] : [app, Floor];
}
