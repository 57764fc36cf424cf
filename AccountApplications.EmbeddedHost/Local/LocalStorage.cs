using AccountApplications.EmbeddedHost.Engine;
using Azure;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace AccountApplications.EmbeddedHost.Local;

/// <summary>Before anything else starts, storage must answer: where it is to be the development storage and is not there, runs Azurite.</summary>
internal sealed class LocalStorage(IConfiguration configuration, IInstanceStore store) : IHostedService, IAsyncDisposable
{
    /// <summary>Where Azurite keeps its data; <c>.azurite</c> beside package.json if it is not set.</summary>
    public const string FolderSetting = "EmbeddedHost:AzuriteFolder";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private Azurite? _azurite;

    /// <exception cref="HostStartException">Storage does not answer.</exception>
    /// <exception cref="LocalToolException">Azurite cannot be run.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (configuration[StorageConnection.Setting] is { } connection && Azurite.IsDevelopmentStorage(connection, out var tables)
            && !await Azurite.IsThereAsync(tables, cancellationToken))
        {
            _azurite = await Azurite.StartAsync(Options(tables), cancellationToken);
        }

        try
        {
            // Any question will do: asked for an instance, the store makes sure of its table.
            await store.FindAsync("-", cancellationToken).WaitAsync(Patience, cancellationToken);
        }
        catch (Exception e) when (e is InstanceStoreUnavailableException or TimeoutException)
        {
            var what = e is TimeoutException ? $"Storage does not answer within {Patience.TotalSeconds} s." : e.Message;
            throw new HostStartException($"{what} Check {StorageConnection.Setting}, and that the account can be reached.", e);
        }
        catch (RequestFailedException e)
        {
            throw new HostStartException($"Storage answers {e.Status} {e.ErrorCode}. Check {StorageConnection.Setting}, its key or the identity's roles.", e);
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_azurite is not null) await _azurite.StopAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_azurite is not null) await _azurite.DisposeAsync();
    }

    /// <summary>The data of the development storage stays in one place, whatever its port.</summary>
    private AzuriteOptions Options(Uri tables)
    {
        var options = AzuriteOptions.DevelopmentStorage(Azurite.FindRoot(AppContext.BaseDirectory));
        return options with { TablePort = tables.Port, Folder = configuration[FolderSetting] ?? options.Folder };
    }
}
