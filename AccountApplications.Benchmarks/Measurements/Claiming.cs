namespace AccountApplications.Benchmarks;

/// <summary>Claiming an application, and the next that is free.</summary>
internal static class Claiming
{
    public static async Task RunAsync(Session session)
    {
        var waiting = await session.App.StartWaitingAsync(1);
        await Reading.MeasureAsync(session, Operation.Claims(session.App, session.Raw, await session.App.ReadAsync(waiting[0])));
    }
}
