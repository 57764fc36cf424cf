using AccountApplications.Tests.EndToEnd;
using AccountApplications.Tests.Fixtures;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace AccountApplications.Tests.Browser;

/// <summary>What browsers, hands and networks do to pages does no harm.</summary>
[Collection(BrowserTests.Name)]
public sealed class HarmlessTests(BrowserFixture fixture)
{
    [BrowserTheory]
    [InlineData("off")]
    [InlineData("blocked")]
    [InlineData("broken")]
    [InlineData("a part blocked")]
    public async Task Form_WithoutItsScript_SaysSoAndSendsNothingAnywhere(string script)
    {
        await using var applicant = await fixture.VisitAsync(options: new() { JavaScriptEnabled = script != "off" }, complaining: false);
        if (script is "broken")
            await applicant.Page.RouteAsync("**/assets/apply.js", route => route.FulfillAsync(new() { ContentType = "text/javascript", Body = "}" }));
        else if (script != "off")
            await applicant.Page.RouteAsync(script == "blocked" ? "**/assets/apply.js" : "**/assets/api.js", route => route.AbortAsync());
        await applicant.Page.GotoAsync("/apply");

        await Expect(applicant.ById("scriptless")).ToBeVisibleAsync();
        await Expect(applicant.ById("name")).ToBeDisabledAsync();
        await Expect(applicant.ById("submit")).ToBeDisabledAsync();
        await AssertNothingLeavesAsync(applicant);
    }

    [BrowserTheory]
    [InlineData("/review")]
    [InlineData("/applications/x")]
    public async Task Page_WithoutItsScript_SaysSo(string path)
    {
        await using var visitor = await fixture.VisitAsync(complaining: false);
        await visitor.Page.RouteAsync("**/assets/dom.js", route => route.AbortAsync());

        await visitor.Page.GotoAsync(path);

        await Expect(visitor.ById("scriptless")).ToBeVisibleAsync();
        await Expect(visitor.Page.Locator("main button:visible:not(#help-button)")).ToHaveCountAsync(0);
    }

    [BrowserFact]
    public async Task Form_WhoseScriptIsLate_WaitsForIt()
    {
        await using var applicant = await fixture.VisitAsync();
        var late = new TaskCompletionSource();
        await applicant.Page.RouteAsync("**/assets/apply.js", async route =>
        {
            await late.Task;
            await route.ContinueAsync();
        });
        await applicant.Page.GotoAsync("/apply", new() { WaitUntil = WaitUntilState.Commit });
        await Expect(applicant.ById("name")).ToBeDisabledAsync();
        await AssertNothingLeavesAsync(applicant);

        late.SetResult();

        await Expect(applicant.ById("name")).ToBeEnabledAsync();
        await Expect(applicant.ById("scriptless")).ToHaveCountAsync(0);
    }

    /// <summary>Even where somebody, or an extension, makes the fields usable.</summary>
    private static async Task AssertNothingLeavesAsync(Visitor applicant)
    {
        var url = applicant.Page.Url;
        if (await applicant.ById("name").IsDisabledAsync())
            await applicant.ById("fields").EvaluateAsync("fields => fields.disabled = false");
        await applicant.ById("name").FillAsync("Gabe Secret");
        await applicant.ById("address").FillAsync("1 Secret Street");
        await applicant.ById("name").PressAsync("Enter");
        await applicant.ById("submit").ClickAsync();
        await applicant.ById("fields").EvaluateAsync("fields => fields.disabled = true");
        Assert.Equal(url, applicant.Page.Url);
        Assert.DoesNotContain(applicant.Requests, request => $"{request.Url} {request.PostData}".Contains("Secret", StringComparison.Ordinal));
    }

    [BrowserFact]
    public async Task Text_Typed_ReachesNoAddressAndNoHistory()
    {
        await using var applicant = await fixture.VisitAsync();
        await applicant.Page.GotoAsync("/apply");
        await applicant.ById("name").FillAsync("Secret Name");
        await applicant.ById("address").FillAsync("1 Secret Street");
        await applicant.Button("Apply").ClickAsync();
        await Expect(applicant.ById("done")).ToBeVisibleAsync();

        var kept = await applicant.Page.EvaluateAsync<string>(
            "JSON.stringify([history.state, location.href, { ...sessionStorage }, { ...localStorage }, document.cookie])");

        Assert.Matches("^\\[\\{\"key\":\"[0-9a-f]{32}\"\\},", kept);
        Assert.DoesNotContain("Secret", kept, StringComparison.Ordinal);
        Assert.DoesNotContain(applicant.Requests, request => request.Url.Contains("Secret", StringComparison.Ordinal));
    }

