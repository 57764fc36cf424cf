using System.Net;

namespace AccountApplications.Tests.Embedded.Http;

public sealed class LoopbackOnlyTests(ManagementFixture fixture) : IClassFixture<ManagementFixture>
{
    private HttpClient Http => fixture.Host.Http;

    private int Port => Http.BaseAddress!.Port;

    [Theory]
    [InlineData("http://evil.example")]
    [InlineData("https://evil.example:{port}")]
    [InlineData("http://127.0.0.1.evil.example:{port}")]
    [InlineData("http://localhost:1")]
    [InlineData("http://localhost")]
    [InlineData("null")]
    [InlineData("file://")]
    [InlineData("nonsense")]
    public async Task Request_OfAForeignPage_IsRefused(string origin)
    {
        Assert.Equal(HttpStatusCode.Forbidden, await SendAsync("/page/x", origin, host: null));
        Assert.Equal(HttpStatusCode.Forbidden, await SendAsync("/runtime/webhooks/durabletask/instances/x/terminate", origin, host: null));
        Assert.Equal(HttpStatusCode.Forbidden, await SendAsync("/nothing", origin, host: null));
    }

    [Theory]
    [InlineData("http://localhost:{port}")]
    [InlineData("http://127.0.0.1:{port}")]
    [InlineData("http://[::1]:{port}")]
    [InlineData(null)]
    public async Task Request_OfAPageOfThisHost_IsServed(string? origin) =>
        Assert.Equal(HttpStatusCode.OK, await SendAsync("/page/x", origin, host: null));

    [Theory]
    [InlineData("evil.example")]
    [InlineData("evil.example:{port}")]
    [InlineData("localhost.evil.example:{port}")]
    [InlineData("192.168.0.1:{port}")]
    [InlineData("2130706433.evil.example")]
    public async Task Request_ForAnotherHost_IsRefused(string host)
    {
        Assert.Equal(HttpStatusCode.Forbidden, await SendAsync("/page/x", origin: null, host));
        // A page of a name that was rebound to this machine is of that name's origin.
        Assert.Equal(HttpStatusCode.Forbidden, await SendAsync("/page/x", $"http://{host}", host));
    }

    [Theory]
    [InlineData("localhost:{port}")]
    [InlineData("LOCALHOST:{port}")]
    [InlineData("127.0.0.1:{port}")]
    [InlineData("127.1.2.3")]
    [InlineData("[::1]:{port}")]
    public async Task Request_ForThisMachine_IsServed(string host) =>
        Assert.Equal(HttpStatusCode.OK, await SendAsync("/page/x", origin: null, host));

    private async Task<HttpStatusCode> SendAsync(string path, string? origin, string? host)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path);
        if (origin is not null)
            request.Headers.TryAddWithoutValidation("Origin", Fill(origin));
        if (host is not null)
            request.Headers.Host = Fill(host);
        return (await Http.SendAsync(request)).StatusCode;
    }

    private string Fill(string template) => template.Replace("{port}", $"{Port}", StringComparison.Ordinal);
}
