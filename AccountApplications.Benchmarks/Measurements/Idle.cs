namespace AccountApplications.Benchmarks;

/// <summary>What a host asks of storage while nobody asks anything of it.</summary>
internal static class Idle
{
    public static async Task RunAsync(Session session)
    {
        var counted = await session.Lab.CountAsync(session.Options);
        session.Report.Add("idle requests to storage", "1/s", counted.App.Idle.Values.Sum(), counted.Floor.Idle.Values.Sum());
    }
}
