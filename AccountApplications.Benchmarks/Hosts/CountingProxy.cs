using System.Collections.Concurrent;
using System.Net;
using System.Text;
using AccountApplications.LocalHost;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Yarp.ReverseProxy.Forwarder;

namespace AccountApplications.Benchmarks;

/// <summary>Stands between one host and storage, and counts its requests.</summary>
internal sealed class CountingProxy : IAsyncDisposable
{
    private static readonly HttpMessageInvoker Client = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false });

    private readonly WebApplication _proxy;
    private readonly ConcurrentDictionary<StorageRequest, int> _counts;

    private CountingProxy(WebApplication proxy, ConcurrentDictionary<StorageRequest, int> counts, string connectionString) =>
        (_proxy, _counts, ConnectionString) = (proxy, counts, connectionString);

    public string ConnectionString { get; }

    /// <summary>Since the last <see cref="Reset"/>.</summary>
    public IReadOnlyDictionary<StorageRequest, int> Counts => _counts.ToDictionary();

    /// <param name="hub">The names of the host's tables begin so.</param>
    public static async Task<CountingProxy> StartAsync(string connectionString, string hub)
    {
        var services = connectionString.Split(';').Where(part => part.Contains("Endpoint=http", StringComparison.Ordinal))
            .Select(part => new Uri(part[(part.IndexOf('=', StringComparison.Ordinal) + 1)..])).ToList();
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            foreach (var _ in services)
                kestrel.Listen(IPAddress.Loopback, 0);
        });
        builder.Services.AddHttpForwarder();
        var app = builder.Build();
        ConcurrentDictionary<StorageRequest, int> counts = new();
        List<int> ports = [];
        var forwarder = app.Services.GetRequiredService<IHttpForwarder>();
        app.Run(async http =>
        {
            var service = ports.IndexOf(http.Connection.LocalPort);
            var request = StorageRequest.Read((StorageService)service, hub, http.Request, await ReadTransactionAsync(http.Request));
            counts.AddOrUpdate(request, 1, (_, count) => count + 1);
            await forwarder.SendAsync(
                http, services[service].GetLeftPart(UriPartial.Authority), Client, ForwarderRequestConfig.Empty, HttpTransformer.Default);
        });
        await app.StartAsync();
        ports.AddRange(app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses
            .Select(address => new Uri(address).Port));
        return new CountingProxy(app, counts, Azurite.ConnectionStringFor(ports[0], ports[1], ports[2]));
    }

    public void Reset() => _counts.Clear();

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.Zero);
        await _proxy.StopAsync(now.Token);
        await _proxy.DisposeAsync();
    }

    // Its tables are named in its body only.
    private static async Task<string> ReadTransactionAsync(HttpRequest request)
    {
        if (!request.Path.Value!.EndsWith("$batch", StringComparison.Ordinal))
            return "";
        var body = new MemoryStream();
        await request.Body.CopyToAsync(body);
        body.Position = 0;
        request.Body = body;
        return Encoding.UTF8.GetString(body.ToArray());
    }
}
