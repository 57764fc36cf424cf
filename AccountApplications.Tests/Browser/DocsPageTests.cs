using AccountApplications.Tests.EndToEnd;
using static Microsoft.Playwright.Assertions;

namespace AccountApplications.Tests.Browser;

/// <summary>Swagger UI under the app's content policy: a violation would fail the test, as any error in a page does.</summary>
[Collection(BrowserTests.Name)]
public sealed class DocsPageTests(BrowserFixture fixture)
{
    [BrowserFact]
    public async Task Operation_TriedOutWithAKey_ShowsItsAnswer()
    {
        await using var reader = await fixture.VisitAsync();
        await reader.Page.GotoAsync("/api/docs");
        await Expect(reader.Page.Locator(".opblock")).ToHaveCountAsync(OpenApiDocument.Carried.Operations.Count);
        await reader.ShootAsync("docs");

        await reader.Button("Authorize").ClickAsync();
        await reader.Page.Locator(".auth-container input").FillAsync("k3y");
        await reader.Page.Locator(".auth-btn-wrapper .authorize").ClickAsync();
        await reader.Page.Locator(".btn-done").ClickAsync();
        var list = reader.Page.Locator("#operations-Applications-FindApplications");
        await list.Locator(".opblock-summary-control").ClickAsync();
        await list.GetByText("Try it out").ClickAsync();
        await list.GetByText("Execute").ClickAsync();

        await Expect(list.Locator(".live-responses-table tbody .response-col_status")).ToContainTextAsync("200");
        await Expect(list.Locator(".live-responses-table")).ToContainTextAsync("nextPageToken");
        var request = Assert.Single(reader.Requests, request => request.Url.Contains("state=FLAGGED_FOR_REVIEW", StringComparison.Ordinal));
        Assert.Equal("k3y", await request.HeaderValueAsync("x-functions-key"));
        await reader.ShootAsync("docs-tried");
    }

    [BrowserFact]
    public async Task Operations_AndSchemas_OpenToTheirEnds()
    {
        await using var reader = await fixture.VisitAsync();
        await reader.Page.GotoAsync("/api/docs");
        await Expect(reader.Page.Locator(".opblock")).ToHaveCountAsync(OpenApiDocument.Carried.Operations.Count);

        foreach (var operation in await reader.Page.Locator(".opblock-summary-control").AllAsync())
            await operation.ClickAsync();
        await Expect(reader.Page.Locator(".opblock.is-open .responses-inner")).ToHaveCountAsync(OpenApiDocument.Carried.Operations.Count);
        var details = reader.Page.Locator("[data-json-schema-level='0']").Filter(new() { HasText = "ApplicationDetails" });
        await details.GetByText("Expand all").First.ClickAsync();

        await Expect(details).ToContainTextAsync("Every state that it has been in, oldest first.");
        await Expect(details).ToContainTextAsync("When the workflow received the decision, in UTC, to 100 ns.");
    }
}
