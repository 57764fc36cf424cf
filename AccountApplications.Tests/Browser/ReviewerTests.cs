using System.Text.RegularExpressions;
using AccountApplications.Tests.EndToEnd;
using AccountApplications.Tests.Fixtures;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace AccountApplications.Tests.Browser;

/// <summary>What reviewers have in their hands and before their eyes.</summary>
[Collection(BrowserTests.Name)]
public sealed class ReviewerTests(BrowserFixture fixture) : IAsyncLifetime
{
    private TestHost _app = null!;

    public async Task InitializeAsync() => _app = await fixture.EmptyAppAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [BrowserFact]
    public async Task CommentAndPlace_AfterReloadAndBack_AreThereUntilItIsDecided()
    {
        var ids = await _app.FillAsync("One", "Two", "Three");
        await using var reviewer = await fixture.VisitAsync(_app);
        await reviewer.OpenQueueAsync();
        await reviewer.PressAsync("j");
        await reviewer.ById("comment").FillAsync("Half a thought");

        await reviewer.Page.ReloadAsync();
        await Expect(reviewer.Current).ToHaveTextAsync("Two");
        await Expect(reviewer.ById("comment")).ToHaveValueAsync("Half a thought");
        await reviewer.ById("card-link").ClickAsync();
        await Expect(reviewer.ById("name")).ToHaveTextAsync("Two");
        await reviewer.Page.GoBackAsync();
        await Expect(reviewer.Current).ToHaveTextAsync("Two");
        await Expect(reviewer.ById("comment")).ToHaveValueAsync("Half a thought");

        await reviewer.PressAsync("Escape", "a", "Enter");
        await Expect(reviewer.Notice).ToHaveTextAsync("You approved the application of Two.");
        Assert.Equal("Half a thought", (await _app.ReadAsync(ids[1])).GetProperty("review").Text("comment"));
        var kept = await reviewer.Page.EvaluateAsync<string>("JSON.stringify([{ ...sessionStorage }, { ...localStorage }, history.state])");
        Assert.DoesNotContain("thought", kept, StringComparison.Ordinal);
    }

    [BrowserFact]
    public async Task Place_AfterAnotherListAndBack_IsTheSame()
    {
        await _app.FillAsync("One", "Two", "Three");
        await using var reviewer = await fixture.VisitAsync(_app);
        await reviewer.OpenQueueAsync();
        await reviewer.PressAsync("j");

        await reviewer.Page.Locator("[data-state=REJECTED]").ClickAsync();
        await Expect(reviewer.ById("empty")).ToBeVisibleAsync();
        await reviewer.Page.GoBackAsync();

        await Expect(reviewer.Current).ToBeVisibleAsync();
        Assert.Equal("Two", await reviewer.Current.TextContentAsync());
    }

    [BrowserFact]
    public async Task Place_ThatMovedOnByItself_IsKeptOverAReload()
    {
        var ids = await _app.FillAsync("One", "Two", "Three");
        await using var reviewer = await fixture.VisitAsync(_app);
        await reviewer.OpenQueueAsync();
        await reviewer.PressAsync("j");
        await _app.ReviewAsync(ids[1], AppClient.Approve);
        await reviewer.ComeBackAsync();
        await Expect(reviewer.Current).ToHaveTextAsync("Three");

        await reviewer.Page.ReloadAsync();

        await Expect(reviewer.Current).ToHaveTextAsync("Three");
    }

    [BrowserFact]
    public async Task Text_ThatSomebodyTyped_IsNotTranslatedOnTheApplicationsPage()
    {
        var id = (await _app.FillAsync("One evil"))[0];
        await _app.ReviewAsync(id, """{"decision":"REJECT","comment":"Moved away."}""");
        await using var visitor = await fixture.VisitAsync(_app);

        await visitor.Page.GotoAsync($"/applications/{id}");

        await Expect(visitor.Page.Locator("#history blockquote [translate=no]", new() { HasText = "Moved away." })).ToHaveCountAsync(1);
        await Expect(visitor.Page.Locator("#picture-text [translate=no]")).ToHaveTextAsync(["One evil", "ABadAddress"]);
    }

