using AccountApplications.LocalHost;

namespace AccountApplications.Benchmarks;

/// <summary>An Azurite on free ports, in a folder of its own, and what it uses.</summary>
internal sealed class MeteredAzurite : IAsyncDisposable
{
    private readonly Azurite _azurite;
    private readonly IReadOnlyList<int> _processes;

    private MeteredAzurite(Azurite azurite, IReadOnlyList<int> processes) => (_azurite, _processes) = (azurite, processes);

    public string ConnectionString => _azurite.ConnectionString;

    /// <summary>What its processes have used so far; null where systems do not tell which these are.</summary>
    public TimeSpan? Cpu => _processes.Count == 0 ? null
        : TimeSpan.FromTicks(_processes.Sum(id => Process.GetProcessById(id).TotalProcessorTime.Ticks));

    /// <param name="isInMemory">The file that it otherwise writes every few seconds has all of its rows: many would leave it no time for anything else.</param>
    public static async Task<MeteredAzurite> StartAsync(bool isInMemory = false)
    {
        var before = Descendants();
        var root = Azurite.FindRoot(AppContext.BaseDirectory) ?? throw new InvalidOperationException("No package.json names Azurite.");
        var azurite = await Azurite.StartAsync(root, isInMemory ? "" : null, 0, Console.WriteLine);
        return new MeteredAzurite(azurite, [.. Descendants().Except(before)]);
    }

    public ValueTask DisposeAsync() => _azurite.DisposeAsync();

    private static List<int> Descendants()
    {
        if (!OperatingSystem.IsLinux())
            return [];
        var children = Process.GetProcesses().Select(process => process.Id).ToLookup(ParentOf);
        List<int> found = [.. children[Environment.ProcessId]];
        for (var i = 0; i < found.Count; i++)
            found.AddRange(children[found[i]]);
        return found;
    }

    private static int ParentOf(int process)
    {
        try
        {
            // id (name) state parent …; the name may have spaces.
            return int.Parse(File.ReadAllText($"/proc/{process}/stat").Split(')')[^1].Split(' ')[2], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
