namespace AccountApplications.Benchmarks;

/// <summary>How many applications a second some clients bring from submission to approval.</summary>
internal static class Burst
{
    private const int LeastRuns = 100;
    private const int RunsPerClient = 6;

    public static async Task RunAsync(Session session)
    {
        int[] sizes = [1, 4, 16, 64];
        session.Progress.MaxValue *= sizes.Length;
        foreach (var clients in sizes)
        {
            var count = session.Options.Times(Math.Max(LeastRuns, Math.Min(clients * RunsPerClient, 256)), Math.Max(10, clients));
            await session.CompareAsync(workflow => RateAsync(workflow, count, clients), (app, floor) =>
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
