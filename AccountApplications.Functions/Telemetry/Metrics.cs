using System.Diagnostics.Metrics;
using AccountApplications.Functions.Applications;

namespace AccountApplications.Functions.Telemetry;

/// <summary>What the app counts and measures. Attributes are states, decisions and rules, never who or what an application is about.</summary>
internal static class Metrics
{
    /// <summary>The name of the app's meter.</summary>
    public const string Meter = "AccountApplications";

    private const string Applications = "{application}";

    private static readonly Meter Instruments = new(Meter);

    private static readonly Counter<long> Changes = Instruments.CreateCounter<long>(
        "account_applications.changes", Applications, "Applications that entered a state.");

    private static readonly Histogram<double> Duration = Instruments.CreateHistogram(
        "account_applications.decision.duration", "s", "From an application's submission to its end.",
        // From a tenth of a second, without a reviewer, to a month.
        advice: new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600, 3600, 21600, 86400, 172800, 604800, 2592000],
        });

    private static readonly Counter<long> Decisions = Instruments.CreateCounter<long>(
        "account_applications.decisions", "{decision}", "Decisions of reviewers.");

    private static readonly Counter<long> Checks = Instruments.CreateCounter<long>(
        "account_applications.checks", "{check}", "Checks, by their rule and outcome: clean, flagged or unprocessable.");

    private static readonly Counter<long> Retries = Instruments.CreateCounter<long>(
        "account_applications.storage.retries", "{request}", "Requests to storage that were sent again.");

    // What was measured here before another host went on measuring is over.
    private static readonly TimeSpan MeasuresAreGoodFor = TimeSpan.FromMinutes(6);

    private static volatile Measures? _measures;

    static Metrics()
    {
        Instruments.CreateObservableGauge(
            "account_applications.count", () => Fresh().SelectMany(measures => measures.States)
                .Select(state => new Measurement<long>(state.Count, State(state.State))),
            Applications, "Applications in a state that is not an end, up to 1,000.");
        Instruments.CreateObservableGauge(
            "account_applications.oldest", () => Fresh().SelectMany(measures => measures.States)
                .Select(state => new Measurement<double>(state.Oldest?.TotalSeconds ?? 0, State(state.State))),
            "s", "Age of the oldest application in a state that is not an end; 0 without one.");
        Instruments.CreateObservableGauge(
            "account_applications.overdue", () => Fresh().Select(measures => new Measurement<long>(measures.Overdue)),
            Applications, "Applications that wait for a review longer than their terms say.");
    }

    /// <param name="before">null for a submission.</param>
    public static void Changed(AccountApplication? before, StateChange change)
    {
        var now = change.Application;
        foreach (var entry in change.Entries)
            Changes.Add(1, State(entry.State));
        foreach (var review in now.Reviews.Skip(before?.Reviews.Count ?? 0))
            Decisions.Add(1, new KeyValuePair<string, object?>("decision", review.Decision.ToWireName()));
        if (change.Entries.Count > 0 && now.State.IsEnd())
            Duration.Record((now.UpdatedAt - now.SubmittedAt).TotalSeconds, State(now.State));
    }

    public static void Checked(string rule, string outcome) => Checks.Add(1, new("rule", rule), new("outcome", outcome));

    public static void Retried() => Retries.Add(1);

    /// <param name="overdue">How many of those that wait do so longer than their terms say.</param>
    public static void Measured(IReadOnlyList<Measured> states, int overdue) => _measures = new Measures(Environment.TickCount64, states, overdue);

    /// <returns>Nothing, if there is nothing that is still good.</returns>
    private static IEnumerable<Measures> Fresh() =>
        _measures is { } measures && Environment.TickCount64 - measures.At < MeasuresAreGoodFor.TotalMilliseconds ? [measures] : [];

    private static KeyValuePair<string, object?> State(ApplicationState state) => new("state", state.ToWireName());

    /// <param name="At">As <see cref="Environment.TickCount64"/> told it.</param>
    private sealed record Measures(long At, IReadOnlyList<Measured> States, int Overdue);
}

/// <summary>How many applications are in a state.</summary>
/// <param name="Oldest">The age of the oldest; null if there is none.</param>
internal sealed record Measured(ApplicationState State, int Count, TimeSpan? Oldest);
