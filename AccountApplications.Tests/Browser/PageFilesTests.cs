using System.Net;
using AccountApplications.Functions;
using AccountApplications.Functions.Applications;
using AccountApplications.Tests.EndToEnd;

namespace AccountApplications.Tests.Browser;

public sealed class PageFilesTests(AppFixture fixture) : IClassFixture<AppFixture>
{
    private HttpClient Http => fixture.App.Http;

    public static TheoryData<string, string> Paths => new()
    {
        { "/review", "text/html" },
        { "/apply", "text/html" },
        { $"/applications/{AccountApplicationId.New()}", "text/html" },
        { "/assets/site.css", "text/css" },
        { "/assets/review.js", "text/javascript" },
        { "/assets/icon.svg", "image/svg+xml" },
    };

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task File_AskedFor_ComesWithHeadersThatKeepItSafe(string path, string type)
    {
        var answer = await Http.GetAsync(path);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(type, answer.Content.Headers.ContentType?.MediaType);
        var policy = answer.Headers.GetValues("Content-Security-Policy").Single();
        Assert.Contains("default-src 'self'", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Equal("same-origin", answer.Headers.GetValues("Referrer-Policy").Single());
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task File_KnownToTheBrowser_IsNotSentAgain(string path, string type)
    {
        var first = await Http.GetAsync(path);
        var again = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { IfNoneMatch = { first.Headers.ETag! } } };

        var second = await Http.SendAsync(again);

        Assert.Equal(type, first.Content.Headers.ContentType?.MediaType);
        Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);
        Assert.Empty(await second.Content.ReadAsByteArrayAsync());
    }

    [Theory]
    [InlineData("/assets/none.js")]
    [InlineData("/assets/review.html")]
    [InlineData("/assets/..%2Freview.html")]
    public async Task File_Unknown_IsNotFound(string path) =>
        await (await Http.GetAsync(path)).AssertProblemAsync(HttpStatusCode.NotFound);

    [Fact]
    public async Task Page_ForSomebodySignedIn_NamesThemAsText()
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "/review");
        request.Headers.TryAddWithoutValidation("X-MS-CLIENT-PRINCIPAL-NAME", "\"><script>ada</script>");

        var html = await (await Http.SendAsync(request)).Content.ReadAsStringAsync();

        Assert.Contains("content=\"&quot;&gt;&lt;script&gt;ada", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<script>ada", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_Together_AreSmall()
    {
        var assembly = typeof(AccountApplicationsBuilderExtensions).Assembly;

        var sizes = assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith("Pages/", StringComparison.Ordinal))
            .Select(name => assembly.GetManifestResourceStream(name)!.Length)
            .ToList();

        Assert.InRange(sizes.Sum(), 1, 80 * 1024);
    }
}
