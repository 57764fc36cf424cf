using Azure.Data.Tables;

namespace AccountApplications.Functions.Storage;

/// <summary>The app's tables.</summary>
public sealed class Tables(TableServiceClient service, string prefix = "")
{
    public LazyTable Applications { get; } = new(service.GetTableClient($"{prefix}AccountApplications"));

    public LazyTable Index { get; } = new(service.GetTableClient($"{prefix}AccountApplicationsIndex"));

    public LazyTable Related { get; } = new(service.GetTableClient($"{prefix}AccountApplicationsRelated"));

    public LazyTable Claims { get; } = new(service.GetTableClient($"{prefix}SubmissionClaims"));

    public static Tables Connect(StorageOptions options)
    {
        Tables? tables = null;
        return tables = new Tables(options.CreateClient(() => tables?.Forget()), options.TablePrefix);
    }

    /// <summary>A table is missing: each is made sure of once more.</summary>
    private void Forget()
    {
        foreach (var table in (LazyTable[])[Applications, Index, Related, Claims])
            table.Forget();
    }
}

/// <summary>A table that is created, if it is missing, when it is first used; so the app starts while storage does not answer.</summary>
public sealed class LazyTable(TableClient table)
{
    private readonly Lock _creating = new();
    private Task<TableClient>? _created;

    public string Name => table.Name;

    public Task<TableClient> GetAsync(CancellationToken cancellationToken)
    {
        var created = Volatile.Read(ref _created);
        return created is { IsCompletedSuccessfully: true } ? created : CreateAsync(cancellationToken);
    }

    /// <summary>It may have been deleted: whoever asks next finds it, or creates it again.</summary>
    public void Forget()
    {
        lock (_creating)
            if (_created is { IsCompleted: true })
                _created = null;
    }

    // One creation for all who ask, so it must not end with the request of the first.
    private Task<TableClient> CreateAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_creating)
        {
            if (_created is null or { IsFaulted: true } or { IsCanceled: true })
                _created = CreateAsync();
            return _created.WaitAsync(cancellationToken);
        }
    }

    private async Task<TableClient> CreateAsync()
    {
        await table.CreateIfNotExistsAsync(CancellationToken.None);
        return table;
    }
}
