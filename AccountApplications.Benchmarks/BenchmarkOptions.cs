namespace AccountApplications.Benchmarks;

/// <summary>What a run is told by its command line.</summary>
internal sealed record BenchmarkOptions
{
    public const string Usage = """
        --url URL        measure a deployment; what needs hosts of its own is skipped
        --key KEY        its function key
        --quick          few rounds and small numbers, to see that it works
        --only NAME,...  these measurements only
        --rounds N       how often each is repeated; 3 unless set
        --growth N,...   the sizes of stores; 1000,10000 unless set
        """;

    private const int DefaultRounds = 3;

    public Uri? Url { get; init; }

    public string? Key { get; init; }

    public bool IsQuick { get; init; }

    /// <summary>Names of measurements; empty for all.</summary>
    public IReadOnlyList<string> Only { get; init; } = [];

    public int Rounds { get; init; } = DefaultRounds;

    public IReadOnlyList<int> Growth { get; init; } = [1_000, 10_000];

    /// <exception cref="FormatException">An argument is no option, or has no value that fits.</exception>
    public static BenchmarkOptions Parse(string[] arguments)
    {
        var options = new BenchmarkOptions();
        for (var i = 0; i < arguments.Length; i++)
        {
            string Value() => ++i < arguments.Length ? arguments[i] : throw new FormatException($"{arguments[i - 1]} needs a value.");
            options = arguments[i] switch
            {
                "--url" => options with { Url = new Uri(Value()) },
                "--key" => options with { Key = Value() },
                "--quick" => options with { IsQuick = true, Rounds = 1, Growth = [1_000] },
                "--only" => options with { Only = Value().Split(',') },
                "--rounds" => options with { Rounds = Number(Value()) },
                "--growth" => options with { Growth = [.. Value().Split(',').Select(Number)] },
                var other => throw new FormatException($"{other} is no option."),
            };
        }

        return options;
    }

    /// <summary>A number of repetitions: the first in a thorough run, the second in a quick one.</summary>
    public int Times(int thorough, int quick) => IsQuick ? quick : thorough;

    private static int Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
            ? number : throw new FormatException($"'{text}' must be a number.");
}
