using System.Diagnostics;
using System.Reflection;
using System.Runtime.Loader;
using System.Text.Json;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using NSwag.CodeGeneration.CSharp;

namespace AccountApplications.Tests.EndToEnd;

/// <summary>The clients that common generators make of the API's document are complete: programs of their users do what people do with the API.</summary>
public sealed class ClientTests(AppFixture fixture) : IClassFixture<AppFixture>
{
    private const string UnknownState = "OF_A_LATER_RELEASE";

    private static readonly string Expected = JsonSerializer.Serialize(new
    {
        submitted = 202,
        read = "RUNNING",
        listed = true,
        reviewed = (string[])["APPROVED", "Seen."],
        conflict = "anonymous decided APPROVE: it is APPROVED.",
        refused = (string[])["name", "address"],
        unknown = (string[])[UnknownState, UnknownState],
    });

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private static string Folder { get; } = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "..", "Clients"));

    private static string Document { get; } = Path.GetFullPath(Path.Combine(Folder, "..", "..", "AccountApplications.Functions", "Api", "openapi.json"));

    [Fact]
    public async Task Client_GeneratedByNSwag_CompilesAndDoesAllThatItsUserWants()
    {
        var document = await NSwag.OpenApiDocument.FromFileAsync(Document);
        var client = new CSharpClientGenerator(document, new() { ClassName = "Client", CSharpGeneratorSettings = { Namespace = "Generated" } }).GenerateFile();
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Select(path => MetadataReference.CreateFromFile(path));
        using var assembly = new MemoryStream();

        var built = CSharpCompilation.Create(
                "Client", [CSharpSyntaxTree.ParseText(client), CSharpSyntaxTree.ParseText(await File.ReadAllTextAsync(Path.Combine(Folder, "client.cs")))],
                references, new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary))
            .Emit(assembly);

        Assert.Empty(built.Diagnostics.Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error));
        assembly.Position = 0;
        var driver = AssemblyLoadContext.Default.LoadFromStream(assembly).GetType("Driver")!.GetMethod("RunAsync", BindingFlags.Public | BindingFlags.Static)!;
        Assert.Equal(Expected, await ((Task<string>)driver.Invoke(null, [fixture.App.Http.BaseAddress, UnknownState])!).WaitAsync(Limit));
    }

    [Fact]
    public async Task Client_GeneratedByOpenApiTypeScript_CompilesAndDoesAllThatItsUserWants()
    {
        var npx = (string[])["exec", "--no", "--"];
        var work = Path.Combine(Folder, "obj");
        if (!File.Exists(Path.Combine(Folder, "node_modules", "typescript", "package.json")))
            await RunAsync("npm", ["ci", "--no-audit", "--no-fund"]);
        Directory.CreateDirectory(work);
        File.Copy(Path.Combine(Folder, "client.ts"), Path.Combine(work, "client.ts"), overwrite: true);

        await RunAsync("npm", [.. npx, "openapi-typescript", Document, "-o", Path.Combine(work, "api.d.ts")]);
        await RunAsync("npm",
        [
            .. npx, "tsc", "--strict", "--noUncheckedIndexedAccess", "--target", "es2022", "--module", "nodenext", "--skipLibCheck", Path.Combine(work, "client.ts"),
        ]);
        Assert.Equal(Expected, (await RunAsync("node", [Path.Combine(work, "client.js"), $"{fixture.App.Http.BaseAddress}", UnknownState])).Trim());
    }

    private static async Task<string> RunAsync(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(OperatingSystem.IsWindows() && program == "npm" ? "npm.cmd" : program, arguments) { WorkingDirectory = Folder, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        try
        {
            await process.WaitForExitAsync().WaitAsync(Limit);
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }

        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}\n{await output}\n{await errors}");
        return await output;
    }
}
