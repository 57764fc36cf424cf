using System.Security.Cryptography;

namespace AccountApplications.LocalHost;

/// <summary>
/// Who may call: anybody unless <c>LocalHost__RequireKeys</c> is true, as with the Core Tools. Then a function asks for its own key
/// (<c>LocalHost__Keys__{Function}</c>) or the one for all (<c>__default</c>), webhooks for the system key (<c>__system</c>), and the master
/// key (<c>__master</c>) opens everything; in the header <c>x-functions-key</c> or as <c>code</c> in the query.
/// </summary>
internal sealed class Keys(Settings settings)
{
    private const string Default = "default";
    private const string Master = "master";
    private const string System = "system";

    public bool Admit(HttpRequest request, Function function) =>
        !settings.RequiresKeys || (function.Trigger.Text("authLevel") ?? "function").ToLowerInvariant() switch
        {
            "anonymous" => true,
            "function" => IsOneOf(request, function.Name, Default, Master),
            _ => IsOneOf(request, Master),
        };

    /// <summary>The status that refuses a request to a webhook, null if it is admitted.</summary>
    public int? RefuseWebhook(HttpRequest request) =>
        !settings.RequiresKeys || IsOneOf(request, System, Master) ? null
        : IsOneOf(request, [.. settings.Configuration.GetSection("LocalHost:Keys").GetChildren().Select(key => key.Key)]) ? StatusCodes.Status403Forbidden
        : StatusCodes.Status401Unauthorized;

    public bool AdmitAdministrator(HttpRequest request) => !settings.RequiresKeys || IsOneOf(request, Master);

    private bool IsOneOf(HttpRequest request, params string[] names)
    {
        var given = request.Headers.TryGetValue("x-functions-key", out var header) ? header.ToString() : request.Query["code"].ToString();
        return names.Any(name => settings.Configuration[$"LocalHost:Keys:{name}"] is { Length: > 0 } key && AreEqual(given, key));
    }

    // Of equal length whatever is given, so that the time it takes tells nothing about the key.
    private static bool AreEqual(string given, string key) =>
        CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(given)), SHA256.HashData(Encoding.UTF8.GetBytes(key)));
}