    [BrowserTheory]
    [InlineData("key held")]
    [InlineData("double click")]
    [InlineData("double tap")]
    public async Task Confirmation_IsNotAnsweredByWhatOpenedIt(string how)
    {
        var app = await fixture.EmptyAppAsync();
        var id = (await app.FillAsync("One"))[0];
        // As wide as these, the dialog's button is as far from the left as the one that opens it.
        foreach (var (width, key) in (IEnumerable<(int, string)>)[(360, "a"), (500, "a"), (800, "r")])
        {
            await using var reviewer = await fixture.VisitAsync(
                app, new() { ViewportSize = new() { Width = width, Height = 860 }, HasTouch = how == "double tap" });
            await reviewer.OpenQueueAsync();
            var opener = reviewer.ById("decision").Locator(key == "a" ? ".approve" : ".reject");
            var (x, y) = await PutUnderneathAsync(reviewer, opener, key);
            if (how == "key held")
            {
                await opener.FocusAsync();
                // Down again and again without an up: the browser reports repetitions, as of a key that is held.
                for (var i = 0; i < 20; i++)
                    await reviewer.Page.Keyboard.DownAsync("Enter");
                await reviewer.Page.Keyboard.UpAsync("Enter");
            }
            else if (how == "double click")
            {
                await reviewer.Page.Mouse.DblClickAsync(x, y);
            }
            else
            {
                await reviewer.Page.Touchscreen.TapAsync(x, y);
                await reviewer.Page.Touchscreen.TapAsync(x, y);
            }

            await Expect(reviewer.ById("confirm")).ToBeVisibleAsync();
            Assert.DoesNotContain(reviewer.Calls, call => call.EndsWith("/review", StringComparison.Ordinal));
            var yes = (await reviewer.ById("confirm-yes").BoundingBoxAsync())!;
            Assert.InRange(x, yes.X, yes.X + yes.Width);
            Assert.InRange(y, yes.Y, yes.Y + yes.Height);
        }

        Assert.Equal("FLAGGED_FOR_REVIEW", (await app.ReadAsync(id)).Text("state"));
        await using var another = await fixture.VisitAsync(app);
        await another.OpenQueueAsync();
        await another.PressAsync("a", "Enter");
        await Expect(another.Notice).ToHaveTextAsync("You approved the application of One.");
    }

    /// <summary>Makes the window as high as it takes for the dialog's button to come up over the one that opens it.</summary>
    /// <returns>Where both are.</returns>
    private static async Task<(float X, float Y)> PutUnderneathAsync(Visitor reviewer, ILocator opener, string key)
    {
        await reviewer.PressAsync(key);
        var (left, height) = await CentreAsync(reviewer.ById("confirm-yes"));
        await reviewer.PressAsync("Escape");
        await Expect(reviewer.ById("confirm")).ToBeHiddenAsync();
        // The question has claimed the application; until that is shown, the page may still move.
        await Expect(reviewer.Page.GetByText("Yours until")).ToBeVisibleAsync();
        var size = reviewer.Page.ViewportSize!;
        var (_, own) = await CentreAsync(opener);
        // The dialog is in the middle of the window.
        await reviewer.Page.SetViewportSizeAsync(size.Width, size.Height + (int)(2 * (own - height)));
        return (left, (await CentreAsync(opener)).Y);
    }

    private static async Task<(float X, float Y)> CentreAsync(ILocator element)
    {
        var box = (await element.BoundingBoxAsync())!;
        return (box.X + (box.Width / 2), box.Y + (box.Height / 2));
    }

