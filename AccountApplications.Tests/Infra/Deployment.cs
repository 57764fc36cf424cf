using System.Text.Json;

namespace AccountApplications.Tests.Infra;

/// <summary>What is deployed, as it is when nothing is set, and with all that can be switched on.</summary>
public sealed class Deployment : IAsyncLifetime
{
    private static readonly Lazy<Task<List<JsonElement>>> WithNothing = new(() => Bicep.DeployedAsync());

    private static readonly Lazy<Task<List<JsonElement>>> WithAll = new(() => Bicep.DeployedAsync(
        ("PRIVATE_NETWORK", "true"), ("REVIEWERS_CLIENT_ID", "5e1f0000-0000-4000-8000-000000000001"), ("ALERT_EMAIL", "on-duty@example.com")));

    public IReadOnlyList<JsonElement> Plain { get; private set; } = [];

    public IReadOnlyList<JsonElement> Full { get; private set; } = [];

    public IEnumerable<IReadOnlyList<JsonElement>> Both => [Plain, Full];

    public async Task InitializeAsync()
    {
        Plain = await WithNothing.Value;
        Full = await WithAll.Value;
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public static IEnumerable<JsonElement> All(IEnumerable<JsonElement> deployed, string type) =>
        deployed.Where(resource => resource.GetProperty("type").GetString() == type);

    /// <summary>A member of the only resource of its type.</summary>
    /// <param name="path">Below <c>properties</c>, with dots.</param>
    public static JsonElement Property(IEnumerable<JsonElement> deployed, string type, string path) =>
        path.Split('.').Aggregate(Assert.Single(All(deployed, type)).GetProperty("properties"), (json, name) => json.GetProperty(name));

    /// <summary>The function app's settings, by the names that the code knows them by.</summary>
    public static Dictionary<string, string?> Settings(IEnumerable<JsonElement> deployed) =>
        Property(deployed, "Microsoft.Web/sites", "siteConfig.appSettings").EnumerateArray().ToDictionary(
            setting => setting.GetProperty("name").GetString()!.Replace("__", ":", StringComparison.Ordinal),
            setting => setting.GetProperty("value").GetString());
}
