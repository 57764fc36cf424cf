using System.Text.RegularExpressions;
using AccountApplications.Tests.EndToEnd;
using AccountApplications.Tests.Fixtures;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace AccountApplications.Tests.Browser;

[Collection(BrowserTests.Name)]
public sealed class ReviewPageTests(BrowserFixture fixture) : IAsyncLifetime
{
    // A queue is all that waits, so each test has its own.
    private TestHost _app = null!;

    public async Task InitializeAsync() => _app = await fixture.EmptyAppAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [BrowserFact]
    public async Task Queue_WithFiftyWaiting_IsWorkedThroughByKeyboardAlone()
    {
        await _app.FillAsync([.. Enumerable.Range(0, 50).Select(i => $"Applicant {i:00}")]);
        var waiting = await _app.NamesAsync("FLAGGED_FOR_REVIEW");
        await using var reviewer = await fixture.VisitAsync(_app);
        await reviewer.OpenQueueAsync();
        await Expect(Filter(reviewer, "Waiting")).ToHaveTextAsync("Waiting 50");
        await Expect(reviewer.Rows).ToContainTextAsync(waiting);
        await Expect(reviewer.Current).ToHaveTextAsync(waiting[0]);

        foreach (var (name, i) in waiting.Take(6).Select((name, i) => (name, i)))
        {
            await Expect(reviewer.Current).ToHaveTextAsync(name);
            await reviewer.PressAsync("c", "N", "o", "t", "e", "Escape", i % 2 == 0 ? "a" : "r", "Enter");
            await Expect(reviewer.Notice).ToHaveTextAsync($"You {(i % 2 == 0 ? "approved" : "rejected")} the application of {name}.");
        }

        await Expect(reviewer.Current).ToBeFocusedAsync();
        await Expect(Filter(reviewer, "Waiting")).ToHaveTextAsync("Waiting 44");
        await reviewer.PressAsync("j", "j");
        await Expect(reviewer.Current).ToHaveTextAsync(waiting[8]);
        await reviewer.PressAsync("k");
        await Expect(reviewer.Current).ToHaveTextAsync(waiting[7]);
        Assert.Equal(waiting.Where((_, i) => i is 0 or 2 or 4).Order(), (await _app.NamesAsync("APPROVED")).Order());
        Assert.Equal(waiting.Where((_, i) => i is 1 or 3 or 5).Order(), (await _app.NamesAsync("REJECTED")).Order());
    }

    [BrowserFact]
    public async Task Queue_ByMouse_DecidesWithAComment()
    {
        var ids = await _app.FillAsync("One", "Two <b>evil</b> and evil", "Three");
        await using var reviewer = await fixture.VisitAsync(_app);
        await reviewer.OpenQueueAsync();

        await reviewer.Rows.Nth(1).ClickAsync();
        await Expect(reviewer.Page.Locator("#card-title mark")).ToHaveTextAsync(["evil", "evil"]);
        await Expect(reviewer.Page.Locator("#card-checks li")).ToHaveTextAsync(
            [
                "Name 'Two <b>evil</b> and evil' contains 'evil'. name-without-flagged-word/1",
                "Address 'ABadAddress' has no number beside a word. address-with-number-beside-word/1",
            ]);
        await reviewer.ById("comment").FillAsync("Known at the branch.\nSince 1999.");
        await reviewer.ById("decision").GetByRole(AriaRole.Button, new() { Name = "Reject" }).ClickAsync();
        await Expect(reviewer.ById("confirm")).ToContainTextAsync("cannot be undone");
        await reviewer.ById("confirm-yes").ClickAsync();

        await Expect(reviewer.Notice).ToContainTextAsync("You rejected");
        await Expect(reviewer.Current).ToHaveTextAsync("Three");
        await Expect(reviewer.ById("comment")).ToHaveValueAsync("");
        var application = await _app.ReadAsync(ids[1]);
        Assert.Equal("REJECTED", application.Text("state"));
        Assert.Equal("Known at the branch.\nSince 1999.", application.GetProperty("review").Text("comment"));
    }

