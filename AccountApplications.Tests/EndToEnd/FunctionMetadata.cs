using System.Text.Json;
using AccountApplications.Tests.Fixtures;

namespace AccountApplications.Tests.EndToEnd;

/// <summary>A function of the app, as its build announces it to hosts.</summary>
/// <param name="Methods">Of an HTTP function, lower case.</param>
/// <param name="Route">Of an HTTP function, without a slash before it; null for all others.</param>
internal sealed record FunctionMetadata(string Name, IReadOnlyList<string> Methods, string? Route, bool NeedsKey)
{
    public static IReadOnlyList<FunctionMetadata> All { get; } =
        [.. JsonSerializer.Deserialize<JsonElement>(File.ReadAllText(Path.Combine(TestHost.Folder, "functions.metadata"))).EnumerateArray().Select(Read)];

    public static IEnumerable<FunctionMetadata> Http => All.Where(function => function.Route is not null);

    private static FunctionMetadata Read(JsonElement function)
    {
        var trigger = function.GetProperty("bindings").EnumerateArray().Single(binding => binding.Text("type")!.EndsWith("Trigger", StringComparison.Ordinal));
        return trigger.Text("type") == "httpTrigger"
            ? new FunctionMetadata(
                function.Text("name")!, [.. trigger.GetProperty("methods").EnumerateArray().Select(method => method.GetString()!)], trigger.Text("route"),
                trigger.Text("authLevel") != "Anonymous")
            : new FunctionMetadata(function.Text("name")!, [], null, NeedsKey: false);
    }
}
