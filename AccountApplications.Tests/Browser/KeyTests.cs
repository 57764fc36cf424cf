using static Microsoft.Playwright.Assertions;

namespace AccountApplications.Tests.Browser;

/// <summary>On Azure the API asks for a function key, and the host answers 401 with no body to whoever has none.</summary>
[Collection(BrowserTests.Name)]
public sealed class KeyTests(BrowserFixture fixture)
{
    private const string Key = "k3y-of-the-app==";

    [BrowserFact]
    public async Task Key_AskedForByTheApi_IsAskedForOnceASession()
    {
        await using var reviewer = await fixture.VisitAsync();
        await LockAsync(reviewer);
        await reviewer.Page.GotoAsync("/review");

        await EnterAsync(reviewer, "wrong");
        await Expect(reviewer.Page.GetByText("That key is not accepted.")).ToBeVisibleAsync();
        await reviewer.AssertUsableAsync();
        await EnterAsync(reviewer, Key);
        await Expect(reviewer.ById("queue-title")).ToHaveTextAsync("Oldest first");
        await Expect(reviewer.Page.Locator("#filters .count").Last).Not.ToBeEmptyAsync();
        await reviewer.Page.ReloadAsync();
        await Expect(reviewer.Page.Locator("#filters .count").Last).Not.ToBeEmptyAsync();

        await Expect(reviewer.Page.Locator("dialog[open]")).ToHaveCountAsync(0);
        Assert.DoesNotContain(reviewer.Requests, request => request.Url.Contains("k3y", StringComparison.Ordinal));
    }

    [BrowserFact]
    public async Task Key_NotGiven_IsAskedForAgainOnlyOnDemand()
    {
        await using var reviewer = await fixture.VisitAsync();
        await LockAsync(reviewer);
        await reviewer.Page.GotoAsync("/review");

        await reviewer.Button("Cancel").Last.ClickAsync();
        await Expect(reviewer.ById("connection")).ToContainTextAsync("The app asks for a key.");
        await reviewer.Button("Enter the key").ClickAsync();
        await EnterAsync(reviewer, Key);

        await Expect(reviewer.Page.Locator("#filters .count").Last).Not.ToBeEmptyAsync();
        await Expect(reviewer.ById("connection")).Not.ToContainTextAsync("key");
    }

    [BrowserFact]
    public async Task Form_SentWithoutAKey_IsSentWhenThereIsOne()
    {
        await using var applicant = await fixture.VisitAsync();
        await LockAsync(applicant);
        await applicant.Page.GotoAsync("/apply");
        await applicant.ById("name").FillAsync("Spock");
        await applicant.ById("address").FillAsync("123 Enterprise Street");
        await applicant.Button("Apply").ClickAsync();

        await EnterAsync(applicant, Key);

        await Expect(applicant.ById("done-text")).ToContainTextAsync("Spock");
        await applicant.ById("own-page").ClickAsync();
        await Expect(applicant.ById("state")).ToHaveTextAsync("Approved");
    }

    [BrowserTheory]
    [InlineData("get")] // refused altogether
    [InlineData("setItem")] // full
    public async Task Key_ThatTheBrowserDoesNotKeep_IsAskedForOnce(string refused)
    {
        await using var reviewer = await fixture.VisitAsync();
        await LockAsync(reviewer);
        await reviewer.Page.AddInitScriptAsync(refused == "get"
            ? "Object.defineProperty(window, 'sessionStorage', { get() { throw new DOMException('', 'SecurityError'); } });"
            : "Storage.prototype.setItem = () => { throw new DOMException('', 'QuotaExceededError'); };");
        await reviewer.Page.GotoAsync("/review");

        await EnterAsync(reviewer, Key);

        await Expect(reviewer.Page.Locator("#filters .count").Last).Not.ToBeEmptyAsync();
        await Expect(reviewer.Page.Locator("dialog[open]")).ToHaveCountAsync(0);
    }

    private static async Task LockAsync(Visitor visitor) =>
        await visitor.Page.RouteAsync("**/api/**", async route =>
        {
            if (await route.Request.HeaderValueAsync("x-functions-key") == Key)
                await route.ContinueAsync();
            else
                await route.FulfillAsync(new() { Status = 401 });
        });

    private static async Task EnterAsync(Visitor visitor, string key)
    {
        await visitor.Page.GetByLabel("Key", new() { Exact = true }).FillAsync(key);
        await visitor.PressAsync("Enter");
    }
}
