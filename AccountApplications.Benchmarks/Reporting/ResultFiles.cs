using ScottPlot;

namespace AccountApplications.Benchmarks;

/// <summary>The files that a run leaves: every round as CSV, every chart as SVG.</summary>
internal static class ResultFiles
{
    private const int Width = 900;
    private const int Height = 520;

    /// <param name="folder">Written anew.</param>
    public static void Write(Report report, string folder)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllLines(Path.Combine(folder, "rounds.csv"),
        [
            "measure,unit,value,floor,ratio", .. report.Samples.Select(sample => Line(sample.Measure, sample.Unit, sample.Value, sample.Floor, sample.Ratio)),
        ]);
        File.WriteAllLines(Path.Combine(folder, "requests.csv"),
        [
            "path,service,target,operation,own,app,floor", .. report.Requests.Select(count => Line(
                count.Path, count.Request.Service, count.Request.Target, count.Request.Operation, count.IsOwn, count.App, count.Floor)),
        ]);
        foreach (var chart in report.Points.GroupBy(point => point.Chart))
            Draw(chart).SaveSvg(Path.Combine(folder, $"{chart.Key.Split(',')[0].Replace(' ', '-')}.svg"), Width, Height);
    }

    /// <summary>Curves of medians over the logarithm of what grows; a floor's is thin.</summary>
    private static Plot Draw(IGrouping<string, Point> chart)
    {
        var plot = new Plot();
        List<double> places = [];
        List<string> colours = [];
        foreach (var curve in chart.GroupBy(point => point.Curve))
        {
            var medians = curve.GroupBy(point => point.X, point => point.Y).OrderBy(rounds => rounds.Key).ToList();
            places.AddRange(medians.Select(rounds => rounds.Key));
            var line = plot.Add.Scatter(
                medians.Select(rounds => Math.Log10(rounds.Key)).ToArray(), medians.Select(rounds => rounds.Median()).ToArray());
            line.LegendText = curve.Key;
            var subject = curve.Key.Split(", floor")[0];
            if (!colours.Contains(subject))
                colours.Add(subject);
            line.Color = plot.Add.Palette.GetColor(colours.IndexOf(subject));
            var isFloor = curve.Key.Contains("floor", StringComparison.Ordinal);
            line.LineWidth = isFloor ? 1 : 2;
            line.MarkerShape = isFloor ? MarkerShape.OpenCircle : MarkerShape.FilledCircle;
        }

        double[] ticks = [.. places.Distinct().Order()];
        plot.Axes.Bottom.SetTicks([.. ticks.Select(Math.Log10)], [.. ticks.Select(tick => tick.ToString("N0", CultureInfo.InvariantCulture))]);
        plot.Axes.SetLimitsY(0, chart.Max(point => point.Y) * 1.1);
        plot.Title(chart.Key);
        plot.ShowLegend(Edge.Right);
        return plot;
    }

    private static string Line(params object?[] fields) => string.Join(',', fields.Select(field =>
        field is string text && text.Contains(',', StringComparison.Ordinal) ? $"\"{text}\"" : Convert.ToString(field, CultureInfo.InvariantCulture)));
}
