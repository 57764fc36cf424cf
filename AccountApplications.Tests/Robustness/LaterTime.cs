namespace AccountApplications.Tests.Robustness;

/// <summary>The system's time, but later.</summary>
internal sealed class LaterTime(TimeSpan by) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + by;
}