    [BrowserFact]
    public async Task Data_OfPeople_IsNotTranslatedAndStaysAsItIsWhileNothingChanges()
    {
        await _app.FillAsync("One", "Two evil");
        await using var reviewer = await fixture.VisitAsync(_app);
        await reviewer.OpenQueueAsync();
        await Expect(reviewer.Page.Locator("#filters .count").Last).Not.ToBeEmptyAsync();
        foreach (var place in (string[])["#card-title", "#card-address", "#rows .name", "#rows .why"])
            await Expect(reviewer.Page.Locator($"{place} [translate=no]").First).ToBeVisibleAsync();

        // As a translator does: it puts elements of its own into the page's.
        await reviewer.Page.EvaluateAsync(
            """
            window.changes = 0;
            for (const badge of document.querySelectorAll('#rows .badge, #card-facts .badge')) {
              const font = document.createElement('font');
              font.append('Adresse');
              badge.replaceChildren(font);
            }
            // Time goes on, and nothing else.
            const watch = new MutationObserver(seen => window.changes += seen.filter(({ target }) => !target.matches?.('.age')).length);
            for (const id of ['card', 'rows']) watch.observe(document.getElementById(id), { childList: true, characterData: true, subtree: true });
            """);
        var before = reviewer.Calls.Count();
        await reviewer.ComeBackAsync();
        await Eventually.Async(() => reviewer.Calls.Count() >= before + 1);
        await reviewer.ComeBackAsync();
        await Eventually.Async(() => reviewer.Calls.Count() >= before + 2);

        Assert.Equal(0, await reviewer.Page.EvaluateAsync<int>("window.changes"));
        await Expect(reviewer.Page.Locator("#rows font").First).ToHaveTextAsync("Adresse");
    }

    [BrowserFact]
    public async Task SelectedRow_InForcedColours_CanBeTold()
    {
        await _app.FillAsync("One", "Two");
        await using var reviewer = await fixture.VisitAsync(_app, new() { ForcedColors = ForcedColors.Active });
        await reviewer.OpenQueueAsync();

        await Expect(reviewer.Rows.First).ToHaveCSSAsync("outline-style", "solid");
        await Expect(reviewer.Rows.Last).ToHaveCSSAsync("outline-style", "none");
        await reviewer.ShootAsync("review-forced-colours");
    }

    [BrowserTheory]
    [InlineData("J", "KeyJ", false, true)] // Caps Lock
    [InlineData("о", "KeyJ", false, true)] // a Russian layout
    [InlineData("j", "KeyC", false, true)] // Dvorak: what is written counts
    [InlineData("j", "KeyJ", true, false)] // an input method
    [InlineData("о", "KeyO", false, false)]
    public async Task Shortcut_OnALayout_WorksUnlessAnInputMethodDoes(string key, string code, bool isComposing, bool works)
    {
        await _app.FillAsync("One", "Two");
        await using var reviewer = await fixture.VisitAsync(_app);
        await reviewer.OpenQueueAsync();

        await reviewer.Page.EvaluateAsync(
            """
            ([key, code, isComposing]) =>
              document.body.dispatchEvent(new KeyboardEvent('keydown', { key, code, isComposing, bubbles: true, cancelable: true }))
            """,
            new object[] { key, code, isComposing });

        await Expect(reviewer.Current).ToHaveTextAsync(works ? "Two" : "One");
    }