    [BrowserFact]
    public async Task Person_KnownFromBefore_IsSeenBesideTheApplicationWithWhatBecameOfIt()
    {
        var earlier = await _app.FillAsync("Renée O'Hara");
        await _app.ReviewAsync(earlier[0], AppClient.Reject);
        await _app.FillAsync("Somebody", "renee ohara");
        await using var reviewer = await fixture.VisitAsync(_app);
        await reviewer.OpenQueueAsync();
        await Expect(reviewer.Current).ToHaveTextAsync("Somebody");
        await Expect(reviewer.ById("card-related")).ToBeHiddenAsync();

        await reviewer.PressAsync("j");

        await Expect(reviewer.Page.Locator("#card-related li")).ToHaveTextAsync([new Regex("^Rejected .*[0-9]{2}:[0-9]{2}")]);
        await reviewer.ShootAsync("review-related");
        await reviewer.Page.Locator("#card-related a").ClickAsync();
        await Expect(reviewer.Page).ToHaveURLAsync(new Regex(earlier[0]));
    }

    [BrowserFact]
    public async Task Decision_NotConfirmed_DecidesNothing()
    {
        await _app.FillAsync("One");
        await using var reviewer = await fixture.VisitAsync(_app);
        await reviewer.OpenQueueAsync();

        await reviewer.PressAsync("a");
        await Expect(reviewer.ById("confirm")).ToBeVisibleAsync();
        await reviewer.PressAsync("Escape", "r", "Tab", "Enter");

        await Expect(reviewer.ById("confirm")).ToBeHiddenAsync();
        Assert.DoesNotContain(reviewer.Calls, call => call.EndsWith("/review", StringComparison.Ordinal));
        await Expect(reviewer.Current).ToHaveTextAsync("One");
    }

    [BrowserFact]
    public async Task Keys_SwitchedOff_DoNothing()
    {
        await _app.FillAsync("One", "Two");
        await using var reviewer = await fixture.VisitAsync(_app);
        await reviewer.OpenQueueAsync();

        await reviewer.PressAsync("?");
        await reviewer.Page.GetByLabel("Use these keys").UncheckAsync();
        await reviewer.PressAsync("Escape", "j", "a", "?");

        await Expect(reviewer.Page.Locator("dialog[open]")).ToHaveCountAsync(0);
        await Expect(reviewer.Current).ToHaveTextAsync("One");
    }

    [BrowserFact]
    public async Task Reviewers_WhoDecideTheSameApplicationInTwoPages_AreToldWhoWasFirst()
    {
        var ids = await _app.FillAsync("One", "Two");
        await using var ada = await fixture.VisitAsync(_app, Visitor.SignedInAs("ada@example.org"));
        await using var bob = await fixture.VisitAsync(_app, Visitor.SignedInAs("bob@example.org"));
        await ada.OpenQueueAsync();
        await bob.OpenQueueAsync();
        await Expect(bob.ById("who")).ToHaveTextAsync("Signed in as bob@example.org");
        await bob.PressAsync("r");
        await Expect(bob.ById("card-claim")).ToContainTextAsync("Yours until");

        // Asking claims, so that ada is told before she has decided anything.
        await ada.PressAsync("a", "Enter");
        await Expect(ada.Notice).ToContainTextAsync("One: bob@example.org has claimed it until");
        await Expect(ada.ById("confirm")).ToBeHiddenAsync();
        await Expect(ada.ById("card-claim")).ToContainTextAsync("bob@example.org has it until");
        await bob.PressAsync("Enter");
        await Expect(bob.Notice).ToHaveTextAsync("You rejected the application of One.");
        await ada.ComeBackAsync();
        await Expect(ada.Notice).ToContainTextAsync("bob@example.org was first and rejected the application of One");

        // Who says the same a moment later is told too, where a claim did not help: ada's runs out meanwhile.
        await Expect(ada.Current).ToHaveTextAsync("Two");
        await ada.PressAsync("a");
        await Expect(ada.ById("card-claim")).ToContainTextAsync("Yours until");
        await _app.ReleaseAsAsync("ada@example.org", ids[1]);
        await bob.ComeBackAsync();
        await bob.PressAsync("a", "Enter");
        await Expect(bob.Notice).ToHaveTextAsync("You approved the application of Two.");
        await ada.PressAsync("Enter");
        await Expect(ada.Notice).ToContainTextAsync("bob@example.org was first and approved the application of Two");
        await Expect(ada.ById("empty")).ToContainTextAsync("Nothing waits for a review.");
    }

