using System.Text.RegularExpressions;
using AccountApplications.Tests.EndToEnd;
using AccountApplications.Tests.Fixtures;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace AccountApplications.Tests.Browser;

[Collection(BrowserTests.Name)]
public sealed class ApplicationPageTests(BrowserFixture fixture)
{
    private TestHost App => fixture.App;

    [BrowserTheory]
    [InlineData(AppClient.Clean, null, "APPROVED", "start checkName checkAddress reviewRequired approve end", "", "")]
    [InlineData(AppClient.Flagged, null, "FLAGGED_FOR_REVIEW", "start checkName reviewRequired", "checkAddress", "pendingReview")]
    [InlineData(
        AppClient.Flagged, AppClient.Approve, "APPROVED",
        "start checkName reviewRequired pendingReview reviewApproved approve end", "checkAddress", "")]
    [InlineData(
        AppClient.Flagged, AppClient.Reject, "REJECTED",
        "start checkName reviewRequired pendingReview reviewApproved reject end", "checkAddress", "")]
    [InlineData(AppClient.Unprocessable, null, "FLAGGED_WITH_UNPROCESSABLE_DATA", "start unprocessable end", "checkName", "")]
    public async Task Picture_OfAnApplication_ShowsTheWayItTook(
        string body, string? decision, string state, string done, string failed, string waiting)
    {
        var application = await App.SubmitUntilAsync(body, decision is null ? state : "FLAGGED_FOR_REVIEW");
        if (decision is not null)
            await App.ReviewAsync(application.Id(), decision);
        await using var visitor = await fixture.VisitAsync();

        await visitor.Page.GotoAsync($"/applications/{application.Id()}");
        await Expect(visitor.Page.Locator("svg.way")).ToBeVisibleAsync();

        Assert.Equal(done.Split(' ').Order(), await StepsAsync(visitor, "done"));
        Assert.Equal(failed.Split(' ', StringSplitOptions.RemoveEmptyEntries), await StepsAsync(visitor, "failed"));
        Assert.Equal(waiting.Split(' ', StringSplitOptions.RemoveEmptyEntries), await StepsAsync(visitor, "waiting"));
        Assert.Equal(11, await visitor.Page.Locator(".step").CountAsync());
        await Expect(visitor.Page.Locator(".edge.taken")).ToHaveCountAsync(state switch
        {
            "FLAGGED_FOR_REVIEW" or "FLAGGED_WITH_UNPROCESSABLE_DATA" => 3,
            "APPROVED" when decision is null => 4,
            _ => 6,
        });
        var history = (await App.ReadAsync(application.Id())).GetProperty("history");
        await Expect(visitor.Page.Locator("#history > li")).ToHaveCountAsync(history.GetArrayLength());
    }

    [BrowserFact]
    public async Task Picture_OfAReviewedApplication_TellsTimesAndIsThereInWords()
    {
        var id = (await App.SubmitUntilAsync(AppClient.Flagged, "FLAGGED_FOR_REVIEW")).Id();
        await App.ReviewAsync(id, """{"decision":"REJECT","comment":"Moved away."}""");
        await using var visitor = await fixture.VisitAsync();

        await visitor.Page.GotoAsync($"/applications/{id}");

        await Expect(visitor.Page.Locator("[data-step=pendingReview] title"))
            .ToHaveTextAsync(new Regex("Pending Review: done, rejected by anonymous, .*[0-9]{2}:[0-9]{2}:[0-9]{2}"));
        await Expect(visitor.Page.Locator("[data-step=checkAddress] title")).ToContainTextAsync("Address 'ABadAddress' has no number");
        await Expect(visitor.Page.GetByRole(AriaRole.Img, new() { Name = "The steps of the workflow" })).ToBeVisibleAsync();
        var words = await visitor.ById("picture-text").TextContentAsync();
        Assert.Matches("Start: done.*Check Address: failed.*Review Required\\?: done, yes.*Reject Application: done.*End: done", words);
        Assert.DoesNotContain("Approve Application", words, StringComparison.Ordinal);
        await Expect(visitor.Page.Locator("#history > li")).ToContainTextAsync(
            ["Submitted", "Address 'ABadAddress' has no number beside a word.", "Moved away.", "Rejected"]);
    }

