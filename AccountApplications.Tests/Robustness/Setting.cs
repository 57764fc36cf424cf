using System.Globalization;

namespace AccountApplications.Tests.Robustness;

/// <summary>How hard to try: environment variables, so that a longer run needs no other build.</summary>
internal static class Setting
{
    /// <summary><c>ROBUSTNESS_KILLS</c>: how often the app's process is killed; 20 unless set.</summary>
    public static int Kills => Read("ROBUSTNESS_KILLS") ?? 20;

    /// <summary><c>ROBUSTNESS_CASES</c>: how many bad requests are sent; 10,000 unless set.</summary>
    public static int Cases => Read("ROBUSTNESS_CASES") ?? 10_000;

    /// <summary><c>ROBUSTNESS_SEED</c>: what makes a run the same again; another one each time unless set.</summary>
    public static int Seed => Read("ROBUSTNESS_SEED") ?? Random.Shared.Next(100_000);

    private static int? Read(string name) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var number) ? number : null;
}
