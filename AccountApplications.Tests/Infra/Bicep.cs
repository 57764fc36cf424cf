using System.Diagnostics;
using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace AccountApplications.Tests.Infra;

/// <summary>The Bicep CLI on what is in <c>infra</c>, without Azure.</summary>
internal static partial class Bicep
{
    private const string Nobody = "00000000-0000-0000-0000-000000000000";

    private static readonly string Cli = typeof(Bicep).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .FirstOrDefault(metadata => metadata.Key == "BicepPath")?.Value ?? "bicep";

    public static string Root { get; } = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "..", ".."));

    public static string Infra { get; } = Path.Combine(Root, "infra");

    /// <returns>Whether it succeeded, and all that it wrote but its result.</returns>
    public static async Task<(bool Succeeded, string Findings)> RunAsync(string[] arguments, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(Cli, arguments) { WorkingDirectory = Infra, RedirectStandardOutput = true, RedirectStandardError = true };
        // What this shell has from azd must not get in.
        foreach (Match read in VariableRead().Matches(await File.ReadAllTextAsync(Path.Combine(Infra, "main.bicepparam"))))
            start.Environment.Remove(read.Groups[1].Value);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var result = process.StandardOutput.ReadToEndAsync();
        var findings = await process.StandardError.ReadToEndAsync();
        var output = await result;
        await process.WaitForExitAsync();
        return (process.ExitCode == 0, arguments[0] == "snapshot" ? findings + output : findings.Trim());
    }

    public static Task<(bool Succeeded, string Findings)> SnapshotAsync(
        string mode, string folder, params (string Name, string Value)[] environment) => RunAsync(
            ["snapshot", Path.Combine(folder, "main.bicepparam"), "--mode", mode, "--subscription-id", Nobody, "--tenant-id", Nobody], environment);

    /// <summary>All that would be deployed with these values in azd's environment.</summary>
    public static async Task<List<JsonElement>> DeployedAsync(params (string Name, string Value)[] environment)
    {
        var folder = Directory.CreateTempSubdirectory("infra");
        try
        {
            foreach (var file in Directory.EnumerateFiles(Infra, "*", SearchOption.AllDirectories))
            {
                var copy = Path.Combine(folder.FullName, Path.GetRelativePath(Infra, file));
                Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
                File.Copy(file, copy);
            }
            var (succeeded, findings) = await SnapshotAsync("overwrite", folder.FullName, environment);
            Assert.True(succeeded, findings);
            var snapshot = await File.ReadAllTextAsync(Path.Combine(folder.FullName, "main.snapshot.json"));
            return [.. JsonSerializer.Deserialize<JsonElement>(snapshot).GetProperty("predictedResources").EnumerateArray()];
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [GeneratedRegex(@"readEnvironmentVariable\('(\w+)'")]
    private static partial Regex VariableRead();
}
