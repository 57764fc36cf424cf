using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using AccountApplications.EmbeddedHost.Local;
using AccountApplications.Tests.Fixtures;
using Azure.Data.Tables;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace AccountApplications.Tests.Embedded.Local;

public sealed class AzuriteTests : IDisposable
{
    private static readonly string Root = Azurite.FindRoot(AppContext.BaseDirectory);

    private readonly string _folder = Directory.CreateTempSubdirectory("azurite-tests-").FullName;

    private AzuriteOptions OnFolder => new() { Root = Root, Folder = _folder };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Azurite_Started_AnswersAtOnce()
    {
        await using var azurite = await Azurite.StartAsync(OnFolder);

        Assert.True(await Azurite.IsThereAsync(azurite.TableEndpoint));
        Assert.True(Azurite.IsDevelopmentStorage(azurite.ConnectionString, out var endpoint));
        Assert.Equal(azurite.TableEndpoint, endpoint);
    }

    [Fact]
    public async Task Azurite_WithAllServices_ServesTables()
    {
        await using var azurite = await Azurite.StartAsync(OnFolder with { AllServices = true });

        await WriteAsync(azurite.ConnectionString);

        Assert.Equal("Spock", await ReadAsync(azurite.ConnectionString));
    }

    [Fact]
    public void Azurite_ForDevelopmentStorage_ServesItsPortsFromTheRoot()
    {
        var options = AzuriteOptions.DevelopmentStorage(Root);

        var command = string.Join(' ', Azurite.CommandLine(options, options.Folder!));

        Assert.Contains("--blobPort 10000", command, StringComparison.Ordinal);
        Assert.Contains("--queuePort 10001", command, StringComparison.Ordinal);
        Assert.Contains("--tablePort 10002", command, StringComparison.Ordinal);
        Assert.Contains($"--location {Path.Combine(Root, ".azurite")} ", command, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Azurite_StoppedAndStartedAgain_HasItsData()
    {
        await using (var first = await Azurite.StartAsync(OnFolder))
        {
            await WriteAsync(first.ConnectionString);
            await first.StopAsync();
            Assert.True(first.Ended.IsCompletedSuccessfully);
            Assert.False(await Azurite.IsThereAsync(first.TableEndpoint));
        }

        await using var second = await Azurite.StartAsync(OnFolder);

        Assert.Equal("Spock", await ReadAsync(second.ConnectionString));
    }

    [Fact]
    public async Task Azurite_StoppedAndStartedAgainOnItsPort_ServesTheSameAddress()
    {
        await using var first = await Azurite.StartAsync(OnFolder);
        await WriteAsync(first.ConnectionString);
        await first.StopAsync();

        await using var second = await Azurite.StartAsync(OnFolder with { TablePort = first.TableEndpoint.Port });

        Assert.Equal("Spock", await ReadAsync(first.ConnectionString));
    }

    [Fact]
    public async Task Azurite_OwnerKilled_SavesAndEnds()
    {
        using var owner = StartOwner(OnFolder with { AllServices = true });
        await WriteAsync(await ConnectionStringAsync(owner, services: 3));

        owner.Kill();

        // Azurite has the last copy of this pipe.
        await owner.StandardError.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(20));
        await using var next = await Azurite.StartAsync(OnFolder);
        Assert.Equal("Spock", await ReadAsync(next.ConnectionString));
    }

    [Fact]
    public async Task Azurite_OwnerKilled_TakesItsTemporaryFolderAlong()
    {
        var folder = Path.Combine(_folder, "temporary");
        using var owner = StartOwner(new AzuriteOptions { Root = Root }, folder);
        await WriteAsync(await ConnectionStringAsync(owner, services: 1));
        Assert.True(Directory.Exists(folder));

        owner.Kill();

        await Eventually.Async(() => !Directory.Exists(folder));
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    [InlineData("HUP")]
    public async Task Azurite_SignalToTheWholeGroup_GoesOnServing(string signal)
    {
        await using var azurite = await Azurite.StartAsync(OnFolder);
        await WriteAsync(azurite.ConnectionString);

        using (var kill = Process.Start("kill", [$"-{signal}", azurite.ProcessId.ToString(CultureInfo.InvariantCulture)]))
            await kill.WaitForExitAsync();

        // Its answer comes from an event loop that has seen the signal.
        Assert.Equal("Spock", await ReadAsync(azurite.ConnectionString));
        Assert.Equal("Spock", await ReadAsync(azurite.ConnectionString));
        await azurite.StopAsync();
        Assert.True(azurite.Ended.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Azurite_OwnerKilledWhileAClientStaysConnected_EndsAllTheSame()
    {
        using var owner = StartOwner(OnFolder);
        var connectionString = await ConnectionStringAsync(owner, services: 1);
        Assert.True(Azurite.IsDevelopmentStorage(connectionString, out var endpoint));
        using var client = new TcpClient("127.0.0.1", endpoint.Port);
        await client.GetStream().WriteAsync("GET /devstoreaccount1 HTTP/1.1\r\n"u8.ToArray());

        owner.Kill();

        await owner.StandardError.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task Azurite_PortInUse_SaysSo()
    {
        await using var first = await Azurite.StartAsync(OnFolder);

        var failure = await Assert.ThrowsAsync<LocalToolException>(
            () => Azurite.StartAsync(new AzuriteOptions { Root = Root, TablePort = first.TableEndpoint.Port }));

        Assert.Contains("EADDRINUSE", failure.Message, StringComparison.Ordinal);
        Assert.Contains($"127.0.0.1:{first.TableEndpoint.Port}", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Azurite_StartCancelled_LeavesNothingBehind()
    {
        using var cancelled = new CancellationTokenSource();
        var starting = Azurite.StartAsync(OnFolder, cancelled.Token);

        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => starting);
        Assert.Empty(Directory.EnumerateFiles(_folder));
    }

    [Fact]
    public async Task Azurite_NoNode_SaysWhatToInstall()
    {
        var failure = await Assert.ThrowsAsync<LocalToolException>(
            () => Azurite.StartAsync(OnFolder with { Node = [Path.Combine(_folder, "no-such-program")] }));

        Assert.Contains("install Node.js 20 or newer", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Azurite_OldNode_SaysWhichIsNeeded()
    {
        var failure = await Assert.ThrowsAsync<LocalToolException>(
            () => Azurite.StartAsync(OnFolder with { Node = ["node", "-e", "console.log('v18.20.4')", "--"] }));

        Assert.Contains("Node.js 20 or newer, and this is 'v18.20.4'", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task IsThere_NobodyOrAnotherProgram_False()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        await using var other = builder.Build();
        other.Urls.Add("http://127.0.0.1:0");
        await other.StartAsync();
        var address = new Uri(other.Urls.Single());

        Assert.False(await Azurite.IsThereAsync(address));
        await other.StopAsync();
        Assert.False(await Azurite.IsThereAsync(address));
    }

    [Fact]
    public async Task IsThere_OneTooBusyToAnswer_True()
    {
        using var busy = new TcpListener(IPAddress.Loopback, 0);
        busy.Start();

        Assert.True(await Azurite.IsThereAsync(new Uri($"http://{busy.LocalEndpoint}/devstoreaccount1")));
    }

    [Theory]
    [InlineData("UseDevelopmentStorage=true", "http://127.0.0.1:10002/devstoreaccount1")]
    [InlineData(" usedevelopmentstorage = True ; ", "http://127.0.0.1:10002/devstoreaccount1")]
    [InlineData("UseDevelopmentStorage=true;DevelopmentStorageProxyUri=http://localhost/", "http://localhost:10002/devstoreaccount1")]
    [InlineData(
        "AccountName=devstoreaccount1;AccountKey=a==;TableEndpoint=http://localhost:4711/devstoreaccount1",
        "http://localhost:4711/devstoreaccount1")]
    public void ConnectionString_OfTheDevelopmentStorage_GivesItsTableEndpoint(string connectionString, string endpoint)
    {
        Assert.True(Azurite.IsDevelopmentStorage(connectionString, out var uri));
        Assert.Equal(endpoint, uri.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("UseDevelopmentStorage=false")]
    [InlineData("UseDevelopmentStorage=true;DevelopmentStorageProxyUri=http://azurite")]
    [InlineData("DefaultEndpointsProtocol=https;AccountName=bank;AccountKey=a==;EndpointSuffix=core.windows.net")]
    [InlineData("AccountName=devstoreaccount1;AccountKey=a==;EndpointSuffix=core.windows.net")]
    [InlineData("AccountName=devstoreaccount1;AccountKey=a==;TableEndpoint=http://azurite:10002/devstoreaccount1")]
    [InlineData("AccountName=bank;AccountKey=a==;TableEndpoint=http://127.0.0.1:10002/bank")]
    public void ConnectionString_OfAnotherStorage_IsNotDevelopmentStorage(string connectionString) =>
        Assert.False(Azurite.IsDevelopmentStorage(connectionString, out _));

    private static async Task WriteAsync(string connectionString)
    {
        var table = new TableClient(connectionString, "Crew");
        await table.CreateIfNotExistsAsync();
        await table.AddEntityAsync(new TableEntity("Enterprise", "1") { ["Name"] = "Spock" });
    }

    private static async Task<string> ReadAsync(string connectionString)
    {
        TableEntity entity = await new TableClient(connectionString, "Crew").GetEntityAsync<TableEntity>("Enterprise", "1");
        return entity.GetString("Name");
    }

    // A process in this one's place, for it to be killed: it holds Azurite's pipes as this one would.
    private static Process StartOwner(AzuriteOptions options, string? folder = null)
    {
        const string Owner = """
            const [program, ...rest] = process.argv.slice(1);
            const azurite = require('child_process').spawn(program, rest, { stdio: ['pipe', 'pipe', 'inherit'] });
            azurite.stdout.pipe(process.stdout);
            """;
        return Process.Start(new ProcessStartInfo("node", ["-e", Owner, "--", .. Azurite.CommandLine(options, folder ?? options.Folder!)])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
    }

    private static async Task<string> ConnectionStringAsync(Process owner, int services)
    {
        var ports = new List<string>();
        while (ports.Count < services && await owner.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.StartsWith("listening ", StringComparison.Ordinal))
                ports.Add(line["listening ".Length..]);
        }

        return Azurite.ConnectionStringFor(new Uri($"http://127.0.0.1:{ports[^1]}/devstoreaccount1"));
    }
}
