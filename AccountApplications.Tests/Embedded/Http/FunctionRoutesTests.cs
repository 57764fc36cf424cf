using System.Net;
using AccountApplications.Tests.EndToEnd;

namespace AccountApplications.Tests.Embedded.Http;

public sealed class FunctionRoutesTests(ManagementFixture fixture) : IClassFixture<ManagementFixture>
{
    private HttpClient Http => fixture.Host.Http;

    [Theory]
    [InlineData("a%2Fb", "a%2Fb")]
    [InlineData("a%20b", "a b")]
    [InlineData("%C3%A4", "ä")]
    [InlineData("a'b", "a'b")]
    [InlineData("a+b", "a+b")]
    public async Task RouteValue_Escaped_ArrivesAsOnTheRealHost(string escaped, string value)
    {
        var answer = await Http.GetAsync($"/page/{escaped}");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(value, await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Route_WithoutItsValue_IsNotServed() => await (await Http.GetAsync("/page")).AssertNotServedAsync();

    [Fact]
    public async Task Route_InAnyCase_IsTheSame() => Assert.Equal(HttpStatusCode.OK, (await Http.GetAsync("/PAGE/x")).StatusCode);

    [Theory]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    [InlineData("HEAD")]
    [InlineData("OPTIONS")]
    public async Task Method_ThatTheFunctionDoesNotHave_IsNotServed(string method) =>
        await (await Http.SendAsync(new HttpRequestMessage(new HttpMethod(method), "/page/x"))).AssertNotServedAsync();

    [Fact]
    public async Task Answer_OfAnyRoute_NamesNoServer() => Assert.False((await Http.GetAsync("/page/x")).Headers.Contains("Server"));
}