    [BrowserFact]
    public async Task Page_OfAWaitingApplication_ChangesWhenItIsDecided()
    {
        var id = (await App.SubmitUntilAsync(AppClient.Flagged, "FLAGGED_FOR_REVIEW")).Id();
        await using var visitor = await fixture.VisitAsync();
        await visitor.Page.GotoAsync($"/applications/{id}");
        var waiting = visitor.Page.Locator("[data-step=pendingReview].waiting rect");
        await Expect(waiting).ToHaveCSSAsync("animation-name", "pulse");

        await App.ReviewAsync(id, AppClient.Approve);

        await Expect(visitor.ById("state")).ToHaveTextAsync("Approved");
        await Expect(visitor.Page.Locator("[data-step=approve].done")).ToBeVisibleAsync();
        await Expect(waiting).ToHaveCountAsync(0);
        await Expect(visitor.ById("announcements")).ToHaveTextAsync("The application is now: Approved.");
    }

    [BrowserFact]
    public async Task Picture_ForWhoWantsNoMotion_StandsStill()
    {
        var id = (await App.SubmitUntilAsync(AppClient.Flagged, "FLAGGED_FOR_REVIEW")).Id();
        await using var visitor = await fixture.VisitAsync(options: new() { ReducedMotion = ReducedMotion.Reduce });

        await visitor.Page.GotoAsync($"/applications/{id}");

        await Expect(visitor.Page.Locator("[data-step=pendingReview].waiting rect")).ToHaveCSSAsync("animation-name", "none");
    }

    [BrowserFact]
    public async Task Page_InPrint_IsDarkOnLight()
    {
        var id = (await App.SubmitUntilAsync(AppClient.Flagged, "FLAGGED_FOR_REVIEW")).Id();
        await using var visitor = await fixture.VisitAsync(options: new() { ColorScheme = ColorScheme.Dark });
        await visitor.Page.GotoAsync($"/applications/{id}");
        await Expect(visitor.Page.Locator(".step.idle text").First).ToHaveCSSAsync("fill", "rgb(163, 175, 189)");

        await visitor.Page.EmulateMediaAsync(new() { Media = Media.Print });

        await Expect(visitor.Page.Locator(".step.idle text").First).ToHaveCSSAsync("fill", "rgb(86, 98, 113)");
        await Expect(visitor.Page.Locator("svg.way")).ToBeVisibleAsync();
        await Expect(visitor.Page.Locator("body")).ToHaveCSSAsync("background-color", "rgb(255, 255, 255)");
        await Expect(visitor.Page.Locator("header nav")).ToBeHiddenAsync();
        await visitor.ShootAsync("application-print");
    }

    [BrowserTheory]
    [InlineData("x")]
    [InlineData("%2e%2e%2fhealth")]
    [InlineData("application_6f9619ff-8b86-4011-b42d-00c04fc964ff")]
    public async Task Page_OfNoApplication_SaysSo(string id)
    {
        await using var visitor = await fixture.VisitAsync();

        await visitor.Page.GotoAsync($"/applications/{id}");

        await Expect(visitor.ById("missing")).ToContainTextAsync("There is no such application");
    }

    [BrowserFact]
    public async Task Page_OfAnApplicationThatIsErased_ShowsWhatMayStillBeKnown()
    {
        var id = (await App.SubmitUntilAsync(Queue.Body("Forgotten", "ABadAddress"), "FLAGGED_FOR_REVIEW")).Id();
        await using var visitor = await fixture.VisitAsync();
        await visitor.Page.GotoAsync($"/applications/{id}");
        await Expect(visitor.ById("name")).ToHaveTextAsync("Forgotten");

        await App.EraseAsync(id);

        await Expect(visitor.Page.Locator("#erased-history > li")).ToHaveTextAsync(
            [new Regex("^Submitted .*, by applicant$"), new Regex("^Waiting for a review .*, by workflow$"), new Regex("^Erased .*, by anonymous$")]);
        await Expect(visitor.ById("name")).ToBeHiddenAsync();
        await visitor.ShootAsync("application-erased");
    }

    private static async Task<IEnumerable<string>> StepsAsync(Visitor visitor, string status) =>
        (await visitor.Page.EvaluateAsync<string[]>($"[...document.querySelectorAll('.step.{status}')].map(step => step.dataset.step)")).Order();
}
