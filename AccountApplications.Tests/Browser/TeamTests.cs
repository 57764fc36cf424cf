using System.Text.Json;
using System.Text.RegularExpressions;
using AccountApplications.Tests.EndToEnd;
using AccountApplications.Tests.Fixtures;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace AccountApplications.Tests.Browser;

/// <summary>A host whose applications need two approvals, are overdue at once, and are claimed for a few seconds only.</summary>
public sealed class TeamFixture : IAsyncLifetime
{
    internal TestHost App { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        var azurite = new AzuriteFixture();
        await azurite.InitializeAsync();
        App = await TestHost.StartAppAsync(
            azurite.ConnectionString, TestHost.NewHub(), ("AccountApplications__Review__Approvals", "2"), ("AccountApplications__Review__RejectionNeedsComment", "true"),
            ("AccountApplications__Review__DueAfter", "00:00:01"), ("AccountApplications__Review__ClaimFor", "00:00:08"));
    }

    public async Task DisposeAsync() => await App.DisposeAsync();
}

[Collection(BrowserTests.Name)]
public sealed class TeamTests(BrowserFixture fixture, TeamFixture team) : IClassFixture<TeamFixture>
{
    [BrowserFact]
    public async Task Claims_OfATeam_AreTakenByWorkingAndNotByLooking()
    {
        var app = await fixture.EmptyAppAsync();
        var ids = await app.FillAsync("One", "Two", "Three");
        await app.ClaimAsAsync("bob", ids[1]);
        await using var ada = await fixture.VisitAsync(app, Visitor.SignedInAs("ada"));
        await ada.OpenQueueAsync();
        await Expect(ada.Rows.Nth(1)).ToContainTextAsync("bob has it");

        await ada.PressAsync("j");
        await Expect(ada.ById("card-claim")).ToContainTextAsync("bob has it until");
        await Expect(ada.ById("decision").Locator(".approve")).ToBeDisabledAsync();
        await ada.PressAsync("j", "k", "k");
        Assert.DoesNotContain(ada.Calls, call => call.EndsWith("/claim", StringComparison.Ordinal));

        await ada.PressAsync("c", "H", "m");
        await Expect(ada.ById("card-claim")).ToContainTextAsync("Yours until");
        Assert.Equal("ada", (await app.ReadAsync(ids[0])).GetProperty("claim").Text("reviewer"));
        Assert.Single(ada.Calls, call => call.EndsWith("/claim", StringComparison.Ordinal));
        await ada.Page.ReloadAsync();
        await Expect(ada.Rows.Nth(0)).ToContainTextAsync("Yours");
        await Expect(ada.ById("comment")).ToHaveValueAsync("Hm");

        await Share(ada, "Mine").ClickAsync();
        await Expect(ada.Rows).ToHaveCountAsync(1);
        await Expect(ada.Current).ToHaveTextAsync("One");
        await Share(ada, "Free").ClickAsync();
        await Expect(ada.Current).ToHaveTextAsync("One");
        await ada.Rows.Nth(1).ClickAsync();
        await Expect(ada.Current).ToHaveTextAsync("Three");
        await Expect(ada.Rows).ToHaveCountAsync(1);
        await Share(ada, "All").ClickAsync();
        await ada.Rows.Nth(0).ClickAsync();
        await ada.ById("give-back").ClickAsync();
        await Expect(ada.ById("card-claim")).ToBeEmptyAsync();
        Assert.Equal(JsonValueKind.Null, (await app.ReadAsync(ids[0])).GetProperty("claim").ValueKind);
        await ada.ShootAsync("queue-of-a-team");
    }

    [BrowserFact]
    public async Task Next_PressedAgainAndAgain_GoesThroughWhatIsFreeAndGivesBack()
    {
        var app = await fixture.EmptyAppAsync();
        var ids = await app.FillAsync("One", "Two", "Three", "Four");
        await app.ClaimAsAsync("bob", ids[1]);
        await using var ada = await fixture.VisitAsync(app, Visitor.SignedInAs("ada"));
        await ada.OpenQueueAsync("?state=REJECTED");

        foreach (var name in (string[])["One", "Three", "Four", "One"])
        {
            await ada.PressAsync("n");
            await Expect(ada.Current).ToHaveTextAsync(name);
            await Eventually.Async(async () =>
            {
                var claims = await Task.WhenAll(ids.Select(async id => (await app.ReadAsync(id)).GetProperty("claim")));
                Assert.Equal(
                    ((string[])["One", "Two", "Three", "Four"]).Select(each => each == name ? "ada" : each == "Two" ? "bob" : null),
                    claims.Select(claim => claim.ValueKind == JsonValueKind.Null ? null : claim.Text("reviewer")));
            });
        }

        await ada.PressAsync("a", "Enter");
        await Expect(ada.Notice).ToHaveTextAsync("You approved the application of One.");
        foreach (var id in ids[2..])
            await app.ClaimAsAsync("bob", id);
        await ada.Button("Take the next n").Or(ada.ById("next")).First.ClickAsync();
        await Expect(ada.Notice).ToHaveTextAsync("Nothing else waits that is free.");
    }

