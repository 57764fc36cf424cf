using System.Diagnostics.CodeAnalysis;
using AccountApplications.EmbeddedHost;
using AccountApplications.EmbeddedHost.Engine;
using AccountApplications.Functions.Storage;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Data.Tables;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace AccountApplications.Tests.Robustness;

/// <summary>A request to storage on its way out, and what a test makes of it.</summary>
internal sealed class StorageRequest(HttpMessage message, Func<ValueTask> send)
{
    public Uri Uri => message.Request.Uri.ToUri();

    public bool Writes => message.Request.Method != RequestMethod.Get;

    /// <summary>Whether it is about the lease on the task hub, which most tests leave alone.</summary>
    public bool IsLease => Uri.AbsoluteUri.Contains("lease", StringComparison.Ordinal);

    /// <summary>Lets it reach storage.</summary>
    public ValueTask SendAsync() => send();

    /// <summary>Nobody will ever hear what became of it.</summary>
    public static Exception Lost() => new RequestFailedException(0, "Cut short by the test.");

    /// <summary>Answers it as a storage account does that has too much to do.</summary>
    public void RefuseAsBusy() => message.Response = new BusyResponse(message.Request.ClientRequestId);
}

/// <summary>Stands under both clients of storage that a host has, the app's and the engine's, and does to requests what a test wants.</summary>
internal sealed class FaultyStorage
{
    /// <summary>Called for every request of the app; it has to be sent or to fail there.</summary>
    public Func<StorageRequest, ValueTask> App { get; set; } = request => request.SendAsync();

    /// <summary>Called for every request of the engine.</summary>
    public Func<StorageRequest, ValueTask> Engine { get; set; } = request => request.SendAsync();

    /// <summary>Called for every request.</summary>
    public Func<StorageRequest, ValueTask> Both
    {
        set => (App, Engine) = (value, value);
    }

    /// <param name="builder">Of the host.</param>
    /// <param name="connectionString">Of the real storage.</param>
    /// <param name="hub">Of the task hub and the tables.</param>
    /// <param name="position">Whether a client's own retries come here too.</param>
    public void PutUnder(
        FunctionsApplicationBuilder builder, string connectionString, string hub,
        HttpPipelinePosition position = HttpPipelinePosition.PerRetry)
    {
        var app = StorageOptions.ClientOptions();
        app.AddPolicy(new Policy(request => App(request)), position);
        builder.Services.AddSingleton(new Tables(new TableServiceClient(connectionString, app), hub));

        var engine = StorageConnection.ClientOptions();
        engine.AddPolicy(new Policy(request => Engine(request)), position);
        builder.Services.AddKeyedSingleton(EmbeddedApplication.EngineKey, new TableServiceClient(connectionString, engine));
    }

    private sealed class Policy(Func<StorageRequest, ValueTask> handle) : HttpPipelinePolicy
    {
        public override ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) =>
            handle(new StorageRequest(message, () => ProcessNextAsync(message, pipeline)));

        public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) => throw new NotSupportedException();
    }
}

/// <summary>503 Server Busy.</summary>
internal sealed class BusyResponse(string clientRequestId) : Response
{
    public override int Status => 503;

    // The transport would say so, and it is what makes a client try again.
    public override bool IsError => true;

    public override string ReasonPhrase => "Server Busy";

    public override Stream? ContentStream { get; set; } = new MemoryStream(
        """{"odata.error":{"code":"ServerBusy","message":{"lang":"en-US","value":"The server is busy."}}}"""u8.ToArray());

    public override string ClientRequestId { get; set; } = clientRequestId;

    public override void Dispose()
    {
    }

    protected override bool ContainsHeader(string name) => TryGetHeader(name, out _);

    protected override IEnumerable<HttpHeader> EnumerateHeaders() => [new("Content-Type", "application/json")];

    protected override bool TryGetHeader(string name, [NotNullWhen(true)] out string? value)
    {
        value = name.Equals("Content-Type", StringComparison.OrdinalIgnoreCase) ? "application/json" : null;
        return value is not null;
    }

    protected override bool TryGetHeaderValues(string name, [NotNullWhen(true)] out IEnumerable<string>? values)
    {
        values = TryGetHeader(name, out var value) ? [value] : null;
        return values is not null;
    }
}
