namespace AccountApplications.Benchmarks;

/// <summary>A page of the waiting list, and single applications.</summary>
internal static class Reading
{
    public static async Task RunAsync(Session session)
    {
        var waiting = await session.App.StartWaitingAsync(session.Options.Times(50, 25));
        var ended = await session.App.StartAsync(waits: false);
        await session.App.WaitAsync(ended, Stage.Done);
        await MeasureAsync(session, Operation.Reads(session.App, session.Raw, await session.App.ReadAsync(waiting[0]), ended));
    }

    public static Task MeasureAsync(Session session, IReadOnlyList<Operation> operations) => session.RepeatAsync(async () =>
    {
        foreach (var operation in operations)
        {
            var (app, floor, _) = await operation.MeasureAsync(session.App, session.Options.Times(50, 20), session.HasLab);
            session.Report.Add($"{operation.Name}, p50", "ms", app, floor);
        }
    });
}
