namespace AccountApplications.Benchmarks;

/// <summary>Processor time by process for an application in a burst, and the memory of a host after it.</summary>
internal static class Resources
{
    private const int Clients = 16;

    public static Task RunAsync(Session session)
    {
        var (lab, count) = (session.Lab, session.Options.Times(100, 32));
        return session.CompareAsync(
            async workflow =>
            {
                var host = workflow == session.App ? lab.AppHost : lab.FloorHost;
                var (hostBefore, storageBefore) = (host.Cpu, lab.Storage.Cpu);
                await workflow.BurstAsync(count, Clients);
                return new Used((host.Cpu - hostBefore) / count, (lab.Storage.Cpu - storageBefore) / count, host.MemoryMegabytes);
            },
            (app, floor) =>
            {
                session.Report.Add("CPU of the host, an application", "ms", app.Host.TotalMilliseconds, floor?.Host.TotalMilliseconds);
                if (app.Storage is { } storage)
                    session.Report.Add("CPU of Azurite, an application", "ms", storage.TotalMilliseconds, floor?.Storage?.TotalMilliseconds);
                session.Report.Add("memory of the host after the bursts", "MB", app.Memory, floor?.Memory);
            });
    }

    private sealed record Used(TimeSpan Host, TimeSpan? Storage, double Memory);
}
