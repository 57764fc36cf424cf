using System.Text;
using AccountApplications.Functions.Applications;
using AccountApplications.Functions.Storage;
using Azure.Core;
using Azure.Data.Tables;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace AccountApplications.Tests.Fixtures;

/// <summary>The app's own parts on a real Azurite, in tables that no other test has, with workflows that do nothing.</summary>
public sealed class TestApp
{
    private TestApp(string connectionString, TimeProvider time)
    {
        var options = StorageOptions.ClientOptions();
        options.AddPolicy(Probe, HttpPipelinePosition.PerCall);
        Time = time;
        Tables = new Tables(new TableServiceClient(connectionString, options), $"T{Guid.NewGuid():N}");
        Index = new ApplicationIndex(Tables, new FakeLog<ApplicationIndex>());
        var related = new RelatedApplications(Tables);
        Store = new ApplicationStore(Tables, Index, related, new EventQueue(null), time, Log);
        Eraser = new ApplicationEraser(Tables, Index, related, time, new FakeLog<ApplicationEraser>());
        Queue = new ReviewQueue(Index, Store, Rules, time);
        Claims = new SubmissionClaims(Tables, time);
    }

    public TimeProvider Time { get; }

    public StorageProbe Probe { get; } = new();

    public Tables Tables { get; }

    public ApplicationIndex Index { get; }

    public ApplicationStore Store { get; }

    public ApplicationEraser Eraser { get; }

    public IOptions<ReviewOptions> Rules { get; } = Options.Create(new ReviewOptions());

    public ReviewQueue Queue { get; }

    public SubmissionClaims Claims { get; }

    public FakeWorkflows Workflows { get; } = new();

    public FakeLog<ApplicationStore> Log { get; } = new();

    public DurableTaskClient Client => Workflows.Client;

    public static async Task<TestApp> StartAsync(AzuriteFixture azurite, TimeProvider? time = null)
    {
        var app = new TestApp(azurite.ConnectionString, time ?? TimeProvider.System);
        await app.Tables.Applications.GetAsync(CancellationToken.None);
        await app.Tables.Index.GetAsync(CancellationToken.None);
        await app.Tables.Related.GetAsync(CancellationToken.None);
        await app.Tables.Claims.GetAsync(CancellationToken.None);
        app.Probe.Reset();
        return app;
    }

    /// <summary>An application that has been submitted, but is not recorded.</summary>
    public AccountApplication NewApplication(string name = "Spock", string address = "123 Enterprise Street", DateTime? at = null) =>
        AccountApplication.Submitted(AccountApplicationId.New(), name, address, at ?? Time.GetUtcNow().UtcDateTime);

    /// <summary>Erases an application as its erasure does, its workflow apart.</summary>
    public async Task EraseAsync(string id, string by = "ada")
    {
        var tombstone = (await Eraser.EraseAsync(id, by))!;
        await Eraser.DeleteRowsAsync(tombstone);
        await Eraser.FinishAsync(tombstone);
    }

    /// <summary>The ids in the application's partition of related ones, its own included.</summary>
    public async Task<IReadOnlyList<string>> RelatedAsync(AccountApplication application)
    {
        var stranger = application with { Id = "" };
        List<string> related = [];
        await foreach (var ids in new RelatedApplications(Tables).ReadAsync(stranger, 100, CancellationToken.None))
            related.AddRange(ids);
        return related;
    }

    /// <summary>All that the record's partition has, as text.</summary>
    public async Task<string> DumpAsync(string id)
    {
        var table = await Tables.Applications.GetAsync(CancellationToken.None);
        var text = new StringBuilder();
        await foreach (var row in table.QueryAsync<TableEntity>(TableClient.CreateQueryFilter($"PartitionKey eq {id}")))
            text.AppendJoin('\n', row.Select(column => $"{column.Key}: {column.Value}")).AppendLine();
        return text.ToString();
    }

    /// <summary>The states whose lists have the application.</summary>
    public async Task<IReadOnlyList<ApplicationState>> ListsWithAsync(AccountApplication application)
    {
        var table = await Tables.Index.GetAsync(CancellationToken.None);
        List<ApplicationState> lists = [];
        // All lists in one request, where reading one after the other takes 16 for each.
        await foreach (var row in table.QueryAsync<TableEntity>(TableClient.CreateQueryFilter($"RowKey eq {ApplicationIndex.KeyOf(application)}")))
        {
            var listed = StoredJson.Read<AccountApplication>(row);
            Assert.Equal((application.Id, $"{listed.State.ToWireName()}_{application.Id[^1]}"), (listed.Id, row.PartitionKey));
            lists.Add(listed.State);
        }

        lists.Sort();
        return lists;
    }
}

/// <summary>Keeps what is logged.</summary>
public sealed class FakeLog<T> : ILogger<T>
{
    private readonly List<(LogLevel Level, string Text)> _lines = [];

    public IReadOnlyList<(LogLevel Level, string Text)> Lines
    {
        get
        {
            lock (_lines)
                return [.. _lines];
        }
    }

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (_lines)
            _lines.Add((logLevel, $"{formatter(state, exception)}{exception}"));
    }
}
