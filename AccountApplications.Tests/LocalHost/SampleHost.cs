using AccountApplications.Tests.Fixtures;

namespace AccountApplications.Tests.LocalHost;

/// <summary>The small app on the local host, as a child process of it.</summary>
internal static class SampleHost
{
    public static string Folder { get; } = TestHost.FolderOf(Path.Combine("AccountApplications.Tests", "SampleApp"));

    /// <summary>Starts it, and does not wait.</summary>
    public static TestHost Start(string storage, string hub, string? folder = null, int port = 0, params (string Name, string Value)[] environment) => TestHost.Start(
        ["--app", folder ?? Folder, $"--port={port}"],
        [
            ("AzureWebJobsStorage", storage), ("AzureFunctionsJobHost__extensions__durableTask__hubName", hub), ("TickSchedule", "0 0 0 1 1 *"), .. environment,
        ]);

    /// <summary>Starts it, and waits until it is ready.</summary>
    public static async Task<TestHost> StartedAsync(string storage, string hub, string? folder = null, params (string Name, string Value)[] environment)
    {
        var host = Start(storage, hub, folder, 0, environment);
        await host.ReadyAsync();
        return host;
    }

    /// <summary>A copy of the app's folder, to be changed; the test removes it.</summary>
    public static string Copy()
    {
        var copy = Directory.CreateTempSubdirectory("sample-app-").FullName;
        foreach (var file in Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories))
        {
            var to = Path.Combine(copy, Path.GetRelativePath(Folder, file));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(file, to);
        }

        return copy;
    }

    public static async Task<string> TextAsync(this TestHost host, string path) => await host.Http.GetStringAsync(path);

    public static async Task<string> PostAsync(this TestHost host, string path)
    {
        var answer = await host.Http.PostAsync(path, null);
        return await answer.Content.ReadAsStringAsync();
    }
}

/// <summary>One host with the small app, for all tests that need nothing else.</summary>
public sealed class SampleFixture : IAsyncLifetime
{
    private readonly AzuriteFixture _azurite = new();

    public string Storage => _azurite.ConnectionString;

    internal TestHost Host { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        await _azurite.InitializeAsync();
        Host = await SampleHost.StartedAsync(Storage, TestHost.NewHub(), folder: null, ("AzureWebJobs.OfAdminLevel.Disabled", "true"));
    }

    public async Task DisposeAsync()
    {
        await Host.StopAsync();
        await Host.DisposeAsync();
    }
}
