using System.Reflection;
using System.Text.Json;
using AccountApplications.EmbeddedHost.Engine;
using AccountApplications.EmbeddedHost.Functions;
using AccountApplications.EmbeddedHost.Http;
using AccountApplications.EmbeddedHost.Local;
using Azure.Data.Tables;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.DurableTask.Converters;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AccountApplications.EmbeddedHost;

/// <summary>Puts the host together: settings, Kestrel, the engine, the app's functions.</summary>
internal static class EmbeddedApplication
{
    /// <summary>Of the engine's own client of storage; keyed, since an app may well register one too.</summary>
    internal const string EngineKey = "engine";

    // The whole stop, Azurite's included, is to take less than five seconds.
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(3);

    /// <summary>JSON as the worker's serializer writes it (names as declared) and reads it (in any case).</summary>
    private static readonly JsonDataConverter Converter = new(new JsonSerializerOptions { PropertyNameCaseInsensitive = true });

    /// <exception cref="HostStartException">local.settings.json cannot be read.</exception>
    public static WebApplicationBuilder CreateBuilder(string[] args)
    {
        StartErrors.ReportOnExit();
        var folder = AppContext.BaseDirectory;
        var settings = new ConfigurationManager();
        HostSettings.AddLocalSettings(settings, folder);
        // `dotnet run` takes the "--" away, `dotnet <dll>` does not.
        settings.AddEnvironmentVariables().AddCommandLine([.. args.SkipWhile(argument => argument == "--")]);
        var web = WebApplication.CreateEmptyBuilder(new WebApplicationOptions
        {
            ContentRootPath = folder,
            EnvironmentName = settings["AZURE_FUNCTIONS_ENVIRONMENT"] ?? Environments.Development,
        });

        web.Configuration.AddConfiguration(settings, shouldDisposeConfiguration: true);
        if (web.Environment.IsDevelopment() && !web.Configuration.GetSection(StorageConnection.Setting).Exists())
            web.Configuration[StorageConnection.Setting] = "UseDevelopmentStorage=true";

        web.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "HH:mm:ss.fff ";
        });

        web.Services.AddSingleton<DataConverter>(Converter);
        web.Services.TryAddSingleton(TimeProvider.System);
        return web;
    }

    /// <exception cref="HostStartException">host.json, the functions, the storage connection or an option are not as they must be.</exception>
    public static IHost Build(WebApplicationBuilder web, WorkerPipeline pipeline)
    {
        var port = Port(web.Configuration);
        var settings = HostSettings.Read(web.Environment.ContentRootPath, web.Configuration);
        web.Logging.AddFilter("Microsoft", LogLevel.Warning).AddFilter("Azure", LogLevel.Warning);
        // What it has to say of requests that break off comes with a stack trace.
        web.Logging.AddFilter("Microsoft.AspNetCore.Server.Kestrel", LogLevel.Critical);
        // A host that cannot start says so itself.
        web.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        foreach (var (category, level) in settings.LogLevels)
        {
            if (Enum.TryParse<LogLevel>(level, ignoreCase: true, out var minimum))
                web.Logging.AddFilter(category.Equals("default", StringComparison.OrdinalIgnoreCase) ? null : category, minimum);
        }

        web.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(System.Net.IPAddress.Loopback, port);
        });

        var services = web.Services;
        services.AddRouting();
        services.Configure<HostOptions>(options => options.ShutdownTimeout = ShutdownTimeout);
        services.AddSingleton(settings);
        services.AddSingleton(pipeline);
        services.TryAddSingleton(_ => FunctionSource.Of(Assembly.GetEntryAssembly()!));
        services.AddSingleton(provider => new FunctionCatalog(
            provider.GetRequiredService<FunctionSource>(),
            name => provider.GetRequiredService<IConfiguration>()[$"AzureWebJobs.{name}.Disabled"]?.ToUpperInvariant() is "TRUE" or "1"));
        services.AddSingleton<FunctionInvoker>();
        services.AddSingleton<IFunctions>(provider => provider.GetRequiredService<FunctionInvoker>());
        var table = $"{settings.TaskHub}Instances";
        services.TryAddKeyedSingleton(EngineKey, (provider, _) => StorageConnection.Connect(provider.GetRequiredService<IConfiguration>()));
        services.TryAddSingleton(provider => ActivatorUtilities.CreateInstance<HubLease>(
            provider, provider.GetRequiredKeyedService<TableServiceClient>(EngineKey), table));
        services.TryAddSingleton<IInstanceStore>(provider => new LeasedInstanceStore(
            ActivatorUtilities.CreateInstance<TableInstanceStore>(
                provider, provider.GetRequiredKeyedService<TableServiceClient>(EngineKey), table), provider.GetRequiredService<HubLease>()));
        services.AddSingleton(provider =>
        {
            var loop = ActivatorUtilities.CreateInstance<TurnLoop>(provider);
            loop.ReplaysEveryTurn = HostSettings.Flag(provider.GetRequiredService<IConfiguration>(), "EmbeddedHost:ReplayEveryTurn");
            return loop;
        });
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<EmbeddedDurableTaskClient>(provider, settings.TaskHub));
        services.AddSingleton<DurableTaskClient>(provider => provider.GetRequiredService<EmbeddedDurableTaskClient>());
        services.AddHostedService<LocalStorage>();
        services.AddHostedService(provider => provider.GetRequiredService<HubLease>());
        services.AddHostedService(provider => provider.GetRequiredService<TurnLoop>());

        var app = web.Build();
        app.Use(next => http => LoopbackOnly.InvokeAsync(http, next));
        var keys = new Keys(app.Configuration);
        app.UseWhen(
            http => http.Request.Path.StartsWithSegments(ManagementEndpoints.Root, StringComparison.OrdinalIgnoreCase),
            management => management.Use(next => http => keys.AdmitManagement(http.Request) ? next(http) : Keys.RefuseAsync(http)));
        app.MapManagement(app.Services.GetRequiredService<EmbeddedDurableTaskClient>(), app.Services.GetRequiredService<IInstanceStore>());
        app.MapFunctions(
            app.Services.GetRequiredService<FunctionCatalog>(), app.Services.GetRequiredService<FunctionInvoker>(),
            settings, keys, app.Lifetime, app.Services.GetRequiredService<ILogger<FunctionInvoker>>());
        return new EmbeddedHost(app, port);
    }

    private static int Port(ConfigurationManager configuration) =>
        configuration["port"] is not { } text ? HostSettings.DefaultPort
        : int.TryParse(text, out var port) && port is >= 0 and <= 65535 ? port
        : throw new HostStartException($"--port is '{text}'; it must be a number from 0 (any free port) to 65535.");
}
