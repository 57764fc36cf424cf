using System.Net;
using System.Net.Sockets;
using System.Text;
using AccountApplications.Tests.EndToEnd;
using AccountApplications.Tests.Fixtures;

namespace AccountApplications.Tests.Robustness;

/// <summary>Requests that no ordinary client sends, each of which once got an answer that it must not get.</summary>
public sealed class OddRequestTests(AppFixture fixture) : IClassFixture<AppFixture>
{
    private const string Management = "/runtime/webhooks/durabletask";

    private TestHost App => fixture.App;

    [Theory]
    [InlineData("""{"half":"\ud800"}""")]
    [InlineData("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]")]
    public async Task Instance_WhoseInputIsHardToWrite_IsShownToTheLetterAndListed(string input)
    {
        var id = $"odd-{Guid.NewGuid():N}";
        var started = await App.PostAsync($"{Management}/orchestrators/ProcessApplication/{id}", input);
        Assert.Equal(HttpStatusCode.Accepted, started.StatusCode);

        await Eventually.Async(async () =>
        {
            var shown = await App.Http.GetAsync($"{Management}/instances/{id}");
            Assert.Equal(HttpStatusCode.OK, shown.StatusCode);
            Assert.Contains($"\"input\":{input}", await shown.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        });
        Assert.Equal(HttpStatusCode.OK, (await App.Http.GetAsync($"{Management}/instances?instanceIdPrefix=odd-")).StatusCode);
    }

    [Fact]
    public async Task Instance_AskedForWithAControlCharacter_IsShownWithAnEscapedLocation()
    {
        var id = (await App.SubmitUntilAsync(AppClient.Flagged, "FLAGGED_FOR_REVIEW")).Id();

        var answer = await SendAsync($"GET {Management}/instances/{id}?a=\u0001 HTTP/1.1\r\nHost: {App.Http.BaseAddress!.Authority}\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 202", answer, StringComparison.Ordinal);
        Assert.Contains("?a=%01\r\n", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/api/applications")]
    [InlineData(Management + "/orchestrators/ProcessApplication")]
    public async Task Body_WithAChunkOfAnImpossibleSize_IsABadRequest(string path)
    {
        var answer = await SendAsync(
            $"POST {path} HTTP/1.1\r\nHost: {App.Http.BaseAddress!.Authority}\r\nContent-Type: application/json\r\n" +
            "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n{}");

        Assert.StartsWith("HTTP/1.1 400", answer, StringComparison.Ordinal);
    }

    private async Task<string> SendAsync(string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(App.Http.BaseAddress!.Host, App.Http.BaseAddress.Port);
        await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(request));
        var buffer = new byte[64 * 1024];
        var read = await client.GetStream().ReadAtLeastAsync(buffer, 200, throwOnEndOfStream: false);
        return Encoding.Latin1.GetString(buffer, 0, read);
    }
}
