using AccountApplications.Tests.EndToEnd;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace AccountApplications.Tests.Browser;

[Collection(BrowserTests.Name)]
public sealed class AppearanceTests(BrowserFixture fixture)
{
    private const int PhoneWidth = 360;

    [BrowserTheory]
    [InlineData("light", ColorScheme.Light, 1280)]
    [InlineData("dark", ColorScheme.Dark, 1280)]
    [InlineData("phone", ColorScheme.Light, PhoneWidth)]
    [InlineData("phone-dark", ColorScheme.Dark, PhoneWidth)]
    public async Task Pages_InEveryLook_AreUsableByEverybody(string look, ColorScheme colors, int width)
    {
        var app = await fixture.EmptyAppAsync();
        var waiting = await app.FillAsync("Ada evil Lovelace", "Grace Hopper", "Linus Knuth", "Margaret Hamilton", "Edsger Turing", "Radia Perlman");
        await app.ReviewAsync(waiting[5], """{"decision":"REJECT","comment":"Moved away."}""");
        var unprocessable = await app.SubmitUntilAsync(AppClient.Unprocessable, "FLAGGED_WITH_UNPROCESSABLE_DATA");
        var options = Visitor.SignedInAs("ada@example.org");
        options.ColorScheme = colors;
        options.ViewportSize = new() { Width = width, Height = width == PhoneWidth ? 740 : 860 };
        options.HasTouch = width == PhoneWidth;
        await using var visitor = await fixture.VisitAsync(app, options);

        async Task LookAsync(string page)
        {
            await visitor.ShootAsync($"{page}-{look}");
            await visitor.AssertUsableAsync();
        }

        await visitor.OpenQueueAsync();
        await Expect(visitor.Page.Locator("#filters .count").Last).Not.ToBeEmptyAsync();
        await LookAsync("review");
        await visitor.PressAsync("a");
        await LookAsync("review-confirm");
        await visitor.PressAsync("Escape", "?");
        await LookAsync("review-help");

        await visitor.Page.GotoAsync("/apply");
        await LookAsync("apply");
        await visitor.Button("Apply").ClickAsync();
        await LookAsync("apply-errors");
        await visitor.ById("name").FillAsync("Spock");
        await visitor.ById("address").FillAsync("123 Enterprise Street");
        await visitor.Button("Apply").ClickAsync();
        await Expect(visitor.ById("done")).ToBeVisibleAsync();
        await LookAsync("apply-done");

        foreach (var (page, id) in new[] { ("waiting", waiting[0]), ("rejected", waiting[5]), ("unprocessable", unprocessable.Id()) })
        {
            await visitor.Page.GotoAsync($"/applications/{id}");
            await Expect(visitor.ById("picture")).ToBeVisibleAsync();
            await LookAsync($"application-{page}");
        }
    }
}
