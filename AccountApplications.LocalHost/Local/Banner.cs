namespace AccountApplications.LocalHost;

/// <summary>What the console shows when all is ready: the functions, as the Core Tools list them, and what to try first.</summary>
internal static class Banner
{
    private const string Submission = """ -H 'Content-Type: application/json' -d '{"name":"Spock","address":"123 Enterprise Street"}'""";

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
            var submit = functions.FirstOrDefault(function => function.Name == "SubmitApplication");
            Console.WriteLine($"Try: curl -i{(submit is null ? "" : Submission)} {host}/{routes.PathOf(submit ?? first)}\n");
        }
    }
}
