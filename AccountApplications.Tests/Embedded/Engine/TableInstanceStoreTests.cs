using System.Net;
using System.Net.Sockets;
using AccountApplications.EmbeddedHost.Engine;
using AccountApplications.Tests.Fixtures;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Data.Tables;

namespace AccountApplications.Tests.Embedded.Engine;

/// <summary>The contract on Azurite, and what is special about storage: answers that get lost, tables that are not there.</summary>
public sealed class TableInstanceStoreTests(AzuriteFixture azurite) : InstanceStoreContract, IClassFixture<AzuriteFixture>
{
    private static readonly string Table = AzuriteFixture.NewTableName();

    private protected override IInstanceStore Store => field ??= new TableInstanceStore(new TableServiceClient(azurite.ConnectionString), Table);

    [Fact]
    public async Task Commit_AnswerIsLostAndTheRequestSentAgain_IsRecognisedAsItsOwn()
    {
        var (store, lossy) = LossyStore();
        lossy.LoseNext = true;
        var first = await store.CommitAsync(New(), [Started], default);
        Assert.False(lossy.LoseNext);
        lossy.LoseNext = true;
        var second = await store.CommitAsync(first, [Raised("1")], default);
        Assert.False(lossy.LoseNext);

        Assert.Equal(second, await Store.FindAsync(first.Id, default));
        await Store.CommitAsync(second, [Raised("2")], default);
        Assert.Equal([Started, Raised("1"), Raised("2")], (await Store.LoadAsync(first.Id, default))!.Value.History);
    }

    [Fact]
    public async Task Commit_AnswerIsLostAndSomebodyElseWasThere_IsRefused()
    {
        var (store, lossy) = LossyStore();
        var first = await store.CommitAsync(New(), [Started], default);
        lossy.LoseNext = true;
        lossy.Meanwhile = async () =>
        {
            var seen = await Store.FindAsync(first.Id, default);
            await Store.CommitAsync(seen! with { Output = "theirs" }, [Raised("theirs")], default);
        };
        await Assert.ThrowsAsync<InstanceChangedException>(() => store.CommitAsync(first, [Raised("mine")], default));
        Assert.Equal("theirs", (await Store.FindAsync(first.Id, default))!.Output);
    }

    [Fact]
    public async Task Commit_NextExecution_RemovesTheLastOnesHistory()
    {
        var first = await Store.CommitAsync(New(), [Started, Raised("1")], default);
        await Store.CommitAsync(New(first.Id) with { Execution = 2, ETag = first.ETag }, [Raised("2")], default);
        var rows = new TableClient(azurite.ConnectionString, Table).QueryAsync<TableEntity>(row => row.PartitionKey == first.Id);
        Assert.Equal(2, await rows.CountAsync());
    }

    [Fact]
    public async Task Purge_ManyCommits_LeavesNoRow()
    {
        var instance = await Store.CommitAsync(New(), [Started], default);
        for (var commit = 0; commit < 120; commit++) // more rows than a transaction deletes
            instance = await Store.CommitAsync(instance, [Raised("1")], default);
        await Store.PurgeAsync(instance, default);
        var rows = new TableClient(azurite.ConnectionString, Table).QueryAsync<TableEntity>(row => row.PartitionKey == instance.Id);
        Assert.Equal(0, await rows.CountAsync());
    }

    [Fact]
    public async Task Commit_EachPartFitsButNotAllTogether_IsRefusedAndWritesNothing()
    {
        var payload = new string('x', 256 * 1024);
        var instance = New() with { Input = payload, Output = payload, CustomStatus = payload };
        await Assert.ThrowsAsync<PayloadTooLargeException>(() => Store.CommitAsync(instance, [Raised(new string('x', 2_400_000))], default));
        Assert.Null(await Store.FindAsync(instance.Id, default));
    }

    [Fact]
    public async Task Store_TableIsDeleted_IsCreatedAgain()
    {
        var name = AzuriteFixture.NewTableName();
        var service = new TableServiceClient(azurite.ConnectionString);
        var store = new TableInstanceStore(service, name);
        await store.CommitAsync(New(), [Started], default);
        await service.DeleteTableAsync(name);

        await Assert.ThrowsAsync<InstanceStoreUnavailableException>(() => store.CommitAsync(New(), [Started], default));
        await store.CommitAsync(New(), [Started], default);
    }

    [Fact]
    public async Task Store_NobodyListens_IsUnavailable()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        taken.Stop();
        var options = new TableClientOptions { Retry = { MaxRetries = 0 } };
        var store = new TableInstanceStore(
            new TableServiceClient(
                $"DefaultEndpointsProtocol=http;AccountName=a;AccountKey=YQ==;TableEndpoint=http://127.0.0.1:{port}/a;", options),
            "Nobody");

        await Assert.ThrowsAsync<InstanceStoreUnavailableException>(() => store.FindAsync("a", default));
        await Assert.ThrowsAsync<InstanceStoreUnavailableException>(() => store.LoadAsync("a", default));
        await Assert.ThrowsAsync<InstanceStoreUnavailableException>(() => store.CommitAsync(New(), [Started], default));
        await Assert.ThrowsAsync<InstanceStoreUnavailableException>(() => store.QueryAsync(new(), default));
        await Assert.ThrowsAsync<InstanceStoreUnavailableException>(async () =>
        {
            await foreach (var _ in store.FindOpenWorkAsync(default)) Assert.Fail("There is nothing.");
        });
    }

    private (TableInstanceStore Store, LossyTransport Lossy) LossyStore()
    {
        var lossy = new LossyTransport();
        var options = new TableClientOptions { Retry = { MaxRetries = 1, Delay = TimeSpan.FromMilliseconds(1) } };
        options.AddPolicy(lossy, HttpPipelinePosition.PerRetry);
        return (new TableInstanceStore(new TableServiceClient(azurite.ConnectionString, options), Table), lossy);
    }

    /// <summary>Storage does what it is asked, but its answer does not arrive.</summary>
    private sealed class LossyTransport : HttpPipelinePolicy
    {
        public bool LoseNext { get; set; }

        /// <summary>What happens between the answer that is lost and the second request.</summary>
        public Func<Task>? Meanwhile { get; set; }

        public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
        {
            await ProcessNextAsync(message, pipeline);
            if (!LoseNext || !message.Request.Uri.ToString().EndsWith("$batch", StringComparison.Ordinal)) return;

            LoseNext = false;
            if (Meanwhile is not null) await Meanwhile();
            throw new IOException("The connection was closed.");
        }

        public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) => throw new NotSupportedException();
    }
}
