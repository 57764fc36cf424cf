using AccountApplications.Functions.Applications;

namespace AccountApplications.Benchmarks;

/// <summary>One request of a reviewer's, and the requests to storage that it comes to.</summary>
/// <param name="Undo">Not measured: as it was before.</param>
internal sealed record Operation(string Name, Func<Task> App, Func<Task> Raw, Func<Task> Undo)
{
    private const int PageSize = 25;

    public static IReadOnlyList<Operation> Reads(AppWorkflow app, RawTables? raw, AccountApplication waiting, string ended) =>
    [
        new("list of 25", () => app.ListAsync(PageSize), () => raw!.ListAsync(PageSize), Nothing),
        new("read, waiting", () => app.ReadAsync(waiting.Id), () => raw!.ReadWaitingAsync(waiting), Nothing),
        new("read, ended", () => app.ReadAsync(ended), () => raw!.ReadAsync(ended), Nothing),
    ];

    public static IReadOnlyList<Operation> Claims(AppWorkflow app, RawTables? raw, AccountApplication waiting)
    {
        var next = waiting.Id;
        return
        [
            new("claim", () => app.ClaimAsync(waiting.Id), () => raw!.ClaimAsync(waiting), () => app.ReleaseAsync(waiting.Id)),
            new("next", async () => next = await app.NextAsync(), () => raw!.NextAsync(waiting), () => app.ReleaseAsync(next)),
        ];
    }

    /// <summary>Medians of some runs, in ms; the floor is a request that does nothing, and the same requests to storage.</summary>
    public async Task<(double App, double? Floor, double? Raw)> MeasureAsync(AppWorkflow app, int times, bool hasRaw)
    {
        List<double> measured = [], idle = [], raw = [];
        for (var i = 0; i < times; i++)
        {
            measured.Add(await Time.OfAsync(App));
            await Undo();
            if (!hasRaw)
                continue;
            raw.Add(await Time.OfAsync(Raw));
            idle.Add(await Time.OfAsync(app.HealthAsync));
        }

        return hasRaw ? (measured.Median(), idle.Median() + raw.Median(), raw.Median()) : (measured.Median(), null, null);
    }

    private static Task Nothing() => Task.CompletedTask;
}
