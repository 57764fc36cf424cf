using System.Collections.Concurrent;
using System.Text.Json;
using AccountApplications.LocalHost;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace AccountApplications.Tests.Browser;

/// <summary>
/// Somebody at a browser, who looks at one page. What must never happen fails the test at its end: a script that throws or that the
/// content policy stops, a pop-up, a request to another host.
/// </summary>
internal sealed class Visitor : IAsyncDisposable
{
    private static readonly string Root = Azurite.FindRoot(AppContext.BaseDirectory)!;

    private readonly IBrowserContext _context;
    private readonly ConcurrentQueue<string> _complaints = new();
    private readonly ConcurrentQueue<IRequest> _requests = new();

    private readonly bool _complains;

    private Visitor(IBrowserContext context, IPage page, Uri app, bool complains)
    {
        _context = context;
        _complains = complains;
        Page = page;
        page.PageError += (_, error) => _complaints.Enqueue(error);
        page.Dialog += (_, dialog) => _complaints.Enqueue($"A pop-up: {dialog.Message}");
        page.Console += (_, message) =>
        {
            // What the app refuses or does not answer is a line of its own, and no mistake of the page's.
            if (message.Type is "error" or "warning" && !message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal))
                _complaints.Enqueue(message.Text);
        };
        page.Request += (_, request) =>
        {
            _requests.Enqueue(request);
            if (new Uri(request.Url).Authority != app.Authority)
                _complaints.Enqueue($"A request to another host: {request.Url}");
        };
    }

    public IPage Page { get; }

    /// <summary>What the page asked the API for: <c>GET /api/applications?state=…</c>.</summary>
    public IEnumerable<string> Calls => _requests.Select(request => $"{request.Method} {new Uri(request.Url).PathAndQuery}")
        .Where(call => call.Contains(" /api/", StringComparison.Ordinal));

    public IEnumerable<IRequest> Requests => _requests;

    /// <param name="complains">False where a page is broken on purpose.</param>
    public static async Task<Visitor> StartAsync(IBrowser browser, Uri app, BrowserNewContextOptions? options, bool complains)
    {
        options = new BrowserNewContextOptions(options ?? new()) { BaseURL = app.AbsoluteUri };
        options.Locale ??= "en-GB";
        var context = await browser.NewContextAsync(options);
        return new Visitor(context, await context.NewPageAsync(), app, complains);
    }

    public static BrowserNewContextOptions SignedInAs(string name) =>
        new() { ExtraHTTPHeaders = new Dictionary<string, string> { ["X-MS-CLIENT-PRINCIPAL-NAME"] = name } };

    /// <summary>Whether the machine's network is there.</summary>
    public Task ConnectAsync(bool connected) => _context.SetOfflineAsync(!connected);

    /// <summary>Keeps a picture of the whole page in <c>artifacts/screenshots</c>.</summary>
    public Task ShootAsync(string name) =>
        Page.ScreenshotAsync(new()
        {
            Path = Path.Combine(Root, "artifacts", "screenshots", $"{name}.png"),
            FullPage = true,
            Animations = ScreenshotAnimations.Disabled,
        });

    /// <summary>Asserts that axe finds nothing on the page as it is, and that nothing is wider than the screen.</summary>
    public async Task AssertUsableAsync()
    {
        var script = Path.Combine(Root, "node_modules", "axe-core", "axe.min.js");
        Assert.True(File.Exists(script), "axe-core is not installed: run npm ci");
        await Page.EvaluateAsync(await File.ReadAllTextAsync(script));
        var violations = await Page.EvaluateAsync<JsonElement>(
            """
            async () => (await axe.run(document, { resultTypes: ['violations'] })).violations
              .map(({ id, help, nodes }) => ({ id, help, where: nodes.map(node => `${node.html} ${node.failureSummary}`) }))
            """);
        Assert.True(violations.GetArrayLength() == 0, $"{Page.Url}: {violations}");
        Assert.Equal(0, await Page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth"));
    }

    public ILocator ById(string id) => Page.Locator($"#{id}");

    /// <summary>The rows of the queue.</summary>
    public ILocator Rows => Page.Locator("#rows button");

    /// <summary>What a page says happened last.</summary>
    public ILocator Notice => ById("notice");

    /// <summary>The heading of the application that is being looked at.</summary>
    public ILocator Current => ById("card-title");

    public ILocator Button(string name) => Page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    /// <summary>Opens the queue and waits until it shows what it has.</summary>
    public async Task OpenQueueAsync(string query = "")
    {
        await Page.GotoAsync($"/review{query}");
        await Expect(Page.Locator("#rows button, #empty:not([hidden])").First).ToBeVisibleAsync();
    }

    public async Task PressAsync(params string[] keys)
    {
        foreach (var key in keys)
            await Page.Keyboard.PressAsync(key);
    }

    /// <summary>As when somebody turns to the page again, which then looks at once whether there is anything new.</summary>
    public Task ComeBackAsync() => Page.EvaluateAsync("document.dispatchEvent(new Event('visibilitychange'))");

    public async ValueTask DisposeAsync()
    {
        await _context.DisposeAsync();
        if (_complains)
            Assert.Empty(_complaints);
    }
}
