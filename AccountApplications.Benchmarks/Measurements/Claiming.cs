namespace AccountApplications.Benchmarks;

/// <summary>Claiming an application, and the next that is free.</summary>
internal sealed class Claiming : IMeasurement
{
    public string Name => "claiming";

    public bool NeedsLab => false;

    public async Task RunAsync(Session session)
    {
        var waiting = await session.App.StartWaitingAsync(1);
        await Reading.MeasureAsync(session, Operation.Claims(session.App, session.Raw, await session.App.ReadAsync(waiting[0])));
    }
}
