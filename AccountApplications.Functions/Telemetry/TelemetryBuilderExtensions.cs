using System.Data.Common;
using Azure.Identity;
using Azure.Monitor.OpenTelemetry.Exporter;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Azure.Functions.Worker.Core.FunctionMetadata;
using Microsoft.Azure.Functions.Worker.OpenTelemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OpenTelemetry;
using OpenTelemetry.Logs;

namespace AccountApplications.Functions.Telemetry;

internal static class TelemetryBuilderExtensions
{
    private const string OtlpEndpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string ConnectionString = "APPLICATIONINSIGHTS_CONNECTION_STRING";
    private const string Authentication = "APPLICATIONINSIGHTS_AUTHENTICATION_STRING";

    /// <summary>
    /// Sends traces, metrics and logs to the collector that <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> names and to the Application Insights that
    /// <c>APPLICATIONINSIGHTS_CONNECTION_STRING</c> names; nothing is collected if neither is set.
    /// </summary>
    /// <exception cref="OptionsValidationException">The collector's address is none.</exception>
    public static void AddTelemetry(this FunctionsApplicationBuilder builder)
    {
        var (otlp, monitor) = (builder.Configuration[OtlpEndpoint], builder.Configuration[ConnectionString]);
        if (string.IsNullOrEmpty(otlp) && string.IsNullOrEmpty(monitor))
        {
            builder.Services.AddSingleton<IFunctionMetadataTransformer, WithoutMeasures>();
            return;
        }

        // The exporter itself would say nothing, and send nothing.
        if (!string.IsNullOrEmpty(otlp) && !(Uri.TryCreate(otlp, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"))
            throw new OptionsValidationException(
                OtlpEndpoint, typeof(Uri), [$"{OtlpEndpoint} must be an http or https address, as http://localhost:4317 is."]);

        // Azure's clients make spans only if asked to.
        AppContext.SetSwitch("Azure.Experimental.EnableActivitySource", true);
        var telemetry = builder.Services.AddOpenTelemetry()
            .UseFunctionsWorkerDefaults()
            .WithTracing(traces => traces.AddSource(Traces.Source, "Microsoft.DurableTask", "Azure.Data.*", "Azure.Storage.*"))
            .WithMetrics(metrics => metrics.AddMeter(Metrics.Meter))
            .WithLogging(null, logs => logs.IncludeFormattedMessage = true);
        // What fails is in the traces; here it would be there once more for each try, with the way in which CheckName says what it says.
        builder.Logging.AddFilter<OpenTelemetryLoggerProvider>("Microsoft.Azure.Functions.Worker.FunctionsApplication", LogLevel.None);
        builder.Logging.AddFilter<OpenTelemetryLoggerProvider>("Azure", LogLevel.Error);
        // Its server writes down whole addresses.
        builder.Logging.AddFilter<OpenTelemetryLoggerProvider>("Microsoft", LogLevel.Warning);
        if (!string.IsNullOrEmpty(otlp))
            telemetry.UseOtlpExporter();
        if (!string.IsNullOrEmpty(monitor))
            telemetry.UseAzureMonitorExporter(exporter =>
            {
                exporter.ConnectionString = monitor;
                exporter.Credential = Credential(builder.Configuration[Authentication]);
                // All of it: the one that fails is the one that is looked for.
                exporter.TracesPerSecond = null;
                exporter.EnableTraceBasedLogsSampler = false;
            });
    }

    /// <param name="authentication"><c>Authorization=AAD</c>, with <c>ClientId=…</c> for a user-assigned identity; nothing where a key will do.</param>
    private static ManagedIdentityCredential? Credential(string? authentication)
    {
        var parts = new DbConnectionStringBuilder { ConnectionString = authentication ?? "" };
        return !parts.TryGetValue("Authorization", out var by) || by is not "AAD" ? null
            : new ManagedIdentityCredential(parts.TryGetValue("ClientId", out var client)
                ? ManagedIdentityId.FromUserAssignedClientId((string)client) : ManagedIdentityId.SystemAssigned);
    }
}