    [BrowserFact]
    public async Task Number_OfSomebodyOnThePhone_IsGoneTo()
    {
        var app = await fixture.EmptyAppAsync();
        var approved = await app.SubmitUntilAsync(AppClient.Clean, "APPROVED");
        var ids = await app.FillAsync("One", "Two");
        await using var ada = await fixture.VisitAsync(app);
        await ada.OpenQueueAsync();

        await ada.PressAsync("g");
        await ada.ById("number").FillAsync($" {ids[1].Replace("application_", "", StringComparison.Ordinal).ToUpperInvariant()}");
        await ada.PressAsync("Enter");
        await Expect(ada.Current).ToHaveTextAsync("Two");
        await Expect(ada.Current).ToBeFocusedAsync();

        await ada.ById("number").FillAsync(approved.Id());
        await ada.PressAsync("Enter");
        await Expect(ada.Current).ToHaveTextAsync("Spock");
        await Expect(ada.ById("card-facts")).ToContainTextAsync("Approved");
        var before = ada.Calls.Count();
        await ada.ComeBackAsync();
        await Eventually.Async(() => ada.Calls.Count() > before);
        await Expect(ada.Current).ToHaveTextAsync("Spock");

        await ada.ById("number").FillAsync("6f9619ff-8b86-4011-b42d-00c04fc964ff");
        await ada.PressAsync("Enter");
        await Expect(ada.Notice).ToHaveTextAsync("There is no application with this number.");
        await ada.ById("number").FillAsync("123");
        await ada.PressAsync("Enter");
        await Expect(ada.Notice).ToContainTextAsync("That is no number of an application");
        Assert.DoesNotContain("number", ada.Page.Url, StringComparison.Ordinal);
    }

    [BrowserFact]
    public async Task Name_InDevelopment_CanBeSaid()
    {
        var app = await fixture.EmptyAppAsync();
        var id = (await app.FillAsync("One"))[0];
        await using var somebody = await fixture.VisitAsync(app);
        await somebody.OpenQueueAsync();
        await Expect(somebody.ById("who")).ToHaveTextAsync("You are anonymous");

        await somebody.ById("name-button").ClickAsync();
        await somebody.Page.GetByLabel("Name", new() { Exact = true }).FillAsync("grace");
        await somebody.PressAsync("Enter");
        await Expect(somebody.ById("who")).ToHaveTextAsync("You are grace");
        await somebody.PressAsync("c", "x");
        await Expect(somebody.ById("card-claim")).ToContainTextAsync("Yours");

        Assert.Equal("grace", (await app.ReadAsync(id)).GetProperty("claim").Text("reviewer"));
        await somebody.Page.ReloadAsync();
        await Expect(somebody.ById("who")).ToHaveTextAsync("You are grace");
    }

