using System.Diagnostics;
using System.Runtime.Loader;
using System.Text.Json;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using NJsonSchema.CodeGeneration.CSharp;
using NSwag.CodeGeneration.CSharp;

namespace AccountApplications.Tests.EndToEnd;

/// <summary>The clients that common generators make of the API's document are complete: programs of their users do what people do with the API.</summary>
public sealed class ClientTests(AppFixture fixture) : IClassFixture<AppFixture>
{
    private const string UnknownState = "OF_A_LATER_RELEASE";

    private static readonly string Expected = JsonSerializer.Serialize(new
    {
        submitted = "Gabe",
        read = "RUNNING",
        listed = true,
        reviewed = (string[])["APPROVED", "Seen."],
        conflict = (object[])[409, "anonymous decided APPROVE: it is APPROVED."],
        refused = (object[])[400, "name", "address"],
        unknown = (string[])[UnknownState, UnknownState],
    });

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    // What npm has installed, and nothing that it would fetch now.
    private static readonly string[] Installed = ["exec", "--no", "--"];

    private static string Folder { get; } = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "..", "Clients"));

    private static string Document { get; } = Path.GetFullPath(Path.Combine(Folder, "..", "..", "AccountApplications.Functions", "Api", "openapi.json"));

    [Theory]
    [InlineData(CSharpJsonLibrary.NewtonsoftJson)]
    [InlineData(CSharpJsonLibrary.SystemTextJson)]
    public async Task Client_GeneratedByNSwag_CompilesAndDoesAllThatItsUserWants(CSharpJsonLibrary library)
    {
        var document = await NSwag.OpenApiDocument.FromFileAsync(Document);
        var settings = new CSharpClientGeneratorSettings { ClassName = "Client", CSharpGeneratorSettings = { Namespace = "Generated", JsonLibrary = library } };
        var client = new CSharpClientGenerator(document, settings).GenerateFile();
        var user = await File.ReadAllTextAsync(Path.Combine(Folder, "client.cs"));
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator);
        using var assembly = new MemoryStream();

        var built = CSharpCompilation.Create(
                $"Client.{library}",
                [CSharpSyntaxTree.ParseText(client), CSharpSyntaxTree.ParseText(user)],
                references.Select(path => MetadataReference.CreateFromFile(path)),
                new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary))
            .Emit(assembly);

        Assert.Empty(built.Diagnostics.Where(diagnostic => diagnostic.Severity >= DiagnosticSeverity.Warning));
        assembly.Position = 0;
        var driver = AssemblyLoadContext.Default.LoadFromStream(assembly).GetType("Driver")!.GetMethod("RunAsync")!;
        Assert.Equal(Expected, await ((Task<string>)driver.Invoke(null, [fixture.App.Http.BaseAddress, UnknownState])!).WaitAsync(Limit));
    }

    [Fact]
    public async Task Client_GeneratedByOpenApiTypeScript_CompilesAndDoesAllThatItsUserWants()
    {
        await InstallAsync();

        await RunAsync("npm", [.. Installed, "openapi-typescript", Document, "-o", "obj/api.d.ts"]);
        await RunAsync("npm", [.. Installed, "tsc"]);
        Assert.Equal(Expected, (await RunAsync("node", ["obj/client.js", $"{fixture.App.Http.BaseAddress}", UnknownState])).Trim());
    }

    [Fact]
    public async Task Document_LintedByRedocly_HasNoFinding()
    {
        await InstallAsync();

        Assert.Equal("", await RunAsync("node", ["lint.mjs", Document]));
    }

    /// <summary>Once, and again when other versions are pinned: npm writes its own lock when it is done.</summary>
    private static async Task InstallAsync()
    {
        var done = new FileInfo(Path.Combine(Folder, "node_modules", ".package-lock.json"));
        if (!done.Exists || done.LastWriteTimeUtc < File.GetLastWriteTimeUtc(Path.Combine(Folder, "package-lock.json")))
            await RunAsync("npm", ["ci", "--include=dev", "--no-audit", "--no-fund"]);
    }

    private static async Task<string> RunAsync(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(OperatingSystem.IsWindows() && program == "npm" ? "npm.cmd" : program, arguments)
        {
            WorkingDirectory = Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
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
