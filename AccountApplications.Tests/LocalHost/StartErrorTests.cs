using System.Net;
using System.Net.Sockets;
using AccountApplications.LocalHost;
using AccountApplications.Tests.Fixtures;

namespace AccountApplications.Tests.LocalHost;

/// <summary>A host that cannot start says why in one line, and ends with an exit code that says so too.</summary>
public sealed class StartErrorTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private const string Http = """{"name":"request","type":"httpTrigger","direction":"In","authLevel":"Anonymous","methods":["get"],"route":"odd"}""";

    [Theory]
    [InlineData("SAMPLE_START", "exits", "The worker ended before it was ready: exit code 3")]
    [InlineData("SAMPLE_START", "hangs", "The worker did not come up within 4 s.")]
    [InlineData("SAMPLE_START", "plain", "ASP.NET Core integration only")]
    [InlineData("SAMPLE_BINDINGS", """{"name":"item","type":"queueTrigger","direction":"In"}""", "Function Odd: the binding 'queueTrigger' does not run here")]
    [InlineData("SAMPLE_BINDINGS", Http + "\n" + """{"name":"$return","type":"queue","direction":"Out"}""", "Function Odd: the binding 'queue' does not run here")]
    [InlineData("SAMPLE_BINDINGS", """{"name":"$return","type":"http","direction":"Out"}""", "Function Odd has no trigger.")]
    [InlineData("SAMPLE_BINDINGS", """{"name":"request","type":"httpTrigger","direction":"In","route":"{a}/{a"}""", "Function Odd: the route 'api/{a}/{a' cannot be read")]
    [InlineData("SAMPLE_BINDINGS", Http + "\n" + """{"name":"client","type":"durableClient","direction":"In","taskHub":"%Missing%"}""", "'Odd' '%Missing%' does not resolve")]
    [InlineData("TickSchedule", "whenever", "Function Tick: the schedule 'whenever' is neither an NCRONTAB expression nor an interval.")]
    [InlineData("FUNCTIONS_WORKER_RUNTIME", "node", "FUNCTIONS_WORKER_RUNTIME is 'node'")]
    [InlineData("AzureWebJobsStorage", "AccountName=nonsense", "AzureWebJobsStorage is no connection string")]
    [InlineData("AzureFunctionsJobHost__extensions__durableTask__hubName", "a", "The durable extension does not start: ")]
    [InlineData("LocalHost__RequireKeys", "perhaps", "LocalHost__RequireKeys is 'perhaps'; it must be true or false.")]
    public async Task Setting_ThatCannotBe_IsNamed(string name, string value, string error)
    {
        await using var host = SampleHost.Start(azurite.ConnectionString, TestHost.NewHub(), folder: null, port: 0, ("LocalHost__StartLimit", value == "hangs" ? "4" : "60"), (name, value));

        await AssertEndedAsync(host, error);
        Assert.Equal(value == "exits", host.Errors.Contains("These are its last words."));
    }

    [Theory]
    [InlineData("host.json", "{", "host.json is not valid JSON")]
    [InlineData("host.json", "[]", "host.json is not valid JSON")]
    [InlineData("local.settings.json", "{ 'Values': {} }", "local.settings.json is not valid JSON")]
    [InlineData("local.settings.json", """{"IsEncrypted":true}""", "local.settings.json is encrypted")]
    [InlineData("local.settings.json", """{"Host":{"LocalHttpPort":"many"}}""", "The port is 'many'")]
    [InlineData("local.settings.json", """{"Host":{"CORS":"*","CORSCredentials":true}}""", "Host.CORS of local.settings.json is *")]
    [InlineData("worker.config.json", "{}", "names no assembly that is there")]
    public async Task File_ThatCannotBeRead_IsNamed(string file, string content, string error)
    {
        var folder = SampleHost.Copy();
        await File.WriteAllTextAsync(Path.Combine(folder, file), content);
        await using var host = TestHost.Start(["--app", folder], [("AzureWebJobsStorage", azurite.ConnectionString), ("TickSchedule", "1.00:00:00")]);

        await AssertEndedAsync(host, error);
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData("--help", "the options are --port NUMBER and --app FOLDER.")]
    [InlineData("--app=/", "--app takes the folder that an isolated app was built into")]
    [InlineData("--port=65536", "The port is '65536'")]
    public async Task Option_ThatCannotBe_IsExplained(string option, string error)
    {
        await using var host = TestHost.Start([option], []);

        await AssertEndedAsync(host, error);
    }

    [Fact]
    public async Task Port_ThatIsTaken_IsNamed()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        await using var host = SampleHost.Start(azurite.ConnectionString, TestHost.NewHub(), folder: null, port);

        await AssertEndedAsync(host, $"Port {port} cannot be listened on");
    }

    [Fact]
    public async Task Storage_ThatKeepsSilent_IsNamed()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var port = ((IPEndPoint)silent.LocalEndpoint).Port;
        await using var host = SampleHost.Start(
            Azurite.ConnectionStringFor(port, port, port).Replace(Azurite.Account, "another", StringComparison.Ordinal), TestHost.NewHub(), folder: null, port: 0, ("LocalHost__StorageLimit", "0.5"));

        await AssertEndedAsync(host, $"Storage does not answer at http://127.0.0.1:{port} within 0.5 s. Check AzureWebJobsStorage.");
    }

    [Theory]
    [InlineData(false, "Node.js is missing")]
    [InlineData(true, "npm is missing")]
    public async Task Tool_ThatIsMissing_IsNamed(bool hasNode, string error)
    {
        // The host in a folder of its own, whose package.json names an Azurite that is not installed; and a PATH with Node.js at most.
        var root = Directory.CreateTempSubdirectory("no-tools-").FullName;
        await File.WriteAllTextAsync(Path.Combine(root, "package.json"), """{"devDependencies":{"azurite":"3.35.0"}}""");
        foreach (var file in Directory.EnumerateFiles(TestHost.Folder))
            File.Copy(file, Path.Combine(root, Path.GetFileName(file)));
        if (hasNode)
            File.CreateSymbolicLink(Path.Combine(root, "node"), (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
                .Select(folder => Path.Combine(folder, "node")).First(File.Exists));
        var port = TestHost.FreePorts(3);
        await using var host = TestHost.Start(
            ["--port=0"], [("AzureWebJobsStorage", Azurite.ConnectionStringFor(port, port + 1, port + 2)), ("PATH", root)], root);

        await AssertEndedAsync(host, error);
        Directory.Delete(root, recursive: true);
    }

    private static async Task AssertEndedAsync(TestHost host, string error)
    {
        Assert.NotEqual(0, await host.ExitAsync());
        await Eventually.Async(() => host.Errors.Any(line => line.Contains(error, StringComparison.Ordinal)));
        Assert.DoesNotContain(host.Errors.Concat(host.Log), line => line.Contains("   at ", StringComparison.Ordinal));
    }
}
