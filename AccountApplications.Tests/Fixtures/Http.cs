using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace AccountApplications.Tests.Fixtures;

public sealed record HttpAnswer(int Status, IHeaderDictionary Headers, string Text)
{
    public JsonElement Json => JsonSerializer.Deserialize<JsonElement>(Text);

    public string? Detail => Json.GetProperty("detail").GetString();
}

/// <summary>Requests for functions, and the answers that their results write.</summary>
public static class Http
{
    private static readonly IServiceProvider Services = new ServiceCollection().AddLogging().BuildServiceProvider();

    public static HttpRequest Get(string query = "")
    {
        var context = new DefaultHttpContext();
        context.Request.QueryString = new QueryString(query);
        return context.Request;
    }

    public static HttpRequest Post(string body, params (string Name, string Value)[] headers) =>
        Post(Encoding.UTF8.GetBytes(body), headers);

    public static HttpRequest Post(byte[] body, params (string Name, string Value)[] headers)
    {
        var context = new DefaultHttpContext();
        context.Request.ContentType = "application/json";
        context.Request.Body = new MemoryStream(body);
        foreach (var (name, value) in headers)
            context.Request.Headers.Append(name, value);
        return context.Request;
    }

    public static async Task<HttpAnswer> AnswerAsync(this Task<IResult> result) => await (await result).AnswerAsync();

    public static async Task<HttpAnswer> AnswerAsync(this IResult result)
    {
        var context = new DefaultHttpContext { RequestServices = Services };
        using var body = new MemoryStream();
        context.Response.Body = body;
        await result.ExecuteAsync(context);
        return new HttpAnswer(context.Response.StatusCode, context.Response.Headers, Encoding.UTF8.GetString(body.ToArray()));
    }

    /// <summary>Asserts that an answer is a problem document with nothing missing.</summary>
    public static HttpAnswer IsProblem(this HttpAnswer answer, int status)
    {
        Assert.Equal(status, answer.Status);
        Assert.StartsWith("application/problem+json", answer.Headers.ContentType.ToString(), StringComparison.Ordinal);
        Assert.Equal(status, answer.Json.GetProperty("status").GetInt32());
        foreach (var member in new[] { "type", "title", "detail" })
            Assert.False(string.IsNullOrEmpty(answer.Json.GetProperty(member).GetString()), $"'{member}' is missing.");
        return answer;
    }

    /// <summary>Asserts that an answer says what is wrong with one field, and with no other.</summary>
    public static void IsProblemOf(this HttpAnswer answer, string field)
    {
        answer.IsProblem(StatusCodes.Status400BadRequest);
        Assert.Equal([field], answer.Json.GetProperty("errors").EnumerateObject().Select(error => error.Name));
    }
}
