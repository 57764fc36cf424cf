using Microsoft.Playwright;

namespace AccountApplications.Tests.Browser;

/// <summary>The machine's own browser: Playwright's are a download of their own.</summary>
internal static class Chromium
{
    private static readonly string[] Arguments =
    [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync",
    ];

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

    public static Task<IBrowser> LaunchAsync(IPlaywright playwright) =>
        playwright.Chromium.LaunchAsync(new() { ExecutablePath = Path, Headless = true, Args = Arguments });
}
