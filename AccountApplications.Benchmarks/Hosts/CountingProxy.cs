using System.Collections.Concurrent;
using System.Text;
using AccountApplications.Tests.Fixtures;

namespace AccountApplications.Benchmarks;

/// <summary>Stands between one host and storage, and counts its requests.</summary>
internal sealed class CountingProxy : IAsyncDisposable
{
    private readonly ConcurrentDictionary<StorageRequest, int> _counts = new();
    private StorageProxy _proxy = null!;

    public string ConnectionString => _proxy.ConnectionString;

    /// <summary>Since the last <see cref="Reset"/>.</summary>
    public IReadOnlyDictionary<StorageRequest, int> Counts => _counts.ToDictionary();

    /// <param name="hub">The names of the host's tables begin so.</param>
    public static async Task<CountingProxy> StartAsync(string connectionString, string hub)
    {
        var counting = new CountingProxy();
        counting._proxy = await StorageProxy.StartAsync(connectionString, request =>
        {
            var kind = StorageRequest.Read((StorageService)request.Service, hub, request.Http.Request, Encoding.UTF8.GetString(request.Body));
            counting._counts.AddOrUpdate(kind, 1, (_, count) => count + 1);
            return request.SendAsync();
        });
        return counting;
    }

    public void Reset() => _counts.Clear();

    public ValueTask DisposeAsync() => _proxy.DisposeAsync();
}
