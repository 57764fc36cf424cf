using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.Configuration;

namespace AccountApplications.EmbeddedHost;

/// <summary>What the host is told by host.json, local.settings.json, environment variables and its command line, the later winning.</summary>
internal sealed partial class HostSettings
{
    /// <summary>As `func start` listens.</summary>
    public const int DefaultPort = 7071;

    private static readonly JsonDocumentOptions Lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    private HostSettings(JsonElement hostJson, IConfiguration configuration)
    {
        RoutePrefix = (Setting("extensions", "http", "routePrefix") ?? "api").Trim('/');
        TaskHub = Setting("extensions", "durableTask", "hubName") ?? "TestHubName";
        if (!HubName().IsMatch(TaskHub))
        {
            throw new HostStartException(
                $"host.json: extensions.durableTask.hubName is '{TaskHub}'; it must be 3 to 45 letters and digits, a letter first.");
        }

        try
        {
            RoutePatternFactory.Parse(RoutePrefix);
        }
        catch (RoutePatternException e)
        {
            throw new HostStartException($"host.json: extensions.http.routePrefix is '{RoutePrefix}': {e.Message}", e);
        }

        if (Find(hostJson, "logging", "logLevel") is { ValueKind: JsonValueKind.Object } levels)
            LogLevels = levels.EnumerateObject().ToDictionary(level => level.Name, level => level.Value.ToString());

        // An app setting wins over the file, as it does on the real host.
        string? Setting(params string[] path) =>
            configuration[$"AzureFunctionsJobHost:{string.Join(':', path)}"] ?? Find(hostJson, path)?.GetString();
    }

    public string RoutePrefix { get; }

    public string TaskHub { get; }

    /// <summary>By category, <c>default</c> for the rest.</summary>
    public IReadOnlyDictionary<string, string> LogLevels { get; } = new Dictionary<string, string>();

    /// <summary>Settings that are not there, or not known, do not matter; a file that is not JSON does.</summary>
    /// <exception cref="HostStartException">host.json is not JSON, or a value is not of its kind.</exception>
    public static HostSettings Read(string folder, IConfiguration configuration)
    {
        using var json = Parse(Path.Combine(folder, "host.json"));
        try
        {
            return new HostSettings(json?.RootElement ?? default, configuration);
        }
        catch (InvalidOperationException)
        {
            throw new HostStartException("host.json: routePrefix and hubName must be text.");
        }
        catch (ArgumentException e)
        {
            throw new HostStartException($"host.json: a level of logging.logLevel is there twice ({e.Message}).", e);
        }
    }

    /// <summary>The Values of local.settings.json, which the Core Tools turn into environment variables.</summary>
    /// <exception cref="HostStartException">The file is not JSON.</exception>
    public static void AddLocalSettings(IConfigurationBuilder configuration, string folder)
    {
        using var json = Parse(Path.Combine(folder, "local.settings.json"));
        if (json is null || Find(json.RootElement, "Values") is not { ValueKind: JsonValueKind.Object } values) return;

        // Of a setting that is there twice the last counts.
        configuration.AddInMemoryCollection(values.EnumerateObject()
            .GroupBy(value => value.Name.Replace("__", ":", StringComparison.Ordinal), StringComparer.OrdinalIgnoreCase)
            .Select(same => KeyValuePair.Create(same.Key, (string?)same.Last().Value.ToString())));
    }

    /// <summary>A setting that is true or false; false if it is not there.</summary>
    /// <exception cref="HostStartException">It is neither.</exception>
    public static bool Flag(IConfiguration configuration, string name) =>
        configuration[name] is not { Length: > 0 } text ? false
        : bool.TryParse(text, out var flag) ? flag
        : throw new HostStartException($"{name} is '{text}'; it must be true or false.");

    private static JsonDocument? Parse(string path)
    {
        if (!File.Exists(path)) return null;
        try
        {
            return JsonDocument.Parse(File.ReadAllText(path), Lenient);
        }
        catch (JsonException e)
        {
            throw new HostStartException($"{Path.GetFileName(path)} is not valid JSON: {e.Message}", e);
        }
    }

    private static JsonElement? Find(JsonElement json, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
        {
            if (json.ValueKind != JsonValueKind.Object || !json.TryGetProperty(name, out json)) return null;
        }

        return json;
    }

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9]{2,44}$")]
    private static partial Regex HubName();
}
