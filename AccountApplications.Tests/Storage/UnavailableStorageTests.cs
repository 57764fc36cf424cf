using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using AccountApplications.Functions.Applications;
using AccountApplications.Functions.Storage;
using AccountApplications.Tests.Fixtures;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Data.Tables;
using Microsoft.Extensions.Logging.Abstractions;

namespace AccountApplications.Tests.Storage;

public class UnavailableStorageTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    [Fact]
    public async Task Storage_RefusingConnections_IsUnavailable()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();

        await AssertUnavailableAsync(port);
    }

    [Fact]
    public async Task Storage_NeverAnswering_IsUnavailableWithin10s()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        try
        {
            var watch = Stopwatch.StartNew();
            await AssertUnavailableAsync(((IPEndPoint)listener.LocalEndpoint).Port);
            Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(10));
        }
        finally
        {
            listener.Stop();
        }
    }

    [Theory]
    [InlineData(408)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(503)]
    public async Task Storage_AnsweringThatItCannot_IsUnavailable(int status)
    {
        var store = StoreOf(azurite.ConnectionString, new AnsweringPolicy(status));

        await Assert.ThrowsAsync<StorageUnavailableException>(() => store.FindAsync("any", default));
    }

    [Fact]
    public async Task Storage_RefusingTheCaller_IsAnotherFault()
    {
        var store = StoreOf(azurite.ConnectionString, new AnsweringPolicy(403));

        Assert.Equal(403, (await Assert.ThrowsAsync<Azure.RequestFailedException>(() => store.FindAsync("any", default))).Status);
    }

    [Fact]
    public async Task Storage_CallerGone_IsCancelled()
    {
        var store = StoreOf(azurite.ConnectionString, new AnsweringPolicy(500));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.FindAsync("any", new CancellationToken(canceled: true)));
    }

    [Fact]
    public async Task Table_CreatedAfterAFailure_ServesAll()
    {
        var policy = new AnsweringPolicy(503);
        var store = StoreOf(azurite.ConnectionString, policy);
        await Assert.ThrowsAsync<StorageUnavailableException>(() => store.PingAsync(default));

        policy.Status = null;

        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => store.PingAsync(default)));
    }

    private static async Task AssertUnavailableAsync(int port)
    {
        var endpoint = $"http://127.0.0.1:{port}/devstoreaccount1";
        var store = StoreOf($"DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=AAAA;TableEndpoint={endpoint}");

        var e = await Assert.ThrowsAsync<StorageUnavailableException>(
            () => store.SubmitAsync(AccountApplication.Submitted(AccountApplicationId.New(), "Spock", "1 Way", DateTime.UtcNow), default));

        Assert.DoesNotContain("Spock", e.Message, StringComparison.Ordinal);
    }

    private static ApplicationStore StoreOf(string connectionString, HttpPipelinePolicy? policy = null)
    {
        var options = StorageOptions.ClientOptions();
        if (policy is not null)
            options.AddPolicy(policy, HttpPipelinePosition.PerRetry);
        var tables = new Tables(new TableServiceClient(connectionString, options), $"T{Guid.NewGuid():N}");
        return new ApplicationStore(
            tables, new ApplicationIndex(tables, NullLogger<ApplicationIndex>.Instance), new RelatedApplications(tables), new EventQueue(null), TimeProvider.System,
            NullLogger<ApplicationStore>.Instance);
    }

    /// <summary>Answers in storage's place, with a status and nothing else.</summary>
    private sealed class AnsweringPolicy(int? status) : HttpPipelinePolicy
    {
        public int? Status { get; set; } = status;

        public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
        {
            await ProcessNextAsync(message, pipeline);
            if (Status is { } answer)
                message.Response = new Answer(answer, message.Request.ClientRequestId);
        }

        public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) => throw new NotSupportedException();
    }

    private sealed class Answer(int status, string id) : Azure.Response
    {
        public override int Status => status;
        public override string ReasonPhrase => "";
        public override Stream? ContentStream { get; set; } = Stream.Null;
        public override string ClientRequestId { get; set; } = id;
        public override void Dispose()
        {
        }

        protected override bool TryGetHeader(string name, out string value) => (value = "") is null;
        protected override bool TryGetHeaderValues(string name, out IEnumerable<string> values) => (values = []) is null;
        protected override bool ContainsHeader(string name) => false;
        protected override IEnumerable<HttpHeader> EnumerateHeaders() => [];
    }
}
