namespace AccountApplications.LocalHost;

/// <summary>What the console shows when all is ready: the functions, as the Core Tools list them, and what to try first.</summary>
internal static class Banner
{
    private static readonly Dictionary<string, string> Bodies = new(StringComparer.OrdinalIgnoreCase)
    {
        ["SubmitApplication"] = """ -H 'Content-Type: application/json' -d '{"name":"Spock","address":"123 Enterprise Street"}'""",
    };

    public static void Write(Settings settings, FunctionRoutes routes, IReadOnlyList<Function> functions)
    {
        var host = $"http://localhost:{settings.Port}";
        var lines = functions.OrderByDescending(function => function.IsHttp).Select(function => $"\t{function.Name}: {(
            !function.IsHttp ? function.Trigger.Type
            : FunctionRoutes.MethodsOf(function) is { Count: > 0 } methods ? $"[{string.Join(',', methods)}] {host}/{routes.PathOf(function)}"
            : $"{host}/{routes.PathOf(function)}")}");
        Console.WriteLine($"\nFunctions:\n\n{string.Join("\n\n", lines)}\n");
        if (functions.FirstOrDefault(function => function.IsHttp && !routes.PathOf(function).Contains('{', StringComparison.Ordinal)) is { } first)
        {
            var example = functions.FirstOrDefault(function => Bodies.ContainsKey(function.Name)) ?? first;
            Console.WriteLine($"Try: curl -i{Bodies.GetValueOrDefault(example.Name)} {host}/{routes.PathOf(example)}\n");
        }
    }
}
