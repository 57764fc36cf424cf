using System.Diagnostics;
using System.Text.Json;

namespace AccountApplications.Tests.PublishedSdk;

/// <summary>Which runtime a build is for, asked of MSBuild itself.</summary>
public sealed class FunctionsRuntimeSwitchTests
{
    private const string Embedded = nameof(Embedded);
    private const string Azure = nameof(Azure);

    private static readonly (string Arguments, string? Environment, string Runtime)[] Ways =
    [
        ("", null, Embedded),
        ("-p:FunctionsRuntime=Azure", null, Azure),
        ("-p:Configuration=Release", Azure, Azure),
        ("-p:OutputPath=/somewhere/bin/output/", null, Azure), // func start
        ("-p:OutputPath=/somewhere/bin/publish", null, Azure), // func azure functionapp publish
        ("-p:OutputPath=/somewhere/bin/output.old/", null, Embedded),
        ("-p:_IsPublishing=true", null, Azure), // dotnet publish
        ("-p:OutputPath=/somewhere/bin/output/ -p:FunctionsRuntime=Embedded", null, Embedded),
        ("-p:OutputPath=/somewhere/bin/output/ -p:_IsPublishing=true", Embedded, Embedded),
    ];

    [Fact]
    public Task Build_StartedInAnyWay_IsForTheRuntimeThatItsCallerMeans() => Parallel.ForEachAsync(Ways, async (way, _) =>
    {
        var (exitCode, output) = await EvaluateAsync(way.Arguments, way.Environment);

        Assert.True(exitCode == 0, output);
        var properties = JsonDocument.Parse(output).RootElement.GetProperty("Properties");
        Assert.Equal(
            way with { Runtime = $"{way.Runtime} in {Path.Combine(RepositoryRoot(), "artifacts", way.Runtime.ToLowerInvariant())}" },
            way with { Runtime = $"{properties.GetProperty("FunctionsRuntime")} in {properties.GetProperty("ArtifactsPath")}" });
    });

    [Fact]
    public async Task Restore_OfAnUnknownRuntime_SaysWhichThereAre()
    {
        var (exitCode, output) = await EvaluateAsync("-t:Restore -p:FunctionsRuntime=Both", environment: null);

        Assert.NotEqual(0, exitCode);
        Assert.Contains("FunctionsRuntime is 'Both'; it must be Azure or Embedded.", output, StringComparison.Ordinal);
    }

    private static async Task<(int ExitCode, string Output)> EvaluateAsync(string arguments, string? environment)
    {
        var start = new ProcessStartInfo(
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
            $"msbuild AccountApplications.Functions -nologo -getProperty:FunctionsRuntime,ArtifactsPath {arguments}")
        {
            WorkingDirectory = RepositoryRoot(),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // What `dotnet test` sets for its own MSBuild leads another one astray, and its caller's choice is not the case's.
        string[] inherited = ["MSBUILD", "DOTNET_HOST_PATH", "DOTNET_CLI", "FUNCTIONSRUNTIME"];
        foreach (var name in start.Environment.Keys.ToList())
        {
            if (inherited.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))) start.Environment.Remove(name);
        }
        if (environment is not null) start.Environment["FunctionsRuntime"] = environment;

        using var process = Process.Start(start)!;
        var output = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, string.Concat(output));
    }

    private static string RepositoryRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "AccountApplications.sln"))) folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException($"{AppContext.BaseDirectory} is not inside the repository.");
    }
}
