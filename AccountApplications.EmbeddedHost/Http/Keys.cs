using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Configuration;

namespace AccountApplications.EmbeddedHost.Http;

/// <summary>
/// Who may call: nobody is asked unless <c>EmbeddedHost:RequireKeys</c> is true, as under <c>func start</c>. Then a function needs its
/// own key (<c>EmbeddedHost:Keys:{Function}</c>) or the one for all (<c>EmbeddedHost:Keys:default</c>), the management API the system
/// key (<c>EmbeddedHost:Keys:system</c>), which opens everything; in the header <c>x-functions-key</c> or the query's <c>code</c>.
/// </summary>
internal sealed class Keys(IConfiguration configuration)
{
    private const string Header = "x-functions-key";
    private const string Query = "code";
    private const string Default = "default";
    private const string System = "system";

    private readonly bool _areRequired = HostSettings.Flag(configuration, "EmbeddedHost:RequireKeys");

    /// <summary>Whether a request may call a function of that name.</summary>
    public bool Admit(HttpRequest request, string function, AuthorizationLevel level) =>
        !_areRequired || level switch
        {
            AuthorizationLevel.Anonymous => true,
            AuthorizationLevel.Function => IsOneOf(request, function, Default, System),
            _ => IsOneOf(request, System),
        };

    /// <summary>Whether a request may use the management API.</summary>
    public bool AdmitManagement(HttpRequest request) => !_areRequired || IsOneOf(request, System);

    /// <summary>The real host's 401 has no body.</summary>
    public static Task RefuseAsync(HttpContext http)
    {
        http.Response.StatusCode = StatusCodes.Status401Unauthorized;
        return Task.CompletedTask;
    }

    private bool IsOneOf(HttpRequest request, params ReadOnlySpan<string> names)
    {
        var given = request.Headers.TryGetValue(Header, out var header) ? header.ToString() : request.Query[Query].ToString();
        var isOne = false;
        foreach (var name in names)
        {
            if (configuration[$"EmbeddedHost:Keys:{name}"] is { Length: > 0 } key) isOne |= AreEqual(given, key);
        }

        return isOne;
    }

    // Of equal length whatever is given, so that the time it takes tells nothing about the key.
    private static bool AreEqual(string given, string key) =>
        CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(given)), SHA256.HashData(Encoding.UTF8.GetBytes(key)));
}
