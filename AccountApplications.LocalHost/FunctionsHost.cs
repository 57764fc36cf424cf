using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace AccountApplications.LocalHost;

/// <summary>The local host: what an Azure Functions host is to an isolated app, for development and tests.</summary>
internal static class FunctionsHost
{
    private const long MaxBodyBytes = 100 * 1024 * 1024;

    private static readonly TimeSpan ServerStopLimit = TimeSpan.FromSeconds(0.3);

    public static async Task<int> RunAsync(Settings settings)
    {
        await using var app = Build(settings);
        var services = app.Services;
        var stopping = app.Lifetime.ApplicationStopping;
        var workers = services.GetRequiredService<Workers>();
        var jobs = services.GetRequiredService<Jobs>();
        var timers = services.GetRequiredService<Timers>();
        var gate = services.GetRequiredService<Gate>();
        var routes = services.GetRequiredService<FunctionRoutes>();
        Azurite? azurite = null;
        try
        {
            var rpc = await ListenAsync(app, settings);
            var storage = Storage.EnsureAsync(settings, stopping);
            if (storage.IsFaulted)
                await storage;
            var worker = await workers.StartAsync(rpc, stopping);
            timers.Read(worker.Functions);
            routes.Serve(worker.Functions);
            await jobs.StartAsync(worker.Functions, storage, stopping);
            azurite = await storage;
            gate.Open();
            timers.Start();
            Banner.Write(settings, routes, worker.Functions);
            await Task.Delay(Timeout.Infinite, stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested) { }
        finally
        {
            // The worker's stream is an open request: the server cannot stop before the worker has.
            await gate.CloseAsync();
            await timers.StopAsync();
            await jobs.StopAsync();
            await workers.StopAsync();
            await app.StopAsync(ServerStopLimit);
            if (azurite is not null)
                await azurite.DisposeAsync();
        }

        return workers.Failure is { } failure ? throw failure : 0;
    }

    private static WebApplication Build(Settings settings)
    {
        var builder = WebApplication.CreateEmptyBuilder(new() { ContentRootPath = settings.AppFolder });
        ConsoleLog.Add(builder.Logging, settings);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxBodyBytes;
            kestrel.Listen(IPAddress.Loopback, settings.Port, listen => listen.Protocols = HttpProtocols.Http1);
            // For the worker.
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
        });
        builder.Services.AddRouting().AddHttpForwarder().AddCors(cors => cors.AddDefaultPolicy(policy =>
        {
            policy.WithOrigins([.. settings.CorsOrigins]).AllowAnyHeader().AllowAnyMethod();
            if (settings.CorsCredentials)
                policy.AllowCredentials();
        }));
        builder.Services.AddGrpc(grpc => grpc.MaxReceiveMessageSize = grpc.MaxSendMessageSize = null);
        builder.Configuration.AddConfiguration(settings.Configuration);
        if (!string.IsNullOrEmpty(settings.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]))
            builder.Services.AddOpenTelemetry().ConfigureResource(host => host.AddService("AccountApplications.LocalHost"))
                .WithTracing(traces => traces.AddSource("DurableTask.Core", "WebJobs.Extensions.DurableTask")
                    // A worker in this process has a server as well.
                    .AddAspNetCoreInstrumentation(web => web.Filter = http => http.Connection.LocalPort == settings.Port).AddOtlpExporter());
        builder.Services
            .AddSingleton(settings).AddSingleton(TimeProvider.System)
            .AddSingleton<Workers>().AddSingleton<Jobs>().AddSingleton<Timers>()
            .AddSingleton<Gate>().AddSingleton<Keys>().AddSingleton<Forwarder>().AddSingleton<FunctionRoutes>();

        var app = builder.Build();
        app.UseMiddleware<Gate>();
        app.UseRouting();
        app.UseCors();
        app.Use((http, next) =>
        {
            // A method that no function of the route answers is nothing that a host knows.
            if (http.GetEndpoint() is { DisplayName: "405 HTTP Method Not Supported" })
                http.SetEndpoint(null);
            return next(http);
        });
        app.MapGrpcService<Workers>();
        Webhooks.Map(app);
        ((IEndpointRouteBuilder)app).DataSources.Add(app.Services.GetRequiredService<FunctionRoutes>());
        return app;
    }

    /// <returns>Where workers connect.</returns>
    private static async Task<Uri> ListenAsync(WebApplication app, Settings settings)
    {
        try
        {
            await app.StartAsync();
        }
        catch (IOException e)
        {
            throw new LocalHostException($"Port {settings.Port} cannot be listened on: {e.GetBaseException().Message}. Try --port NUMBER.", e);
        }

        var addresses = app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.ToList();
        settings.Port = new Uri(addresses[0]).Port;
        return new Uri(addresses[1]);
    }
}
