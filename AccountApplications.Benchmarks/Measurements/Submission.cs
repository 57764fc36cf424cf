namespace AccountApplications.Benchmarks;

/// <summary>From submission to approval, one application at a time.</summary>
internal static class Submission
{
    public static Task RunAsync(Session session)
    {
        var runs = Enumerable.Range(0, session.Options.Times(50, 20));
        return session.CompareAsync(workflow => Time.OfEachAsync(runs, _ => workflow.RunAsync()), (app, floor) =>
        {
            foreach (var (name, share) in ((string, double)[])[("p50", 0.5), ("p95", 0.95), ("p99", 0.99)])
                session.Report.Add($"submit → APPROVED, {name}", "ms", app.Percentile(share), floor?.Percentile(share));
        });
    }
}
