using System.Net;
using AccountApplications.LocalHost;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Yarp.ReverseProxy.Forwarder;

namespace AccountApplications.Tests.Fixtures;

/// <summary>A request on its way to storage.</summary>
/// <param name="Service">Its place in connection strings: blob, queue, table.</param>
/// <param name="SendAsync">Lets it reach storage.</param>
internal sealed record ProxiedRequest(HttpContext Http, int Service, byte[] Body, Func<Task> SendAsync);

/// <summary>A proxy in front of the three services of an Azurite.</summary>
internal sealed class StorageProxy : IAsyncDisposable
{
    private static readonly HttpMessageInvoker Client = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false });

    private readonly WebApplication _proxy;

    private StorageProxy(WebApplication proxy, string connectionString) => (_proxy, ConnectionString) = (proxy, connectionString);

    public string ConnectionString { get; }

    /// <param name="connectionString">Of the Azurite, with all three services.</param>
    /// <param name="onRequest">Called for every request; it has to be sent or to fail there.</param>
    public static async Task<StorageProxy> StartAsync(string connectionString, Func<ProxiedRequest, Task> onRequest)
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
        List<int> ports = [];
        var forwarder = app.Services.GetRequiredService<IHttpForwarder>();
        app.Run(async http =>
        {
            using var received = new MemoryStream();
            await http.Request.Body.CopyToAsync(received);
            var body = received.ToArray();
            var service = ports.IndexOf(http.Connection.LocalPort);
            await onRequest(new ProxiedRequest(http, service, body, async () =>
            {
                http.Request.Body = new MemoryStream(body);
                await forwarder.SendAsync(
                    http, services[service].GetLeftPart(UriPartial.Authority), Client, ForwarderRequestConfig.Empty, HttpTransformer.Default);
            }));
        });
        await app.StartAsync();
        ports.AddRange(app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses
            .Select(address => new Uri(address).Port));
        return new StorageProxy(app, Azurite.ConnectionStringFor(ports[0], ports[1], ports[2]));
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.Zero);
        await _proxy.StopAsync(now.Token);
        await _proxy.DisposeAsync();
    }
}
