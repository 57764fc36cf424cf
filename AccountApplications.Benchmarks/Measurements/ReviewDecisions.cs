namespace AccountApplications.Benchmarks;

/// <summary>From a reviewer's decision to approval, one application at a time.</summary>
internal static class ReviewDecisions
{
    public static Task RunAsync(Session session) => session.CompareAsync(
        async workflow => await Time.OfEachAsync(await workflow.StartWaitingAsync(session.Options.Times(20, 10)), workflow.DecideAndWaitAsync),
        (app, floor) =>
        {
            session.Report.Add("review → APPROVED, p50", "ms", app.Median(), floor?.Median());
            session.Report.Add("review → APPROVED, p95", "ms", app.Percentile(0.95), floor?.Percentile(0.95));
        });
}
