using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using AccountApplications.EmbeddedHost.Local;
using AccountApplications.Tests.Fixtures;

namespace AccountApplications.Tests.Embedded.Local;

public sealed class AzuriteInstallationTests : IDisposable
{
    // What npm leaves, as far as it matters here, and a line for each time that it ran.
    private const string Install = """
        const fs = require('fs');
        fs.appendFileSync('calls', process.argv.slice(1).join(' ') + '\n');
        fs.mkdirSync('node_modules/azurite', { recursive: true });
        fs.writeFileSync('node_modules/azurite/package.json', '{ "version": "1.2.3" }');
        fs.writeFileSync('node_modules/.package-lock.json', '{}');
        """;

    private readonly string _root = Directory.CreateTempSubdirectory("azurite-install-").FullName;
    private readonly ConcurrentQueue<string> _said = [];

    public AzuriteInstallationTests()
    {
        Write("package.json", """{ "devDependencies": { "azurite": "1.2.3" } }""");
        Write("package-lock.json", "{}");
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task Installation_Missing_RunsNpmOnceAndSaysSo()
    {
        await Azurite.EnsureInstalledAsync(WithNpm(Install));
        await Azurite.EnsureInstalledAsync(WithNpm(Install));

        Assert.Equal("ci --include=dev --no-audit --no-fund\n", Read("calls"));
        Assert.Collection(
            _said,
            line => Assert.Equal("Installing Azurite 1.2.3 from npm, once…", line),
            line => Assert.StartsWith("Azurite 1.2.3 is installed (", line, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("node_modules/azurite/package.json", """{ "version": "1.2.2" }""")]
    [InlineData("node_modules/.package-lock.json", null)]
    public async Task Installation_OfAnotherVersionOrBrokenOff_IsDoneAgain(string file, string? content)
    {
        await Azurite.EnsureInstalledAsync(WithNpm(Install));
        if (content is null)
            File.Delete(Path.Combine(_root, file));
        else
            Write(file, content);

        await Azurite.EnsureInstalledAsync(WithNpm(Install));

        Assert.Equal(2, Read("calls").Count(c => c == '\n'));
    }

    [Fact]
    public async Task Installation_NoLockFile_InstallsWithoutOne()
    {
        File.Delete(Path.Combine(_root, "package-lock.json"));

        await Azurite.EnsureInstalledAsync(WithNpm(Install));

        Assert.StartsWith("install ", Read("calls"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Installation_TwoStartsAtOnce_RunsNpmOnce()
    {
        var slow = $$"""const wait = setInterval(() => { if (require('fs').existsSync('go')) { clearInterval(wait); {{Install}} } }, 5);""";
        var both = Task.WhenAll(Azurite.EnsureInstalledAsync(WithNpm(slow)), Azurite.EnsureInstalledAsync(WithNpm(slow)));
        await Eventually.Async(() => _said.Contains("Waiting for another start, which is installing Azurite…"));

        Write("go", "");
        await both;

        Assert.Single(Read("calls"), c => c == '\n');
    }

    [Fact]
    public async Task Installation_NpmFails_SaysWhyInOneLine()
    {
        var npm = WithNpm("console.error('npm warn old\\nnpm error code E404\\nnpm error 404 Not Found'); process.exit(1);");

        var failure = await Assert.ThrowsAsync<LocalToolException>(() => Azurite.EnsureInstalledAsync(npm));

        Assert.Equal(
            "Azurite could not be installed: npm ci failed with 1: npm error code E404; npm error 404 Not Found", failure.Message);
    }

    [Fact]
    public async Task Installation_NoNpm_SaysWhatToInstall()
    {
        var failure = await Assert.ThrowsAsync<LocalToolException>(
            () => Azurite.EnsureInstalledAsync(WithNpm("") with { Npm = [Path.Combine(_root, "no-such-npm")] }));

        Assert.Contains("no-such-npm' cannot be started: install Node.js", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Installation_Cancelled_EndsNpm()
    {
        using var cancelled = new CancellationTokenSource();
        var installing = Azurite.EnsureInstalledAsync(
            WithNpm("require('fs').writeFileSync('pid', '' + process.pid); setInterval(() => {}, 1000);"), cancelled.Token);
        var pid = await Eventually.Async(
            () => Task.FromResult(int.Parse(Read("pid"), CultureInfo.InvariantCulture)), until: id => id > 0);

        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => installing);
        await Eventually.Async(() => Process.GetProcesses().All(process => process.Id != pid));
    }

    [Fact]
    public void Root_FolderBelowIt_IsFoundUpward()
    {
        var below = Directory.CreateDirectory(Path.Combine(_root, "artifacts", "embedded", "bin")).FullName;
        Write("artifacts/package.json", """{ "name": "another" }""");

        Assert.Equal(_root, Azurite.FindRoot(below));
    }

    [Fact]
    public void Root_OutsideTheRepository_SaysWhatToDo()
    {
        Write("package.json", """{ "devDependencies": {} }""");

        var failure = Assert.Throws<LocalToolException>(() => Azurite.FindRoot(_root));

        Assert.Contains("set AzureWebJobsStorage", failure.Message, StringComparison.Ordinal);
    }

    private AzuriteOptions WithNpm(string script) => new() { Root = _root, Say = _said.Enqueue, Npm = ["node", "-e", script, "--"] };

    private void Write(string file, string content) => File.WriteAllText(Path.Combine(_root, file), content);

    private string Read(string file) => File.ReadAllText(Path.Combine(_root, file));
}
