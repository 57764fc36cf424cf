namespace AccountApplications.Benchmarks;

/// <summary>The median of several rounds, and how far they lie apart.</summary>
internal sealed record Spread(double Median, double Min, double Max)
{
    public static Spread? Of(IEnumerable<double?> rounds) =>
        rounds.OfType<double>().ToList() is { Count: > 0 } values ? new Spread(values.Median(), values.Min(), values.Max()) : null;
}

internal static class Statistics
{
    public static double Median(this IEnumerable<double> values) => values.Percentile(0.5);

    /// <summary>Interpolated between the two values that are next to it.</summary>
    public static double Percentile(this IEnumerable<double> values, double share)
    {
        double[] sorted = [.. values.Order()];
        var place = share * (sorted.Length - 1);
        var below = sorted[(int)place];
        return below + (place - (int)place) * (sorted[(int)Math.Ceiling(place)] - below);
    }
}

internal static class Time
{
    /// <returns>ms.</returns>
    public static async Task<double> OfAsync(Func<Task> action)
    {
        var since = Stopwatch.GetTimestamp();
        await action();
        return Stopwatch.GetElapsedTime(since).TotalMilliseconds;
    }

    /// <summary>One after the other.</summary>
    /// <returns>ms of each.</returns>
    public static async Task<IReadOnlyList<double>> OfEachAsync<T>(IEnumerable<T> items, Func<T, Task> action)
    {
        List<double> times = [];
        foreach (var item in items)
            times.Add(await OfAsync(() => action(item)));
        return times;
    }
}
