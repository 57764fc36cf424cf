using System.Net;
using System.Net.Sockets;
using AccountApplications.EmbeddedHost.Engine;
using AccountApplications.Tests.Fixtures;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Data.Tables;
using Microsoft.Extensions.Logging.Abstractions;

namespace AccountApplications.Tests.Embedded.Engine;

/// <summary>The contract on Azurite, and what is special about storage: answers that get lost, tables that are not there.</summary>
public sealed class TableInstanceStoreTests(AzuriteFixture azurite) : InstanceStoreContract, IClassFixture<AzuriteFixture>
{
    private static readonly string Table = AzuriteFixture.NewTableName();

    private protected override IInstanceStore Store => field ??= new TableInstanceStore(
        new TableServiceClient(azurite.ConnectionString), Table, NullLogger<TableInstanceStore>.Instance);

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
    public async Task Commit_AnswerIsLostAndSomebodyElseWentOnFromIt_IsNotRefused()
    {
        var (store, lossy) = LossyStore();
        var first = await store.CommitAsync(New(), [Started], default);
        lossy.LoseNext = true;
        lossy.Meanwhile = async () => await Store.CommitAsync((await Store.FindAsync(first.Id, default))!, [Raised("theirs")], default);

        var mine = await store.CommitAsync(first, [Raised("mine")], default);

        // It is written, and what this host knows of the instance is old all the same.
        Assert.Equal([Started, Raised("mine"), Raised("theirs")], (await Store.LoadAsync(first.Id, default))!.Value.History);
        await Assert.ThrowsAsync<InstanceChangedException>(() => store.CommitAsync(mine, [Raised("more")], default));
    }

    [Fact]
    public async Task Purge_CutShort_LeavesTheRestToTheNext()
    {
        var instance = await Store.CommitAsync(New(), [Started], default);
        for (var commit = 0; commit < 120; commit++) // more rows than a transaction deletes
            instance = await Store.CommitAsync(instance, [Raised("1")], default);
        var (store, lossy) = LossyStore(retries: 0);
        lossy.LoseNext = true;

        await Assert.ThrowsAsync<InstanceStoreUnavailableException>(() => store.PurgeAsync(instance, default));
        var left = (await Store.FindAsync(instance.Id, default))!;
        await Store.PurgeAsync(left, default);

        var rows = new TableClient(azurite.ConnectionString, Table).QueryAsync<TableEntity>(row => row.PartitionKey == instance.Id);
        Assert.Equal(0, await rows.CountAsync());
    }

    [Fact]
    public async Task Purge_AnswerIsLostAndTheRequestSentAgain_IsDone()
    {
        var (store, lossy) = LossyStore();
        var instance = await store.CommitAsync(New(), [Started], default);
        lossy.LoseNext = true;

        await store.PurgeAsync(instance, default);

        Assert.False(lossy.LoseNext);
        Assert.Null(await Store.FindAsync(instance.Id, default));
    }

    [Fact]
    public async Task Purge_WhileSomebodyStartsTheNextExecution_IsRefusedAndLeavesIt()
    {
        var ended = await Store.CommitAsync(New(), [Started], default);
        var next = await Store.CommitAsync(New(ended.Id) with { Replaces = ended.Execution, ETag = ended.ETag }, [Raised("next")], default);

        await Assert.ThrowsAsync<InstanceChangedException>(() => Store.PurgeAsync(ended, default));

        Assert.Equal([Raised("next")], (await Store.LoadAsync(next.Id, default))!.Value.History);
    }

    [Fact]
    public async Task Query_ARowThatIsSpoilt_IsLeftOut()
    {
        var prefix = NewId();
        var instance = await Store.CommitAsync(New($"{prefix}a"), [Started], default);
        await Store.CommitAsync(New($"{prefix}b"), [Started], default);
        await new TableClient(azurite.ConnectionString, Table).UpdateEntityAsync(
            new TableEntity(instance.Id, "status") { ["RuntimeStatus"] = "Dreaming" }, Azure.ETag.All);

        var (found, _) = await Store.QueryAsync(new(InstanceIdPrefix: prefix), default);

        Assert.Equal($"{prefix}b", Assert.Single(found).Id);
    }

    [Fact]
    public async Task Commit_NextExecution_RemovesTheLastOnesHistory()
    {
        var first = await Store.CommitAsync(New(), [Started, Raised("1")], default);
        await Store.CommitAsync(New(first.Id) with { Replaces = first.Execution, ETag = first.ETag }, [Raised("2")], default);
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
        var store = new TableInstanceStore(service, name, NullLogger<TableInstanceStore>.Instance);
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
            "Nobody", NullLogger<TableInstanceStore>.Instance);

        await Assert.ThrowsAsync<InstanceStoreUnavailableException>(() => store.FindAsync("a", default));
        await Assert.ThrowsAsync<InstanceStoreUnavailableException>(() => store.LoadAsync("a", default));
        await Assert.ThrowsAsync<InstanceStoreUnavailableException>(() => store.CommitAsync(New(), [Started], default));
        await Assert.ThrowsAsync<InstanceStoreUnavailableException>(() => store.QueryAsync(new(), default));
        await Assert.ThrowsAsync<InstanceStoreUnavailableException>(async () =>
        {
            await foreach (var _ in store.FindOpenWorkAsync(default)) Assert.Fail("There is nothing.");
        });
    }

    private (TableInstanceStore Store, LossyTransport Lossy) LossyStore(int retries = 1)
    {
        var lossy = new LossyTransport();
        var options = new TableClientOptions { Retry = { MaxRetries = retries, Delay = TimeSpan.FromMilliseconds(1) } };
        options.AddPolicy(lossy, HttpPipelinePosition.PerRetry);
        return (new TableInstanceStore(new TableServiceClient(azurite.ConnectionString, options), Table, NullLogger<TableInstanceStore>.Instance), lossy);
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
