using System.Net;
using Microsoft.AspNetCore.Http;

namespace AccountApplications.EmbeddedHost.Http;

/// <summary>
/// Refuses what a web page elsewhere makes a browser send here: loopback is no wall against it. A request must name this machine as its
/// host, and one that says which page it comes from must come from this host's own.
/// </summary>
internal static class LoopbackOnly
{
    public static Task InvokeAsync(HttpContext http, RequestDelegate next)
    {
        var host = http.Request.Host;
        if (!IsLoopback(host.Host)) return RefuseAsync(http, "The Host header does not name this machine.");

        var origin = http.Request.Headers.Origin.ToString();
        if (origin.Length > 0 && !(Uri.TryCreate(origin, UriKind.Absolute, out var page)
            && IsLoopback(page.Host) && page.Port == (host.Port ?? 80)))
        {
            return RefuseAsync(http, "The request comes from a page of another origin.");
        }

        return next(http);
    }

    private static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    private static Task RefuseAsync(HttpContext http, string why) =>
        Results.Problem(why, statusCode: StatusCodes.Status403Forbidden).ExecuteAsync(http);
}