    [BrowserFact]
    public async Task Queue_WhileSomebodyElseDecides_MovesOnUnlessOneIsWriting()
    {
        var ids = await _app.FillAsync("One", "Two", "Three");
        await using var reviewer = await fixture.VisitAsync(_app);
        await reviewer.OpenQueueAsync();

        await _app.ReviewAsync(ids[0], AppClient.Approve);
        await reviewer.ComeBackAsync();

        await Expect(reviewer.Notice).ToContainTextAsync("anonymous was first and approved the application of One");
        await Expect(reviewer.Current).ToHaveTextAsync("Two");

        await reviewer.ById("comment").FillAsync("I have been thinking");
        await _app.ReviewAsync(ids[1], AppClient.Reject);
        await reviewer.ComeBackAsync();

        await Expect(reviewer.Notice).ToContainTextAsync("anonymous was first and rejected the application of Two");
        await Expect(reviewer.Current).ToHaveTextAsync("Two");
        await Expect(reviewer.ById("comment")).ToHaveValueAsync("I have been thinking");
        await Expect(reviewer.ById("comment")).ToBeFocusedAsync();
        await Expect(reviewer.ById("decision").GetByRole(AriaRole.Button).First).ToBeDisabledAsync();
        await reviewer.PressAsync("Escape", "j");
        await Expect(reviewer.Current).ToHaveTextAsync("Three");
    }

    [BrowserFact]
    public async Task Queue_RefreshedByItself_KeepsWhatOneIsTyping()
    {
        await _app.FillAsync("One");
        await using var reviewer = await fixture.VisitAsync(_app);
        await reviewer.OpenQueueAsync();
        await reviewer.PressAsync("c", "H", "a", "l");

        await _app.FillAsync("Two");

        await Expect(reviewer.Rows).ToHaveCountAsync(2);
        await Expect(reviewer.ById("comment")).ToBeFocusedAsync();
        await reviewer.PressAsync("f");
        await Expect(reviewer.ById("comment")).ToHaveValueAsync("Half");
        // What is written about one is not said about another, and is still there later.
        await reviewer.PressAsync("Escape", "j");
        await Expect(reviewer.ById("comment")).ToHaveValueAsync("");
        await reviewer.PressAsync("k");
        await Expect(reviewer.ById("comment")).ToHaveValueAsync("Half");
    }

    [BrowserFact]
    public async Task Connection_LostAndBack_IsShownAndMended()
    {
        await _app.FillAsync("One", "Two");
        await using var reviewer = await fixture.VisitAsync(_app);
        await reviewer.OpenQueueAsync();
        await reviewer.ById("comment").FillAsync("Kept");

        await reviewer.ConnectAsync(false);
        await reviewer.PressAsync("Escape", "a", "Enter");
        await Expect(reviewer.ById("decision-error")).ToContainTextAsync("Not decided");
        await Expect(reviewer.ById("connection")).ToContainTextAsync("Connection lost");
        await Expect(reviewer.ById("comment")).ToHaveValueAsync("Kept");
        await reviewer.ShootAsync("connection-lost");
        await reviewer.ConnectAsync(true);

        await Expect(reviewer.ById("connection")).Not.ToContainTextAsync("Connection lost");
        await reviewer.PressAsync("a", "Enter");
        await Expect(reviewer.Notice).ToHaveTextAsync("You approved the application of One.");
        await Expect(reviewer.Current).ToHaveTextAsync("Two");
    }

    [BrowserFact]
    public async Task Storage_ThatDoesNotAnswer_IsALostConnectionToo()
    {
        await _app.FillAsync("One");
        await using var reviewer = await fixture.VisitAsync(_app);
        await reviewer.Page.RouteAsync("**/api/**", route => route.FulfillAsync(
            new() { Status = 503, ContentType = "application/problem+json", Body = """{"detail":"Storage does not answer."}""" }));
        await reviewer.Page.GotoAsync("/review");
        await Expect(reviewer.ById("connection")).ToContainTextAsync("Storage does not answer.");

        await reviewer.Page.UnrouteAllAsync();
        await reviewer.Button("Try now").ClickAsync();

        await Expect(reviewer.Rows).ToHaveCountAsync(1);
        await Expect(reviewer.ById("connection")).Not.ToContainTextAsync("Storage");
    }