    [BrowserTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Form_SentAgainAfterBackOrReload_MakesOneApplication(bool reload)
    {
        await using var applicant = await fixture.VisitAsync();
        await applicant.Page.GotoAsync("/apply");
        var name = $"Wanderer {Guid.NewGuid()}";
        if (reload)
            await applicant.Page.RouteAsync("**/api/applications", async route =>
            {
                await route.FetchAsync();
                await route.AbortAsync("connectionreset");
            }, new() { Times = 1 });

        await FillAsync(applicant, name);
        await applicant.Button("Apply").ClickAsync();
        if (reload)
        {
            await Expect(applicant.ById("form-error")).ToContainTextAsync("try again");
            await applicant.Page.ReloadAsync();
            await FillAsync(applicant, name);
        }
        else
        {
            await applicant.ById("own-page").ClickAsync();
            await Expect(applicant.ById("name")).ToHaveTextAsync(name);
            await applicant.Page.GoBackAsync();
            // The browser has kept what was typed.
            await Expect(applicant.ById("name")).ToHaveValueAsync(name);
            await Expect(applicant.ById("address")).ToHaveValueAsync("ABadAddress");
        }

        await applicant.Button("Apply").ClickAsync();
        await Expect(applicant.ById("done-text")).ToContainTextAsync(name);
        Assert.Equal(1, await CountAsync(name));

        // Somebody else, after a reload: the app knows that the key stands for the first.
        await applicant.Page.ReloadAsync();
        await FillAsync(applicant, $"{name} junior");
        await applicant.Button("Apply").ClickAsync();
        await Expect(applicant.ById("done-text")).ToContainTextAsync("junior");
        Assert.Equal(1, await CountAsync($"{name} junior"));
        Assert.Equal(1, await CountAsync(name));
    }

    [BrowserFact]
    public async Task Pages_WhereTheBrowserKeepsNothing_WorkAllTheSame()
    {
        var app = await fixture.EmptyAppAsync();
        var id = (await app.FillAsync("One", "Two"))[0];
        await using var visitor = await fixture.VisitAsync(app);
        await visitor.Page.AddInitScriptAsync(
            """
            for (const area of ['localStorage', 'sessionStorage'])
              Object.defineProperty(window, area, { get() { throw new DOMException('The operation is insecure.', 'SecurityError'); } });
            """);

        await visitor.OpenQueueAsync();
        await visitor.PressAsync("c", "H", "m", "Escape", "j", "k");
        await Expect(visitor.ById("comment")).ToHaveValueAsync("Hm");
        await visitor.PressAsync("a", "Enter");
        await Expect(visitor.Notice).ToHaveTextAsync("You approved the application of One.");
        await visitor.Page.GotoAsync($"/applications/{id}");
        await Expect(visitor.ById("state")).ToHaveTextAsync("Approved");
        await visitor.Page.GotoAsync("/apply");
        await FillAsync(visitor, "Three");
        await visitor.Button("Apply").ClickAsync();
        await Expect(visitor.ById("done-text")).ToContainTextAsync("Three");
    }

    [BrowserFact]
    public async Task Page_ThatGoesWrong_SaysSo()
    {
        await using var visitor = await fixture.VisitAsync(complaining: false);
        await visitor.Page.RouteAsync("**/api/applications?**", route => route.FulfillAsync(
            new() { ContentType = "application/json", Body = """{"items":[{"id":"x"}],"nextPageToken":null}""" }));

        await visitor.Page.GotoAsync("/review");

        await Expect(visitor.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync(["Something went wrong in this page"]);
    }

    [BrowserFact]
    public async Task Page_ThatWentWrong_StillSaysSoAfterItsNextReading()
    {
        var app = await fixture.EmptyAppAsync();
        await app.FillAsync("One");
        await using var visitor = await fixture.VisitAsync(app, complaining: false);
        await visitor.OpenQueueAsync();
        await visitor.Page.EvaluateAsync("() => { setTimeout(() => { throw new Error('unexpected'); }); }");
        var said = visitor.Page.GetByText("Something went wrong in this page (Uncaught Error: unexpected). Reload it.");
        await Expect(said).ToBeVisibleAsync();

        await app.FillAsync("Two");
        await visitor.ComeBackAsync();

        await Expect(visitor.Rows).ToHaveCountAsync(2);
        await Expect(said).ToBeVisibleAsync();
        await visitor.ShootAsync("review-went-wrong");
        await visitor.AssertUsableAsync();
    }

    [BrowserFact]
    public async Task Lines_PastedOrFilledIn_BecomeOneWithSpaces()
    {
        await using var applicant = await fixture.VisitAsync();
        await applicant.Page.GotoAsync("/apply");
        await applicant.ById("name").EvaluateAsync(
            """
            name => {
              name.focus();
              const data = new DataTransfer();
              data.setData('text/plain', 'Ada\r\nLovelace');
              name.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
            }
            """);
        await applicant.ById("address").FillAsync("Flat 2 \n 1 Street\n\tTown\n");

        await applicant.Button("Apply").ClickAsync();
        await applicant.ById("own-page").ClickAsync();

        await Expect(applicant.ById("name")).ToHaveTextAsync("Ada Lovelace");
        Assert.Equal("Flat 2 1 Street Town", await applicant.ById("address").TextContentAsync());
    }

    private static async Task FillAsync(Visitor applicant, string name)
    {
        await applicant.ById("name").FillAsync(name);
        await applicant.ById("address").FillAsync("ABadAddress");
    }

    private async Task<int> CountAsync(string name)
    {
        await Eventually.Async(() => fixture.App.NamesAsync("SUBMITTED"), submitted => !submitted.Contains(name));
        return (await fixture.App.NamesAsync("FLAGGED_FOR_REVIEW")).Count(each => each == name);
    }
}
