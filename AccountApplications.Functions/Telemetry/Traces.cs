using System.Diagnostics;

namespace AccountApplications.Functions.Telemetry;

/// <summary>One trace for each application, from its submission to its end. Whoever decides about it days later does so in a trace of their own.</summary>
internal static class Traces
{
    /// <summary>The name of the app's source.</summary>
    public const string Source = "AccountApplications";

    private static readonly ActivitySource Spans = new(Source);

    /// <summary>The trace that is under way, as W3C's <c>traceparent</c>; null if nobody collects it.</summary>
    public static string? Current => Spans.HasListeners() && Activity.Current is { Recorded: true } current ? current.Id : null;

    /// <summary>Begins a span in an application's trace, with a link to the one that is under way.</summary>
    /// <param name="trace">The application's.</param>
    /// <returns>null if nobody collects it.</returns>
    public static Activity? Continue(string name, string? trace) => ActivityContext.TryParse(trace, null, isRemote: true, out var parent)
        ? Spans.StartActivity(
            name, ActivityKind.Internal, parent, links: Activity.Current is { } current ? [new ActivityLink(current.Context)] : [])
        : null;
}
