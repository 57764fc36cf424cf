using System.Net;
using System.Text.RegularExpressions;
using AccountApplications.Tests.Fixtures;

namespace AccountApplications.Tests.EndToEnd;

public sealed partial class DocsTests(AppFixture fixture) : IClassFixture<AppFixture>
{
    private TestHost App => fixture.App;

    [Theory]
    [InlineData("/api/docs", "text/html; charset=utf-8")]
    [InlineData("/api/docs/docs.css", "text/css; charset=utf-8")]
    [InlineData("/api/docs/docs.js", "text/javascript; charset=utf-8")]
    [InlineData("/api/docs/docs.svg", "image/svg+xml")]
    [InlineData("/api/openapi.json", "application/json")]
    public async Task File_Asked_IsServedUnderAStrictPolicy(string path, string contentType)
    {
        var answer = await App.Http.GetAsync(path);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(contentType, answer.Content.Headers.ContentType?.ToString());
        var policy = Header(answer, "Content-Security-Policy");
        Assert.StartsWith("default-src 'self';", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("http", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", Header(answer, "X-Content-Type-Options"));
        Assert.Equal("DENY", Header(answer, "X-Frame-Options"));
        Assert.Equal("same-origin", Header(answer, "Referrer-Policy"));
        Assert.Equal("no-cache, private", Header(answer, "Cache-Control"));
    }

    [Fact]
    public async Task Page_NamesOnlyPartsThatAreServedHere()
    {
        var page = await App.Http.GetStringAsync("/api/docs");

        var links = Link().Matches(page).Select(match => match.Groups[1].Value).Where(link => link[0] != '#').ToList();

        Assert.Contains("/api/docs/docs.css", links);
        Assert.Contains("/api/docs/docs.js", links);
        foreach (var link in links)
        {
            Assert.Matches("^/api/[a-z./]+$", link);
            Assert.Equal(HttpStatusCode.OK, (await App.Http.GetAsync(link)).StatusCode);
        }
    }

    [Fact]
    public async Task Page_HasNothingInline()
    {
        var page = await App.Http.GetStringAsync("/api/docs");

        Assert.DoesNotMatch("(?i)<style|\\sstyle=|\\son[a-z]+=|javascript:", page);
        Assert.All(Script().Matches(page), script => Assert.Contains("src=", script.Value, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("/api/docs")]
    [InlineData("/api/docs/docs.css")]
    [InlineData("/api/docs/docs.js")]
    public async Task File_OfThePage_NamesNoOtherHost(string path) =>
        Assert.DoesNotMatch("//[a-zA-Z0-9]|url\\(|@import", Comment().Replace(await App.Http.GetStringAsync(path), ""));

    [Fact]
    public async Task Script_OfThePage_WritesTextOnly() => Assert.DoesNotMatch(
        "innerHTML|outerHTML|insertAdjacentHTML|document\\.write|eval\\(|new Function|srcdoc|DOMParser",
        await App.Http.GetStringAsync("/api/docs/docs.js"));

    [Fact]
    public async Task File_KnownToTheCaller_IsNotSentAgain()
    {
        var version = (await App.Http.GetAsync("/api/docs/docs.js")).Headers.ETag;
        Assert.NotNull(version);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/docs/docs.js") { Headers = { IfNoneMatch = { version } } };

        var answer = await App.Http.SendAsync(request);

        Assert.Equal(HttpStatusCode.NotModified, answer.StatusCode);
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync());
    }

    [Theory]
    [InlineData("docs.html")]
    [InlineData("openapi.json")]
    [InlineData("DOCS.JS")]
    [InlineData("..%2Fopenapi.json")]
    [InlineData("x")]
    public async Task Part_Unknown_IsNotFound(string name) =>
        await (await App.Http.GetAsync($"/api/docs/{name}")).AssertProblemAsync(HttpStatusCode.NotFound);

    private static string Header(HttpResponseMessage answer, string name) => Assert.Single(answer.Headers.GetValues(name));

    [GeneratedRegex("(?:href|src)=\"([^\"]*)\"")]
    private static partial Regex Link();

    [GeneratedRegex("<script[^>]*>")]
    private static partial Regex Script();

    [GeneratedRegex("(?m)^\\s*// .*$|/\\*\\*.*?\\*/")]
    private static partial Regex Comment();
}
