namespace AccountApplications.Benchmarks;

internal interface IMeasurement
{
    /// <summary>For <c>--only</c>.</summary>
    string Name { get; }

    /// <summary>Whether it starts, looks into or counts at hosts, which no deployment lets it.</summary>
    bool NeedsLab { get; }

    Task RunAsync(Session session);
}
