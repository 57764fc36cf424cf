using System.Text.RegularExpressions;
using AccountApplications.Tests.Fixtures;
using static Microsoft.Playwright.Assertions;

namespace AccountApplications.Tests.Browser;

[Collection(BrowserTests.Name)]
public sealed class ApplyPageTests(BrowserFixture fixture)
{
    [BrowserFact]
    public async Task Form_FilledIn_LeadsToTheApplicationsOwnPage()
    {
        await using var applicant = await fixture.VisitAsync();
        await applicant.Page.GotoAsync("/apply");

        await FillAsync(applicant, "Spock", "123 Enterprise Street");
        await applicant.PressAsync("Tab", "Enter");
        await Expect(applicant.ById("done-title")).ToBeFocusedAsync();
        await applicant.ById("own-page").ClickAsync();

        await Expect(applicant.Page).ToHaveURLAsync(new Regex("/applications/application_[0-9a-f-]{36}$"));
        await Expect(applicant.ById("name")).ToHaveTextAsync("Spock");
        await Expect(applicant.ById("state")).ToHaveTextAsync("Approved");
        Assert.All(applicant.Calls, call => Assert.Matches("^(POST /api/applications|GET /api/applications/application_[0-9a-f-]+)$", call));
    }

    [BrowserFact]
    public async Task Form_WithBadFields_SaysWhatIsWrongBesideThem()
    {
        await using var applicant = await fixture.VisitAsync();
        await applicant.Page.GotoAsync("/apply");

        await FillAsync(applicant, "  ", "1\u0007Street");
        await applicant.Button("Apply").ClickAsync();

        await Expect(applicant.ById("name-error")).ToHaveTextAsync("Enter your name.");
        await Expect(applicant.ById("address-error")).ToContainTextAsync("cannot be used");
        await Expect(applicant.ById("name")).ToBeFocusedAsync();
        await Expect(applicant.ById("name")).ToHaveAttributeAsync("aria-invalid", "true");
        await applicant.ById("name").FillAsync("Spock");
        await Expect(applicant.ById("name-error")).ToBeEmptyAsync();
        await Expect(applicant.ById("name")).Not.ToHaveAttributeAsync("aria-invalid", "true");
        Assert.Empty(applicant.Calls);
    }

    [BrowserFact]
    public async Task Form_RefusedByTheApp_SaysWhyBesideTheField()
    {
        await using var applicant = await fixture.VisitAsync();
        await applicant.Page.GotoAsync("/apply");
        await applicant.Page.EvaluateAsync("document.getElementById('name').removeAttribute('maxlength')");

        await FillAsync(applicant, new string('n', 201), "1 Street");
        await applicant.Button("Apply").ClickAsync();

        await Expect(applicant.ById("name-error")).ToHaveTextAsync("The name must be at most 200 characters long.");
        await Expect(applicant.ById("name")).ToBeFocusedAsync();
    }

    [BrowserFact]
    public async Task Button_ClickedTwice_MakesOneApplication()
    {
        await using var applicant = await fixture.VisitAsync();
        await applicant.Page.GotoAsync("/apply");
        var name = $"Impatient {Guid.NewGuid()}";

        await FillAsync(applicant, name, "ABadAddress");
        await applicant.Button("Apply").DblClickAsync();

        await Expect(applicant.ById("done-text")).ToContainTextAsync(name);
        await AssertOneWaitsAsync(name);
    }

    [BrowserFact]
    public async Task Form_WhoseAnswerIsLost_MakesOneApplicationWhenItIsSentAgain()
    {
        await using var applicant = await fixture.VisitAsync();
        await applicant.Page.GotoAsync("/apply");
        var name = $"Unlucky {Guid.NewGuid()}";
        // The app has it, but the applicant does not hear so.
        await applicant.Page.RouteAsync(
            "**/api/applications",
            async route =>
            {
                await route.FetchAsync();
                await route.AbortAsync("connectionreset");
            },
            new() { Times = 1 });

        await FillAsync(applicant, name, "ABadAddress");
        await applicant.Button("Apply").ClickAsync();
        await Expect(applicant.ById("form-error")).ToContainTextAsync("try again");
        await applicant.Button("Apply").ClickAsync();

        await Expect(applicant.ById("done-text")).ToContainTextAsync(name);
        Assert.Equal(2, applicant.Calls.Count());
        await AssertOneWaitsAsync(name);
    }

    [BrowserFact]
    public async Task Form_ForSomebodyElse_MakesAnotherApplication()
    {
        await using var applicant = await fixture.VisitAsync();
        await applicant.Page.GotoAsync("/apply");
        var name = $"Twin {Guid.NewGuid()}";
        await FillAsync(applicant, name, "ABadAddress");
        await applicant.Button("Apply").ClickAsync();
        await applicant.Button("Apply for somebody else").ClickAsync();

        await Expect(applicant.ById("name")).ToHaveValueAsync("");
        await FillAsync(applicant, name, "ABadAddress");
        await applicant.Button("Apply").ClickAsync();

        // Hidden meanwhile, it says of the first what it will say of the second.
        await Expect(applicant.ById("done-text")).ToBeVisibleAsync();
        Assert.Equal(2, await CountAsync(name));
    }

    public static TheoryData<string, string> HostileText => new()
    {
        { "<script>alert('evil')</script>", "<img src=x onerror=alert(1)>" },
        { "\u202eevil\u2066 \u200f\u05d0 ABC", "\u202eABadAddress\u202d" },
        { string.Concat(Enumerable.Repeat("\U0001F600", 100)), string.Concat(Enumerable.Repeat("\U0001F3E0", 200)) },
    };

    [BrowserTheory]
    [MemberData(nameof(HostileText))]
    public async Task Text_ThatIsHostile_StaysText(string name, string address)
    {
        await using var applicant = await fixture.VisitAsync(options: new() { ViewportSize = new() { Width = 360, Height = 740 } });
        await applicant.Page.GotoAsync("/apply");

        await FillAsync(applicant, name, address);
        await applicant.Button("Apply").ClickAsync();
        await applicant.ById("own-page").ClickAsync();

        await Expect(applicant.ById("state")).ToHaveTextAsync("Waiting for a review");
        Assert.Equal(name, await applicant.ById("name").TextContentAsync());
        Assert.Equal(address, await applicant.ById("address").TextContentAsync());
        Assert.Equal(0, await applicant.Page.Locator("main script, main img").CountAsync());
        // What turns text round is kept from turning the page's own words.
        await Expect(applicant.Page.Locator("#checks .flagged").Last).ToHaveTextAsync(
            new Regex("(has no number beside a word|a digit or an underscore)\\. address-with-number-beside-word/1$"));
        await Expect(applicant.Page.Locator("#checks .flagged bdi").Last).ToHaveTextAsync(address);
        await applicant.AssertUsableAsync();
    }

    private static async Task FillAsync(Visitor applicant, string name, string address)
    {
        await applicant.ById("name").FillAsync(name);
        await applicant.ById("address").FillAsync(address);
    }

    private async Task AssertOneWaitsAsync(string name) => Assert.Equal(1, await CountAsync(name));

    // Some may still be checked, and one may be in both lists for a moment: it counts once it waits.
    private async Task<int> CountAsync(string name)
    {
        await Eventually.Async(() => fixture.App.NamesAsync("SUBMITTED"), submitted => !submitted.Contains(name));
        return (await fixture.App.NamesAsync("FLAGGED_FOR_REVIEW")).Count(each => each == name);
    }
}
