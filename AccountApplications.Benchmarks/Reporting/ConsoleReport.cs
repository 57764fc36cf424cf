using Spectre.Console;

namespace AccountApplications.Benchmarks;

/// <summary>The tables that a run prints.</summary>
internal static class ConsoleReport
{
    // What no terminal limits, such as a file, is as wide as the widest row.
    private const int Width = 140;

    public static void Write(Report report)
    {
        if (Console.IsOutputRedirected)
            AnsiConsole.Profile.Width = Width;
        var figures = NewTable("", "", "median (min–max)", "floor", "ratio (min–max)");
        foreach (var figure in report.Figures)
            figures.AddRow(figure.Measure, figure.Unit, Text(figure.Value, "0.#"), Text(figure.Floor, "0.#"), Text(figure.Ratio, "0.00"));
        AnsiConsole.Write(figures);

        foreach (var path in report.Requests.GroupBy(count => count.Path))
        {
            var requests = NewTable(path.Key, "", "app", "floor");
            foreach (var count in path.OrderByDescending(count => count.IsOwn).ThenBy(count => count.Request.Target, StringComparer.Ordinal))
                requests.AddRow(
                    $"{(count.IsOwn ? "own " : "")}{count.Request.Service.ToString().ToLowerInvariant()} {count.Request.Target}", count.Request.Operation,
                    $"{count.App:0.0}", $"{count.Floor:0.0}");
            requests.AddRow("of its own", "", $"{path.Where(count => count.IsOwn).Sum(count => count.App):0.0}", "");
            requests.AddRow("all but get messages", "", Sum(path, count => count.App), Sum(path, count => count.Floor));
            AnsiConsole.Write(requests);
        }

        foreach (var note in report.Notes)
            AnsiConsole.WriteLine(note);
        foreach (var failure in report.Failures)
            AnsiConsole.WriteLine($"error: {failure}");
    }

    private static Table NewTable(params string[] columns)
    {
        var table = new Table().Border(TableBorder.Simple);
        foreach (var (i, column) in columns.Index())
            table.AddColumn(new TableColumn(column) { NoWrap = true, Alignment = i < 2 ? Justify.Left : Justify.Right });
        return table;
    }

    private static string Sum(IEnumerable<RequestCount> counts, Func<RequestCount, double> side) =>
        counts.Where(count => !count.Request.IsPoll).Sum(side).ToString("0.0", CultureInfo.InvariantCulture);

    private static string Text(Spread? spread, string format)
    {
        return spread is null ? "" : spread.Min == spread.Max ? Number(spread.Median)
            : $"{Number(spread.Median)} ({Number(spread.Min)}–{Number(spread.Max)})";

        string Number(double value) => value.ToString(format, CultureInfo.InvariantCulture);
    }
}
