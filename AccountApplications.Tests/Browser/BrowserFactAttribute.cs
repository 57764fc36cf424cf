namespace AccountApplications.Tests.Browser;

/// <summary>A test in a real browser; where there is none it is skipped, and says what to install.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class BrowserFactAttribute : FactAttribute
{
    public BrowserFactAttribute() => Skip = Chromium.Missing;
}

/// <inheritdoc cref="BrowserFactAttribute"/>
[AttributeUsage(AttributeTargets.Method)]
public sealed class BrowserTheoryAttribute : TheoryAttribute
{
    public BrowserTheoryAttribute() => Skip = Chromium.Missing;
}

/// <summary>The machine's own browser: Playwright's are a download of their own.</summary>
internal static class Chromium
{
    private static readonly string[] Names = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome.exe", "msedge.exe"];

    /// <summary>null if there is none.</summary>
    public static string? Path { get; } =
        (from name in Names
         from folder in Environment.GetEnvironmentVariable("PATH")?.Split(System.IO.Path.PathSeparator) ?? []
         let path = System.IO.Path.Combine(folder, name)
         where File.Exists(path)
         select path).FirstOrDefault();

    /// <summary>What to say where there is none.</summary>
    public static string? Missing { get; } =
        Path is null ? $"No browser is on the PATH ({string.Join(", ", Names)}). On Debian: apt-get install chromium-headless-shell" : null;
}
