using System.Collections.Concurrent;
using AccountApplications.Tests.Browser;
using Microsoft.Playwright;

namespace AccountApplications.Benchmarks;

/// <summary>The page of reviewers in a browser, with a long list.</summary>
internal static class Pages
{
    private const string Hub = "Shown";
    private const string List = "/api/applications?state=FLAGGED_FOR_REVIEW";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    // The page refreshes itself every 5 s.
    private static readonly TimeSpan HalfAPause = TimeSpan.FromSeconds(2.5);

    // Before the page's own scripts.
    private const string Watch =
        """
        window.tasks = [];
        new PerformanceObserver(seen => tasks.push(...seen.getEntries())).observe({ type: 'longtask' });
        requestAnimationFrame(function look(at) { document.querySelector('#rows button') ? window.shownAt = at : requestAnimationFrame(look); });
        """;

    private const string Opened =
        """
        async () => {
          while (!window.shownAt) await new Promise(requestAnimationFrame);
          return [...['first-paint', 'first-contentful-paint'].map(name => performance.getEntriesByName(name)[0].startTime), shownAt];
        }
        """;

    // By half a screen a frame, to the end of the list.
    private const string Scrolled =
        """
        async count => {
          const since = performance.now();
          const page = document.documentElement;
          while (document.getElementById('rows').children.length < count || scrollY + innerHeight < page.scrollHeight - 1) {
            scrollBy(0, innerHeight / 2);
            await new Promise(requestAnimationFrame);
          }

          const took = performance.now() - since;
          await new Promise(setTimeout); // The observer is told of a task after it.
          return [Math.max(0, ...tasks.filter(task => task.startTime >= since).map(task => task.duration)), took];
        }
        """;

    public static async Task RunAsync(Session session)
    {
        if (Chromium.Missing is { } missing)
        {
            session.Report.Notes.Add($"pages: skipped. {missing}");
            return;
        }

        var count = session.Options.Times(5_000, 1_000);
        await using var storage = await MeteredAzurite.StartAsync(isInMemory: true);
        var store = await StoreGenerator.FillAsync(storage.ConnectionString, Hub, count, waitingShare: 1);
        await using var host = await LocalHostProcess.StartAsync(LocalHostProcess.AppFolder, storage.ConnectionString, Hub);
        // The page asks again and again about one whose workflow does not run.
        await new AppWorkflow(host.Http).RestartAsync(store.Waiting[0].Id);
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await Chromium.LaunchAsync(playwright);
        await LookAsync(browser, host, count, (_, _, _) => { });
        await session.RepeatAsync(() => LookAsync(
            browser, host, count, (measure, unit, value) => session.Report.Add($"/review of {count:N0}, {measure}", unit, value, null)));
    }

    private static async Task LookAsync(IBrowser browser, LocalHostProcess host, int count, Action<string, string, double> report)
    {
        await using var context = await browser.NewContextAsync();
        await context.AddInitScriptAsync(Watch);
        var page = await context.NewPageAsync();
        ConcurrentQueue<string> lists = new();
        page.Request += (_, request) =>
        {
            if (request.Url.Contains(List, StringComparison.Ordinal))
                lists.Enqueue(request.Url);
        };
        await page.GotoAsync($"{host.Http.BaseAddress}review");
        var opened = await page.EvaluateAsync<double[]>(Opened).WaitAsync(Patience);
        report("first paint (target: 200)", "ms", opened[0]);
        report("first contentful paint", "ms", opened[1]);
        report("first rows", "ms", opened[2]);
        report("lists read a refresh (target: 1)", "", await CountRefreshAsync(page, lists));
        var scrolled = await page.EvaluateAsync<double[]>(Scrolled, count).WaitAsync(Patience);
        report("longest task of a scroll (target: 100)", "ms", scrolled[0]);
        report("scroll to the end", "s", scrolled[1] / 1000);
        report("lists read a refresh at its end (target: 1)", "", await CountRefreshAsync(page, lists));
    }

    /// <summary>The lists that one refresh reads: the first, and those that come soon after it.</summary>
    private static async Task<int> CountRefreshAsync(IPage page, ConcurrentQueue<string> lists)
    {
        await page.WaitForRequestAsync(request => request.Url.Contains(List, StringComparison.Ordinal)); // One may be under way.
        await Task.Delay(HalfAPause);
        var before = lists.Count;
        await page.WaitForRequestAsync(request => request.Url.Contains(List, StringComparison.Ordinal));
        await Task.Delay(HalfAPause);
        return lists.Count - before;
    }
}
