using System.Net;

namespace AccountApplications.LocalHost;

/// <summary>What a host serves beside the app's functions: the durable extension's HTTP API, and timer functions called by hand.</summary>
internal static class Webhooks
{
    public const string Path = "/runtime/webhooks/durabletask";

    public static void Map(IEndpointRouteBuilder routes, Jobs jobs, Timers timers, Keys keys, Workers workers)
    {
        routes.Map($"{Path}/{{**path}}", async http =>
        {
            if (keys.RefuseWebhook(http.Request, (await workers.ReadyAsync(http.RequestAborted)).Functions) is { } status)
                http.Response.StatusCode = status;
            else
                await ServeAsync(http, jobs);
        });
        routes.MapPost("/admin/functions/{name}", (HttpContext http, string name) =>
            Results.StatusCode(
                !keys.AdmitAdministrator(http.Request) ? StatusCodes.Status401Unauthorized
                : timers.Fire(name) ? StatusCodes.Status202Accepted
                : StatusCodes.Status404NotFound));
    }

    private static async Task ServeAsync(HttpContext http, Jobs jobs)
    {
        var source = http.Request;
        using var request = new HttpRequestMessage(new HttpMethod(source.Method), $"{source.Scheme}://{source.Host}{source.PathBase}{source.Path}{source.QueryString}")
        {
            Content = new StreamContent(source.Body),
        };
        foreach (var (name, values) in source.Headers)
            if (!request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
                request.Content.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
        using var response = await jobs.DurableApi.ConvertAsync(request, http.RequestAborted);
        http.Response.StatusCode = (int)response.StatusCode;
        foreach (var (name, values) in response.Headers.Concat(response.Content.Headers))
            if (name != "Transfer-Encoding")
                http.Response.Headers[name] = values.ToArray();
        if (response.StatusCode != HttpStatusCode.NoContent)
            await response.Content.CopyToAsync(http.Response.Body, http.RequestAborted);
    }
}
