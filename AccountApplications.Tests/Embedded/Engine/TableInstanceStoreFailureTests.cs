using System.Text.Json;
using AccountApplications.EmbeddedHost.Engine;
using AccountApplications.Tests.Fixtures;
using AccountApplications.Tests.Robustness;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Data.Tables;
using Azure.Identity;
using Microsoft.DurableTask.Client;

namespace AccountApplications.Tests.Embedded.Engine;

/// <summary>What the client of storage throws, and what becomes of it: storage that does not answer is told from one that says no.</summary>
public sealed class TableInstanceStoreFailureTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private static readonly string Table = AzuriteFixture.NewTableName();

    public static TheoryData<Exception> Outages =>
    [
        new AuthenticationFailedException("No token for a moment."),
        new CredentialUnavailableException("No identity for a moment."),
        new TaskCanceledException("A time-out.", new TaskCanceledException()),
        new TaskCanceledException("A time-out.", new TimeoutException()),
        new OperationCanceledException(),
        new TimeoutException(),
        new IOException("Cut short by the test."),
        new AggregateException(new IOException(), new TaskCanceledException()),
        new RequestFailedException(0, "No connection."),
        new RequestFailedException(408, "Too slow."),
        new RequestFailedException(429, "Too many."),
        new RequestFailedException(503, "Busy."),
    ];

    public static TheoryData<Exception> Refusals =>
    [
        new RequestFailedException(400, "Bad."),
        new RequestFailedException(403, "Forbidden."),
        new RequestFailedException(409, "Conflict."),
        new RequestFailedException(412, "Changed."),
        new PayloadTooLargeException("Too large."),
        new InstanceChangedException("a"),
        new ArgumentException("A bug."),
        new InvalidOperationException("A bug."),
        new JsonException("A bug."),
    ];

    [Theory]
    [MemberData(nameof(Outages), DisableDiscoveryEnumeration = true)]
    public async Task Store_WhoseQuestionIsNotAnswered_IsUnavailable(Exception outage)
    {
        var store = Store(_ => throw outage);
        foreach (var ask in Reads(store).Concat(Writes(store)))
        {
            var unavailable = await Assert.ThrowsAsync<InstanceStoreUnavailableException>(() => ask(CancellationToken.None));
            Assert.Same(outage, unavailable.InnerException);
        }
    }

    [Theory]
    [MemberData(nameof(Refusals), DisableDiscoveryEnumeration = true)]
    public async Task Store_WhoseQuestionIsRefused_SaysSo(Exception refusal)
    {
        foreach (var ask in Reads(Store(_ => throw refusal)))
            Assert.Same(refusal, await Assert.ThrowsAsync(refusal.GetType(), () => ask(CancellationToken.None)));
    }

    [Fact]
    public async Task Store_WhoseCallerGivesUp_IsCancelledAndNotUnavailable()
    {
        using var caller = new CancellationTokenSource();
        var store = Store(async message =>
        {
            await caller.CancelAsync();
            await Task.Delay(Timeout.Infinite, message.CancellationToken);
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.FindAsync("a", caller.Token));

        foreach (var ask in Reads(store).Concat(Writes(store)))
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ask(caller.Token));
    }

    [Fact]
    public async Task Store_BusyTwiceAndThenSilent_IsUnavailable()
    {
        var tries = 0;
        var store = Store(
            message =>
            {
                if (++tries == 3) return Task.Delay(Timeout.Infinite, message.CancellationToken);
                message.Response = new BusyResponse(message.Request.ClientRequestId);
                return Task.CompletedTask;
            },
            HttpPipelinePosition.BeforeTransport);

        var unavailable = await Assert.ThrowsAsync<InstanceStoreUnavailableException>(() => store.FindAsync("a", CancellationToken.None));

        Assert.Equal(3, tries);
        Assert.IsType<TaskCanceledException>(unavailable.InnerException);
    }

    /// <param name="answer">What becomes of a request, other than one for the table itself.</param>
    /// <param name="position">Whether the client's own retries and time-outs come into it.</param>
    private TableInstanceStore Store(Func<HttpMessage, Task> answer, HttpPipelinePosition position = HttpPipelinePosition.PerCall)
    {
        var options = StorageConnection.ClientOptions();
        options.AddPolicy(new Policy(answer), position);
        return new TableInstanceStore(new TableServiceClient(azurite.ConnectionString, options), Table, Microsoft.Extensions.Logging.Abstractions.NullLogger<TableInstanceStore>.Instance);
    }

    private static IEnumerable<Func<CancellationToken, Task>> Reads(TableInstanceStore store) =>
    [
        cancellation => store.FindAsync("a", cancellation),
        cancellation => store.LoadAsync("a", cancellation),
        cancellation => store.QueryAsync(new OrchestrationQuery(), cancellation),
    ];

    private static IEnumerable<Func<CancellationToken, Task>> Writes(TableInstanceStore store)
    {
        var instance = new Instance("a", "Name", DateTimeOffset.UtcNow, null);
        return
        [
            cancellation => store.CommitAsync(instance, [], cancellation),
            cancellation => store.PurgeAsync(instance with { ETag = new ETag("any") }, cancellation),
        ];
    }

    private sealed class Policy(Func<HttpMessage, Task> answer) : HttpPipelinePolicy
    {
        public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
        {
            if (message.Request.Uri.Path.EndsWith("Tables", StringComparison.Ordinal)) await ProcessNextAsync(message, pipeline);
            else await answer(message);
        }

        public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) => throw new NotSupportedException();
    }
}
