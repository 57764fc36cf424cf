namespace AccountApplications.Benchmarks;

/// <summary>What a host asks of storage while nobody asks anything of it.</summary>
internal sealed class Idle : IMeasurement
{
    public string Name => "idle";

    public bool NeedsLab => true;

    public async Task RunAsync(Session session)
    {
        var counted = await session.Lab.CountAsync(session.Options);
        session.Report.Add("idle requests to storage", "1/s", counted.App.Idle.Values.Sum(), counted.Floor.Idle.Values.Sum());
    }
}