    [BrowserFact]
    public async Task Queue_OfMoreThanAPage_LoadsAsOneGoesOn()
    {
        await _app.RecordAsync([.. Enumerable.Range(0, 120).Select(i => $"Applicant {i}")]);
        var waiting = await _app.NamesAsync("FLAGGED_FOR_REVIEW");
        await using var reviewer = await fixture.VisitAsync(_app);

        await reviewer.OpenQueueAsync();
        await Expect(Filter(reviewer, "Waiting")).ToHaveTextAsync("Waiting 100+");
        await Expect(reviewer.Rows).ToHaveCountAsync(100);
        await reviewer.Rows.Last.ScrollIntoViewIfNeededAsync();

        await Expect(reviewer.Rows).ToContainTextAsync(waiting);
        await Expect(reviewer.Button("Show more")).ToBeHiddenAsync();
    }

    [BrowserFact]
    public async Task Queue_OfMoreThanAPage_IsKeptFreshByOneListARefresh()
    {
        const string List = "/api/applications?state=FLAGGED_FOR_REVIEW";
        const int Refreshes = 6;
        var recorded = await _app.RecordAsync([.. Enumerable.Range(0, 120).Select(i => $"Applicant {i}")]);
        await using var reviewer = await fixture.VisitAsync(_app);
        await reviewer.OpenQueueAsync();
        await reviewer.Rows.Last.ScrollIntoViewIfNeededAsync();
        await Expect(reviewer.Rows).ToHaveCountAsync(120);

        foreach (var gone in new[] { recorded[5], recorded[110] })
            await _app.Store().ChangeAsync(gone, current => current.Withdraw(DateTime.UtcNow));
        await _app.RecordAsync("Late");
        int Lists() => reviewer.Calls.Count(call => call.Contains(List, StringComparison.Ordinal));
        var before = Lists();
        for (var i = 0; i < Refreshes; i++)
        {
            await reviewer.Page.RunAndWaitForRequestFinishedAsync(
                reviewer.ComeBackAsync, new() { Predicate = request => request.Url.Contains(List, StringComparison.Ordinal) });
        }

        var lists = Lists() - before;
        await Expect(reviewer.Rows).ToContainTextAsync(await _app.NamesAsync("FLAGGED_FOR_REVIEW"));
        await Expect(reviewer.Rows).ToHaveCountAsync(119);
        // One that it read by itself may have been under way when counting began, and others may have come between.
        Assert.InRange(lists, Refreshes - 1, Refreshes + 2);
    }

    [BrowserFact]
    public async Task Filters_OfStates_CountAndShowThem()
    {
        await _app.FillAsync("One", "Two");
        await _app.SubmitUntilAsync(AppClient.Clean, "APPROVED");
        await _app.SubmitUntilAsync(AppClient.Unprocessable, "FLAGGED_WITH_UNPROCESSABLE_DATA");
        await using var reviewer = await fixture.VisitAsync(_app);
        await reviewer.OpenQueueAsync();
        await Expect(reviewer.Page.Locator("#filters a")).ToHaveTextAsync(
            ["Waiting 2", "Submitted 0", "Not processable 1", "Approved 1", "Rejected 0", "Withdrawn 0", "Expired 0"]);

        await Filter(reviewer, "Approved").ClickAsync();
        await Expect(reviewer.Current).ToHaveTextAsync("Spock");
        await Expect(reviewer.ById("decision")).ToBeHiddenAsync();
        await Expect(reviewer.Page).ToHaveURLAsync("/review?state=APPROVED");
        await Filter(reviewer, "Rejected").ClickAsync();
        await Expect(reviewer.ById("empty")).ToBeVisibleAsync();
        await reviewer.Page.GoBackAsync();
        await Expect(reviewer.Current).ToHaveTextAsync("Spock");
        await reviewer.ById("card-link").ClickAsync();
        await Expect(reviewer.ById("state")).ToHaveTextAsync("Approved");
    }

    private static ILocator Filter(Visitor reviewer, string name) =>
        reviewer.Page.Locator("#filters a").Filter(new() { HasText = name });
}
