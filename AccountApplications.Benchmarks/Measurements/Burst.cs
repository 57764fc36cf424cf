namespace AccountApplications.Benchmarks;

/// <summary>How many applications a second some clients bring from submission to approval.</summary>
internal static class Burst
{
    private const int Runs = 200;
    private const int QuickRuns = 64;

    public static async Task RunAsync(Session session)
    {
        int[] sizes = [1, 4, 16, 64];
        session.Progress.MaxValue *= sizes.Length;
        foreach (var clients in sizes)
        {
            var count = session.Options.Times(Runs, QuickRuns);
            // What Azurite takes for a query grows with what it holds: each number of clients finds the same.
            await using var fresh = session.HasLab ? await Session.StartAsync(session.Options) : null;
            var own = fresh ?? session;
            own.Progress = session.Progress;
            await own.CompareAsync(workflow => RateAsync(workflow, count, clients), (app, floor) =>
            {
                session.Report.Add($"burst by {clients}", "1/s", app.Item1, floor?.Item1);
                session.Report.Draw("burst, applications a second by clients", "app", clients, app.Item1);
                session.Report.Draw("burst, applications a second by clients", "floor", clients, floor?.Item1);
            });
        }
    }

    private static async Task<Tuple<double>> RateAsync(Workflow workflow, int count, int clients) =>
        Tuple.Create(count * 1000 / await Time.OfAsync(() => workflow.BurstAsync(count, clients)));
}
