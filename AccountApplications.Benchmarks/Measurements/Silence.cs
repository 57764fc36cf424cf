namespace AccountApplications.Benchmarks;

/// <summary>From a decision to approval after nothing has been asked for a while, when hosts look for work more rarely.</summary>
internal static class Silence
{
    public static async Task RunAsync(Session session)
    {
        var silence = TimeSpan.FromSeconds(session.Options.Times(60, 10));
        Workflow[] workflows = session.Floor is null ? [session.App] : [session.App, session.Floor];
        await session.RepeatAsync(async () =>
        {
            var ids = await Task.WhenAll(workflows.Select(workflow => workflow.StartWaitingAsync(1)));
            await Task.Delay(silence);
            var times = await Task.WhenAll(workflows.Zip(ids, (workflow, waiting) => Time.OfAsync(() => workflow.DecideAndWaitAsync(waiting[0]))));
            session.Report.Add($"review → APPROVED after {silence.TotalSeconds:0} s of silence", "ms", times[0], session.Floor is null ? null : times[1]);
        });
    }
}
