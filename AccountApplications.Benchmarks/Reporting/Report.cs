namespace AccountApplications.Benchmarks;

/// <summary>What one round came to.</summary>
/// <param name="Floor">The same of the floor; null if there is none.</param>
internal sealed record Sample(string Measure, string Unit, double Value, double? Floor)
{
    public double? Ratio => Floor > 0 ? Value / Floor : null;
}

/// <summary>What all rounds came to.</summary>
internal sealed record Figure(string Measure, string Unit, Spread Value, Spread? Floor, Spread? Ratio);

/// <summary>A point of a curve, one a round.</summary>
internal sealed record Point(string Chart, string Curve, double X, double Y);

/// <summary>How often an application makes a kind of request on some path.</summary>
internal sealed record RequestCount(string Path, StorageRequest Request, bool IsOwn, double App, double Floor);

/// <summary>All that a run has found out.</summary>
internal sealed class Report
{
    private readonly List<Sample> _samples = [];
    private readonly List<Point> _points = [];

    public IReadOnlyList<Sample> Samples => _samples;

    public IReadOnlyList<Point> Points => _points;

    public List<RequestCount> Requests { get; } = [];

    /// <summary>What was left out, and why.</summary>
    public List<string> Notes { get; } = [];

    /// <summary>What must not be as it was found.</summary>
    public List<string> Failures { get; } = [];

    public IEnumerable<Figure> Figures => _samples.GroupBy(sample => (sample.Measure, sample.Unit)).Select(rounds => new Figure(
        rounds.Key.Measure, rounds.Key.Unit, Spread.Of(rounds.Select(round => (double?)round.Value))!,
        Spread.Of(rounds.Select(round => round.Floor)), Spread.Of(rounds.Select(round => round.Ratio))));

    public void Add(string measure, string unit, double value, double? floor) => _samples.Add(new Sample(measure, unit, value, floor));

    public void Draw(string chart, string curve, double x, double? y)
    {
        if (y is { } value)
            _points.Add(new Point(chart, curve, x, value));
    }
}
