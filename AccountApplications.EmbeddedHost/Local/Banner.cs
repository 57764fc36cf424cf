namespace AccountApplications.EmbeddedHost.Local;

/// <summary>A function with an HTTP trigger; no methods means any, and the route has no leading slash.</summary>
internal sealed record HttpFunctionLine(string Name, IReadOnlyList<string> Methods, string Route);

/// <summary>A function with any other trigger, say <c>activityTrigger</c>.</summary>
internal sealed record TriggeredFunctionLine(string Name, string Trigger);

/// <summary>What the console shows when the host is ready: the functions, as the Core Tools list them, and what to try first.</summary>
internal static class Banner
{
    private const string Spock = """{"name":"Spock","address":"123 Enterprise Street"}""";

    public static void Write(
        TextWriter console, Uri baseAddress, IReadOnlyList<HttpFunctionLine> httpFunctions, IReadOnlyList<TriggeredFunctionLine> others)
    {
        string Url(HttpFunctionLine function) => $"{baseAddress.GetLeftPart(UriPartial.Authority)}/{function.Route}";

        console.WriteLine();
        console.WriteLine("Functions:");
        console.WriteLine();
        foreach (var function in httpFunctions)
        {
            var methods = function.Methods.Count == 0 ? "" : $"[{string.Join(',', function.Methods).ToUpperInvariant()}] ";
            console.WriteLine($"\t{function.Name}: {methods}{Url(function)}");
            console.WriteLine();
        }

        foreach (var function in others)
        {
            console.WriteLine($"\t{function.Name}: {function.Trigger}");
            console.WriteLine();
        }

        if (httpFunctions.FirstOrDefault(function => function.Name == "SubmitApplication") is { } submit)
            console.WriteLine($"Try: curl -i -H 'Content-Type: application/json' -d '{Spock}' {Url(submit)}");
    }
}
