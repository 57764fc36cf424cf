using System.Text;
using AccountApplications.Functions.Api;
using AccountApplications.Tests.Fixtures;
using Microsoft.AspNetCore.Http;

namespace AccountApplications.Tests.Api;

public class JsonBodyTests
{
    [Theory]
    [InlineData("application/json")]
    [InlineData("Application/JSON; charset=utf-8")]
    [InlineData("application/json; charset=\"UTF-8\"")]
    [InlineData("application/json;charset=utf8")]
    public async Task Body_OfJson_IsRead(string contentType)
    {
        var request = Http.Post("""{"name": "Zoë"}""");
        request.ContentType = contentType;

        var body = await JsonBody.ReadAsync(request, default);

        Assert.Equal("Zoë", body.Fields!.Required("name", 10));
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("application/problem+json")]
    [InlineData("application/jsonx")]
    [InlineData("")]
    [InlineData(null)]
    public async Task Body_OfAnotherType_Is415(string? contentType)
    {
        var request = Http.Post("{}");
        request.ContentType = contentType;

        (await AnswerAsync(request)).IsProblem(415);
    }

    [Theory]
    [InlineData("gzip", false)]
    [InlineData("identity, br", false)]
    [InlineData("Identity", true)]
    public async Task Body_OfACoding_IsReadAsItIsOnly(string coding, bool isRead)
    {
        var body = await JsonBody.ReadAsync(Http.Post("{}", ("Content-Encoding", coding)), default);

        Assert.Equal(isRead, body.Fields is not null);
        if (body.Problem is { } problem)
            Assert.Contains($"'{coding}'", (await problem.AnswerAsync()).IsProblem(415).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ByteOrderMark_BeforeTheBody_IsSkippedOnce()
    {
        byte[] marked = [0xEF, 0xBB, 0xBF, .. """{"name":"Zoë"}"""u8];

        Assert.Equal("Zoë", (await JsonBody.ReadAsync(Http.Post(marked), default)).Fields!.Required("name", 10));
        (await AnswerAsync(Http.Post([0xEF, 0xBB, 0xBF, .. marked]))).IsProblem(400);
    }

    public static TheoryData<byte[]> Garbage =>
    [
        [],
        """{"name": "Spo"""u8.ToArray(),
        "{} {}"u8.ToArray(),
        "{} // {}"u8.ToArray(),
        Encoding.Latin1.GetBytes("""{"name": "Zoë"}"""),
        [.. """{"name": "Z"""u8, 0xC3, .. "\"}"u8],
        Encoding.ASCII.GetBytes(new string('[', 8000)),
        Encoding.ASCII.GetBytes($"{{\"a\": {new string('[', 8000)}{new string(']', 8000)}}}"),
        "[]"u8.ToArray(),
        "null"u8.ToArray(),
        "\"{}\""u8.ToArray(),
    ];

    [Theory, MemberData(nameof(Garbage))]
    public async Task Body_ThatIsNoJsonObject_Is400(byte[] body) => (await AnswerAsync(Http.Post(body))).IsProblem(400);

    [Theory]
    [InlineData(JsonBody.MaxLength, true)]
    [InlineData(JsonBody.MaxLength + 1, false)]
    [InlineData(10 * JsonBody.MaxLength, false)]
    public async Task Body_OfALength_Is413BeyondTheLimit(int length, bool fits)
    {
        var text = Encoding.ASCII.GetBytes("{}".PadRight(length));
        var chunked = Http.Post(text);
        var announced = Http.Post(text);
        announced.ContentLength = length;
        var trickling = Http.Post("");
        trickling.Body = new TricklingStream(text);

        foreach (var request in new[] { chunked, announced, trickling })
            if (fits)
                Assert.NotNull((await JsonBody.ReadAsync(request, default)).Fields);
            else
                (await AnswerAsync(request)).IsProblem(413);
        Assert.InRange(trickling.Body.Position, 0, JsonBody.MaxLength + 1);
    }

    [Fact]
    public async Task Body_ThatStalls_Is408()
    {
        var request = Http.Post("");
        request.Body = new StallingStream();

        (await AnswerAsync(request)).IsProblem(408);
    }

    private static async Task<HttpAnswer> AnswerAsync(HttpRequest request) =>
        await (await JsonBody.ReadAsync(request, default)).Problem!.AnswerAsync();

    /// <summary>Gives a few bytes at a time, as a slow network does.</summary>
    private sealed class TricklingStream(byte[] content) : MemoryStream(content)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(buffer.Length, 1000)], cancellationToken);
    }

    /// <summary>Gives nothing, and goes on.</summary>
    private sealed class StallingStream : MemoryStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return 0;
        }
    }
}
