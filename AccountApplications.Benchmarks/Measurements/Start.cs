namespace AccountApplications.Benchmarks;

/// <summary>From the start of a host to its first good answer.</summary>
internal static class Start
{
    public static Task RunAsync(Session session) => session.RepeatAsync(async () => session.Report.Add(
        "start to ready", "ms", await StartAsync(session, LocalHostProcess.AppFolder, "StartedApp"),
        await StartAsync(session, LocalHostProcess.FloorFolder, "StartedFloor")));

    private static async Task<double> StartAsync(Session session, string folder, string hub)
    {
        await using var host = await LocalHostProcess.StartAsync(folder, session.Lab.Storage.ConnectionString, hub);
        return host.StartTook.TotalMilliseconds;
    }
}