    [BrowserFact]
    public async Task Key_ThatOpensTheQueueOnly_IsKeptAndThePageSaysWhatItDoesNotOpen()
    {
        await _app.FillAsync("One");
        await using var reviewer = await fixture.VisitAsync(_app);
        await reviewer.Page.RouteAsync("**/api/**", async route =>
        {
            var key = await route.Request.HeaderValueAsync("x-functions-key");
            if (key == "all" || (key == "list" && route.Request.Url.Contains("state=", StringComparison.Ordinal)))
                await route.ContinueAsync();
            else
                await route.FulfillAsync(new() { Status = 401 });
        });
        await reviewer.Page.GotoAsync("/review");
        await EnterAsync("list");
        await Expect(reviewer.Current).ToHaveTextAsync("One");

        await reviewer.PressAsync("a");
        await Expect(reviewer.Page.Locator("dialog[open]").Last).ToContainTextAsync("Your key does not let you claim.");
        await reviewer.Button("Cancel").Last.ClickAsync();

        await Expect(reviewer.ById("decision-error")).ToContainTextAsync("Your key does not let you claim.");
        await Expect(reviewer.Page.Locator("dialog[open]")).ToHaveCountAsync(0);
        var before = reviewer.Calls.Count();
        await reviewer.ComeBackAsync();
        await Eventually.Async(() => reviewer.Calls.Count() > before);
        await Expect(reviewer.Page.Locator("dialog[open]")).ToHaveCountAsync(0);
        await Expect(reviewer.Current).ToHaveTextAsync("One");
        await reviewer.PressAsync("a");
        await EnterAsync("all");
        await Expect(reviewer.ById("card-claim")).ToContainTextAsync("Yours");
        await reviewer.PressAsync("Enter");
        await Expect(reviewer.Notice).ToHaveTextAsync("You approved the application of One.");

        async Task EnterAsync(string key)
        {
            await reviewer.Page.GetByLabel("Key", new() { Exact = true }).FillAsync(key);
            await reviewer.PressAsync("Enter");
        }
    }

    [BrowserFact]
    public async Task Workflow_EndedUnderAWaitingApplication_IsSeenAndStartedAgain()
    {
        var ids = await _app.FillAsync("One", "Two");
        await _app.PostAsync($"{AppClient.Workflows}/instances/{ids[0]}/terminate", "{}");
        await _app.InstanceUntilAsync(ids[0], "Terminated");
        await using var reviewer = await fixture.VisitAsync(_app);
        await reviewer.OpenQueueAsync();

        await Expect(reviewer.ById("stopped")).ToContainTextAsync("was ended");
        await Expect(reviewer.ById("decision").GetByRole(AriaRole.Button).First).ToBeDisabledAsync();
        await reviewer.ShootAsync("review-stopped");
        await reviewer.AssertUsableAsync();
        // The others can be decided meanwhile.
        await reviewer.PressAsync("a", "j");
        await Expect(reviewer.Current).ToHaveTextAsync("Two");
        await Expect(reviewer.ById("stopped")).ToBeHiddenAsync();
        await reviewer.PressAsync("a", "Enter");
        await Expect(reviewer.Notice).ToHaveTextAsync("You approved the application of Two.");
        await Expect(reviewer.Current).ToHaveTextAsync("One");

        await reviewer.Button("Start it again").ClickAsync();

        await Expect(reviewer.Notice).ToContainTextAsync("The workflow of One runs again.");
        await Expect(reviewer.ById("stopped")).ToBeHiddenAsync();
        await reviewer.PressAsync("r", "Enter");
        // Or recorded, where what comes of it takes longer.
        await Expect(reviewer.Notice).ToContainTextAsync(new Regex("You rejected|is recorded"));
        await _app.UntilAsync(ids[0], "REJECTED");
    }

    [BrowserTheory]
    [InlineData("FAILED", "has failed", true)]
    [InlineData("GONE", "was ended", true)]
    [InlineData("SUSPENDED", "", false)]
    public async Task Workflow_AsTheApiHasIt_IsSaid(string workflow, string said, bool stopped)
    {
        var id = (await _app.FillAsync("One"))[0];
        await using var reviewer = await fixture.VisitAsync(_app);
        await reviewer.Page.RouteAsync($"**/api/applications/{id}", async route =>
        {
            var answer = await route.FetchAsync();
            var text = (await answer.TextAsync()).Replace("\"workflow\":\"RUNNING\"", $"\"workflow\":\"{workflow}\"", StringComparison.Ordinal);
            await route.FulfillAsync(new() { Response = answer, Body = text });
        });
        var read = reviewer.Page.WaitForResponseAsync($"**/api/applications/{id}");

        await reviewer.OpenQueueAsync();
        Assert.Contains(workflow, await (await read).TextAsync(), StringComparison.Ordinal);

        await Expect(reviewer.ById("stopped")).ToBeVisibleAsync(new() { Visible = stopped });
        await Expect(reviewer.ById("stopped-text")).ToContainTextAsync(said);
        foreach (var button in await reviewer.ById("decision").GetByRole(AriaRole.Button).AllAsync())
            await Expect(button).ToBeEnabledAsync(new() { Enabled = !stopped });
    }
}
