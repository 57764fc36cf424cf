using System.Net;
using System.Net.Sockets;
using AccountApplications.EmbeddedHost.Functions;
using AccountApplications.EmbeddedHost.Http;
using AccountApplications.EmbeddedHost.Local;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AccountApplications.EmbeddedHost;

/// <summary>The running host: says what it serves when it is ready, and in a line why it cannot start.</summary>
internal sealed class EmbeddedHost(WebApplication app, int port) : IHost, IAsyncDisposable
{
    public IServiceProvider Services => app.Services;

    /// <summary>Where it listens, once it is started: <c>http://127.0.0.1:7071</c>.</summary>
    public Uri Address => new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());

    /// <exception cref="HostStartException">The port is taken, or storage does not answer.</exception>
    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            // Kestrel binds last of all; a port that is taken should not cost the wait for storage first.
            using (var probe = new TcpListener(IPAddress.Loopback, port)) probe.Start();
            await app.StartAsync(cancellationToken);
        }
        catch (Exception e) when (e is SocketException || e.InnerException is AddressInUseException)
        {
            throw new HostStartException($"Port {port} cannot be listened on ({(e as SocketException)?.Message ?? "it is taken"}). Choose another: -- --port {port + 1}", e);
        }

        var catalog = Services.GetRequiredService<FunctionCatalog>();
        var settings = Services.GetRequiredService<HostSettings>();
        Banner.Write(
            Console.Out,
            Address,
            [.. catalog.All.Where(function => function.Kind == TriggerKind.Http)
                .Select(function => new HttpFunctionLine(function.Name, function.Methods, FunctionEndpoints.Template(function, settings)))],
            [.. catalog.All.Where(function => function.Kind != TriggerKind.Http)
                .Select(function => new TriggeredFunctionLine(function.Name, function.TriggerType))]);
    }

    public Task StopAsync(CancellationToken cancellationToken = default) => app.StopAsync(cancellationToken);

    public void Dispose() => ((IDisposable)app).Dispose();

    public ValueTask DisposeAsync() => app.DisposeAsync();
}
