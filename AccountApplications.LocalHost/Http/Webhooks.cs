namespace AccountApplications.LocalHost;

/// <summary>What a host serves beside the app's functions: the durable extension's HTTP API, and timer functions called by hand.</summary>
internal static class Webhooks
{
    public const string Path = "/runtime/webhooks/durabletask";

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.Map($"{Path}/{{**path}}", ServeAsync).WithOrder(-1);
        routes.MapPost("/admin/functions/{name}", (string name, HttpRequest request, Keys keys, Timers timers) => Results.StatusCode(
            !keys.AdmitAdministrator(request) ? StatusCodes.Status401Unauthorized
            : timers.Fire(name) ? StatusCodes.Status202Accepted : StatusCodes.Status404NotFound)).WithOrder(-1);
    }

    private static async Task ServeAsync(HttpContext http, Jobs jobs, Keys keys)
    {
        var source = http.Request;
        http.Response.StatusCode = keys.RefuseWebhook(source) ?? StatusCodes.Status200OK;
        if (http.Response.StatusCode != StatusCodes.Status200OK)
            return;
        var address = $"{source.Scheme}://{source.Host}{source.Path}{source.QueryString}";
        using var request = new HttpRequestMessage(new HttpMethod(source.Method), address) { Content = new StreamContent(source.Body) };
        foreach (var (name, values) in source.Headers)
            if (!request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
                request.Content.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
        using var response = await jobs.DurableApi!.ConvertAsync(request, http.RequestAborted);
        http.Response.StatusCode = (int)response.StatusCode;
        foreach (var (name, values) in response.Headers.Concat(response.Content.Headers))
            if (name != "Transfer-Encoding")
                http.Response.Headers[name] = values.ToArray();
        await response.Content.CopyToAsync(http.Response.Body, http.RequestAborted);
    }
}