    [BrowserFact]
    public async Task Approvals_OfTwo_AreSeenInBothPages()
    {
        var app = team.App;
        await app.ClearListsAsync();
        var ids = await app.FillAsync("One", "Two");
        await using var ada = await fixture.VisitAsync(app, Visitor.SignedInAs("ada"));
        await ada.OpenQueueAsync();
        await Expect(ada.Rows.Nth(0)).ToContainTextAsync("0 of 2");
        await Expect(ada.Rows.Nth(0)).ToContainTextAsync("Overdue");
        await Expect(ada.ById("card-terms")).ToHaveTextAsync(new Regex("Overdue .*Expires "));

        await ada.PressAsync("r");
        await Expect(ada.ById("decision-error")).ToHaveTextAsync("Say why it is rejected.");
        await Expect(ada.ById("comment")).ToBeFocusedAsync();
        await ada.PressAsync("O", "k", "Escape", "a", "Enter");
        await Expect(ada.Notice).ToHaveTextAsync("You approved the application of One; another reviewer has to approve it too.");
        await Expect(ada.Current).ToHaveTextAsync("Two");
        await Expect(ada.Rows).ToHaveCountAsync(2);
        await Expect(ada.Rows.Nth(0)).ToContainTextAsync("1 of 2, yours");
        await ada.PressAsync("k");
        await Expect(ada.ById("card-review")).ToHaveTextAsync(new Regex("ada approved it, .*Ok.*1 of 2 approvals."));
        await Expect(ada.ById("decision").Locator(".approve")).ToBeDisabledAsync();
        await Expect(ada.ById("decision").Locator(".reject")).ToBeEnabledAsync();
        await ada.AssertUsableAsync();
        await ada.ShootAsync("queue-with-two-approvals");

        await using var applicant = await fixture.VisitAsync(app);
        await applicant.Page.GotoAsync($"/applications/{ids[0]}");
        await Expect(applicant.Page.Locator("[data-step=pendingReview]")).ToContainTextAsync("1 of 2 approvals");
        await Expect(applicant.Page.Locator("#history > li")).ToContainTextAsync(["Submitted", "Waiting", "ada"]);
        await Expect(applicant.ById("details")).ToContainTextAsync("Expires, if nobody decides");
        await app.ReviewAsAsync("bob", ids[0], """{"decision":"APPROVE","comment":"Too."}""");
        await Expect(applicant.ById("state")).ToHaveTextAsync("Approved");
        await Expect(applicant.Page.Locator("#history > li")).ToContainTextAsync(["Submitted", "Waiting", "ada", "bob", "Approved"]);
        await Expect(applicant.ById("review")).ToHaveTextAsync(new Regex("ada approved it.*bob approved it.*2 of 2 approvals."));
        await applicant.AssertUsableAsync();
        await applicant.ShootAsync("application-approved-by-two");
    }

    [BrowserFact]
    public async Task Claim_OfSomebodyAtWork_IsRenewedAndOfSomebodyWhoLeftRunsOut()
    {
        var app = team.App;
        await app.ClearListsAsync();
        var id = (await app.FillAsync("One"))[0];
        await using var ada = await fixture.VisitAsync(app, Visitor.SignedInAs("ada"));
        await ada.OpenQueueAsync();
        await ada.PressAsync("c", "a");
        await Expect(ada.ById("card-claim")).ToContainTextAsync("Yours");
        var first = await UntilAsync();

        // At work for longer than one claim is good.
        await Eventually.Async(async () =>
        {
            await ada.PressAsync("b");
            Assert.True(await UntilAsync() > first + TimeSpan.FromSeconds(9));
        });

        // And then not.
        await Eventually.Async(async () => Assert.Equal(JsonValueKind.Null, (await app.ReadAsync(id)).GetProperty("claim").ValueKind));
        await Expect(ada.ById("card-claim")).ToBeEmptyAsync();

        async Task<DateTime> UntilAsync() => (await app.ReadAsync(id)).GetProperty("claim").GetProperty("until").GetDateTime();
    }

    [BrowserFact]
    public async Task Application_OfSomebodyWhoWithdraws_EndsAfterAQuestion()
    {
        var app = fixture.App;
        var id = await app.NewWaitingAsync();
        await using var applicant = await fixture.VisitAsync();
        await applicant.Page.GotoAsync($"/applications/{id}");
        await applicant.ById("withdraw").ClickAsync();
        await applicant.ById("confirm").GetByText("Cancel").ClickAsync();
        // Nor does the key that opened the question answer it.
        await applicant.ById("withdraw").FocusAsync();
        for (var i = 0; i < 20; i++)
            await applicant.Page.Keyboard.DownAsync("Enter");
        await applicant.Page.Keyboard.UpAsync("Enter");
        await Expect(applicant.ById("confirm")).ToBeVisibleAsync();
        Assert.Equal("FLAGGED_FOR_REVIEW", (await app.ReadAsync(id)).Text("state"));
        await applicant.PressAsync("Escape");

        await applicant.ById("withdraw").ClickAsync();
        await Expect(applicant.ById("confirm")).ToContainTextAsync("cannot be undone");
        await applicant.AssertUsableAsync();
        await applicant.ById("confirm-yes").ClickAsync();

        await Expect(applicant.ById("state")).ToHaveTextAsync("Withdrawn");
        await Expect(applicant.ById("withdraw")).ToBeHiddenAsync();
        await Expect(applicant.Page.Locator("[data-step=left].done")).ToContainTextAsync("Withdrawn");
        await Expect(applicant.Page.Locator(".edge.taken")).ToHaveCountAsync(5);
        await applicant.AssertUsableAsync();
        await applicant.ShootAsync("application-withdrawn");
    }

    private static ILocator Share(Visitor reviewer, string name) => reviewer.Page.Locator("#shares a").Filter(new() { HasText = name });
}
