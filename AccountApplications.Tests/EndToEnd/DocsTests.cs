using System.Net;
using AccountApplications.Tests.Fixtures;

namespace AccountApplications.Tests.EndToEnd;

public sealed class DocsTests(AppFixture fixture) : IClassFixture<AppFixture>
{
    private TestHost App => fixture.App;

    [Theory]
    [InlineData("/api/docs", "text/html; charset=utf-8")]
    [InlineData("/api/docs/docs.js", "text/javascript; charset=utf-8")]
    [InlineData("/api/docs/swagger-ui.css", "text/css; charset=utf-8")]
    [InlineData("/api/docs/swagger-ui-bundle.js", "text/javascript; charset=utf-8")]
    [InlineData("/api/openapi.json", "application/json")]
    public async Task File_Asked_IsServedUnderAStrictPolicyAndOnce(string path, string contentType)
    {
        var isPage = path == "/api/docs";

        var answer = await App.Http.GetAsync(path);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(contentType, answer.Content.Headers.ContentType?.ToString());
        var policy = Header(answer, "Content-Security-Policy");
        Assert.StartsWith(isPage ? "default-src 'none'; script-src 'self'; " : "default-src 'self'; ", policy, StringComparison.Ordinal);
        // Swagger UI turns text into markup: nothing else may.
        Assert.Equal(!isPage, policy.Contains("require-trusted-types-for 'script'", StringComparison.Ordinal));
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.DoesNotContain('*', policy);
        Assert.DoesNotContain("http", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", Header(answer, "X-Content-Type-Options"));
        Assert.Equal("DENY", Header(answer, "X-Frame-Options"));
        Assert.Equal("same-origin", Header(answer, "Referrer-Policy"));
        Assert.Equal("no-cache, private", Header(answer, "Cache-Control"));

        using var again = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { IfNoneMatch = { answer.Headers.ETag! } } };
        var known = await App.Http.SendAsync(again);
        Assert.Equal(HttpStatusCode.NotModified, known.StatusCode);
        Assert.Empty(await known.Content.ReadAsByteArrayAsync());
    }

    [Theory]
    [InlineData("docs.html")]
    [InlineData("openapi.json")]
    [InlineData("DOCS.JS")]
    [InlineData("index.html")]
    [InlineData("..%2Fopenapi.json")]
    public async Task Part_Unknown_IsNotFound(string name) =>
        await (await App.Http.GetAsync($"/api/docs/{name}")).AssertProblemAsync(HttpStatusCode.NotFound);

    private static string Header(HttpResponseMessage answer, string name) => Assert.Single(answer.Headers.GetValues(name));
}
