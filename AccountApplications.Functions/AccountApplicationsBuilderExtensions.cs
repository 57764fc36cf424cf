using System.Text.Encodings.Web;
using AccountApplications.Functions.Api;
using AccountApplications.Functions.Applications;
using AccountApplications.Functions.Storage;
using AccountApplications.Functions.Telemetry;
using AccountApplications.Functions.Workflow;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Azure.Functions.Worker.Core.FunctionMetadata;
using Microsoft.DurableTask.Worker;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace AccountApplications.Functions;

public static class AccountApplicationsBuilderExtensions
{
    /// <summary>Adds everything that the functions need.</summary>
    public static FunctionsApplicationBuilder AddAccountApplications(this FunctionsApplicationBuilder builder)
    {
        builder.UseMiddleware<Problems>();
        builder.AddTelemetry();

        var services = builder.Services;
        services.TryAddSingleton(TimeProvider.System);
        services.AddOptions<StorageOptions>().Configure<IConfiguration>(StorageOptions.Read).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton(provider => Tables.Connect(provider.GetRequiredService<IOptions<StorageOptions>>().Value));
        services.AddSingleton<ApplicationIndex>();
        services.AddSingleton<RelatedApplications>();
        services.AddSingleton(provider => new EventQueue(provider.GetRequiredService<IOptions<StorageOptions>>().Value.CreateEventsClient()));
        services.AddSingleton<ApplicationStore>();
        services.AddSingleton<ApplicationEraser>();
        services.AddOptions<RetentionOptions>().Configure<IConfiguration>(RetentionOptions.Read).ValidateOnStart();
        services.AddOptions<ReviewOptions>().Configure<IConfiguration>(ReviewOptions.Read).ValidateOnStart();
        services.AddSingleton<ReviewQueue>();
        services.AddSingleton<SubmissionClaims>();
        services.AddSingleton<Reviewers>();
        services.AddSingleton<WorkflowWaits>();
        services.AddSingleton<WorkflowEvents>();
        services.AddSingleton<IFunctionMetadataTransformer, DefaultSchedule>();
        services.PostConfigure<DurableTaskWorkerOptions>(worker => worker.DataConverter = new EventConverter(worker.DataConverter));
        // JsonBody refuses what is too long, and says so; the server's own limit, of 30 MB, would end in an answer that says nothing.
        services.Configure<KestrelServerOptions>(server => server.Limits.MaxRequestBodySize = null);
        // Answers are never embedded in HTML: quotes and umlauts may stay as they are.
        services.Configure<JsonOptions>(json => json.SerializerOptions.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping);
        return builder;
    }
}
