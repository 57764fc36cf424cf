using System.Net;
using AccountApplications.Tests.Fixtures;
using Microsoft.AspNetCore.Routing.Patterns;

namespace AccountApplications.Tests.EndToEnd;

public sealed class FunctionsTests(AppFixture fixture) : IClassFixture<AppFixture>
{
    private TestHost App => fixture.App;

    [Fact]
    public async Task HttpFunctions_OfTheApp_AreAllServed()
    {
        foreach (var function in FunctionMetadata.Http)
        {
            Assert.NotEmpty(function.Methods);
            var path = $"/{function.Route!.Replace("{id}", "x", StringComparison.Ordinal)}";
            foreach (var method in function.Methods)
            {
                using var request = new HttpRequestMessage(new HttpMethod(method), path);
                // What nobody serves is an empty 404.
                var answer = await App.Http.SendAsync(request);
                Assert.True(answer.StatusCode != HttpStatusCode.NotFound || answer.Content.Headers.ContentType is not null, function.Name);
            }
        }
    }

    [Fact]
    public async Task Routes_ThatAnswerGet_AnswerHeadWithTheSameHeaders()
    {
        var id = (await App.SubmitUntilAsync(AppClient.Clean, "APPROVED")).Id();
        Assert.All(FunctionMetadata.Http, function => Assert.Equal(function.Methods.Contains("get"), function.Methods.Contains("head")));
        string[] paths =
        [
            "/api/health", $"/api/applications/{id}", "/api/applications/none", "/api/applications?state=APPROVED", "/api/applications", "/api/openapi.json",
            "/api/docs", "/review", "/apply", $"/applications/{id}", "/assets/site.css", "/assets/none",
        ];
        foreach (var path in paths)
        {
            var get = await App.Http.GetAsync(path);
            using var request = new HttpRequestMessage(HttpMethod.Head, path);
            var head = await App.Http.SendAsync(request);

            Assert.Equal(get.StatusCode, head.StatusCode);
            Assert.Equal(HeadersOf(get), HeadersOf(head));
            Assert.Empty(await head.Content.ReadAsByteArrayAsync());
        }

        // A body's length, or that it is sent in chunks, is no header of what it says.
        static IEnumerable<string> HeadersOf(HttpResponseMessage answer) => answer.Headers.Concat(answer.Content.Headers)
            .Where(header => header.Key is not ("Date" or "Content-Length" or "Transfer-Encoding"))
            .Select(header => $"{header.Key}: {string.Join(", ", header.Value)}").Order();
    }

    /// <summary>Where two match, hosts choose by the functions' names: the one or the other would never be called.</summary>
    [Fact]
    public void Routes_OfOneMethod_NeverMatchTheSamePath()
    {
        var routes = (
            from function in FunctionMetadata.Http
            from method in function.Methods
            select (function.Name, Method: method, Segments: RoutePatternFactory.Parse(function.Route!).PathSegments.Select(segment => segment.Parts[0]).ToList()))
            .ToList();

        var overlapping =
            from one in routes
            from other in routes
            where string.CompareOrdinal(one.Name, other.Name) < 0 && one.Method == other.Method && one.Segments.Count == other.Segments.Count
            where one.Segments.Zip(other.Segments).All(pair => pair is not ({ IsLiteral: true }, { IsLiteral: true })
                || ((RoutePatternLiteralPart)pair.First).Content == ((RoutePatternLiteralPart)pair.Second).Content)
            select $"{one.Name} and {other.Name}";

        Assert.True(routes.Count > 5);
        Assert.Empty(overlapping);
    }
}
