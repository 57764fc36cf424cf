using AccountApplications.Benchmarks;
using Spectre.Console;

// What needs a lab starts hosts, looks into them or counts, which no deployment lets it. Those that count come last: their hosts stay until the end.
(string Name, bool NeedsLab, Func<Session, Task> RunAsync)[] measurements =
[
    ("submission", false, Submission.RunAsync), ("burst", false, Burst.RunAsync), ("review", false, ReviewDecisions.RunAsync),
    ("reading", false, Reading.RunAsync), ("claiming", false, Claiming.RunAsync), ("resources", true, Resources.RunAsync),
    ("start", true, Start.RunAsync), ("pages", true, Pages.RunAsync), ("silence", false, Silence.RunAsync),
    ("settings", true, DurableSettings.RunAsync), ("idle", true, Idle.RunAsync),
    ("requests", true, Requests.RunAsync), ("growth", true, Growth.RunAsync),
];

BenchmarkOptions options;
try
{
    options = BenchmarkOptions.Parse(args);
    if (options.Only.FirstOrDefault(name => !Array.Exists(measurements, measurement => measurement.Name == name)) is { } unknown)
        throw new FormatException($"{unknown} is none of {string.Join(", ", measurements.Select(measurement => measurement.Name))}.");
}
catch (FormatException e)
{
    AnsiConsole.WriteLine($"{e.Message}\n{BenchmarkOptions.Usage}");
    return 1;
}

var folder = Path.GetFullPath(Path.Combine("artifacts", "benchmarks"));
Report? report = null;
await AnsiConsole.Progress().StartAsync(async progress =>
{
    var starting = progress.AddTask("start");
    await using var session = await Session.StartAsync(options);
    starting.Value = starting.MaxValue;
    report = session.Report;
    var chosen = measurements.Where(measurement => options.Only.Count == 0 || options.Only.Contains(measurement.Name))
        .Select(measurement => (Measurement: measurement, Task: progress.AddTask(measurement.Name, autoStart: false))).ToList();
    foreach (var (measurement, task) in chosen)
    {
        task.StartTask();
        session.Progress = task;
        try
        {
            if (measurement.NeedsLab && !session.HasLab)
                report.Notes.Add($"{measurement.Name}: skipped, it needs hosts of its own.");
            else
                await measurement.RunAsync(session);
        }
        finally
        {
            // What has been measured is not lost if the rest fails.
            ResultFiles.Write(report, folder);
        }

        task.Value = task.MaxValue;
    }
});
ConsoleReport.Write(report!);
AnsiConsole.WriteLine($"Written to {folder}.");
return report!.Failures.Count == 0 ? 0 : 1;
