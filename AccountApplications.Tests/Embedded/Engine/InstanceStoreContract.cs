using AccountApplications.EmbeddedHost.Engine;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace AccountApplications.Tests.Embedded.Engine;

/// <summary>What the engine relies on, whatever keeps its instances.</summary>
public abstract class InstanceStoreContract
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    private protected abstract IInstanceStore Store { get; }

    [Fact]
    public async Task Find_UnknownId_IsNothing()
    {
        Assert.Null(await Store.FindAsync(NewId(), default));
        Assert.Null(await Store.LoadAsync(NewId(), default));
    }

    [Fact]
    public async Task Commit_NewInstance_IsFoundAsItWas()
    {
        var instance = New() with
        {
            Status = OrchestrationRuntimeStatus.Failed,
            StartAt = Noon.AddHours(1),
            LastUpdatedAt = Noon.AddMinutes(1),
            Output = "System.Exception: plain text",
            CustomStatus = """{"Käthe":"🚀"}""",
            Failure = new("System.Exception", "plain text", "at A.B()", new("System.FormatException", "inner", null, null, null), null),
            HasOpenWork = true,
        };
        var committed = await Store.CommitAsync(instance, [Started, Raised("1")], default);
        Assert.Equal(instance with { Commits = 1, ETag = committed.ETag }, committed);
        Assert.NotEqual(default, committed.ETag);

        var loaded = (await Store.LoadAsync(instance.Id, default))!.Value;
        Assert.Equal(committed, loaded.Instance);
        Assert.Equal([Started, Raised("1")], loaded.History);
        Assert.Equal(committed, await Store.FindAsync(instance.Id, default));
    }

    [Fact]
    public async Task Commit_EveryKindOfEvent_ComesBackAsItWas()
    {
        var at = Noon.UtcDateTime.AddTicks(1);
        var failure = new TaskFailureDetails("System.Exception", "\"quoted\"\n", null, new("Inner", "inner", null, null, null), null);
        List<HistoryEvent> all =
        [
            new TurnStarted(at), new ExecutionStarted(at, "Name", null), new TaskScheduled(at, 0, "A", "null"), new TaskCompleted(at, 0, null),
            new TaskFailed(at, 1, failure), new TimerCreated(at, 2, at.AddDays(1)), new TimerFired(at, 2, at.AddDays(1)),
            new EventRaised(at, "E", "\"\\u0000🚀\""), new ExecutionSuspended(at, null), new ExecutionResumed(at, ""), new ExecutionTerminated(at, "x"),
            new ExecutionCompleted(at, OrchestrationRuntimeStatus.Failed, "x", failure),
        ];
        var instance = await Store.CommitAsync(New(), all, default);
        var history = (await Store.LoadAsync(instance.Id, default))!.Value.History;
        Assert.Equal(all, history);
        Assert.All(history, happened => Assert.Equal(DateTimeKind.Utc, happened.Timestamp.Kind));
    }

    [Fact]
    public async Task Commit_OneAfterTheOther_AppendsAndReplacesAllButTheInput()
    {
        var first = await Store.CommitAsync(New() with { CustomStatus = "1", HasOpenWork = true }, [Started], default);
        var second = await Store.CommitAsync(first with { CustomStatus = null, Output = "2", HasOpenWork = false }, [Raised("1"), Raised("2")], default);
        var third = await Store.CommitAsync(second with { Output = null }, [], default);

        var (instance, history) = (await Store.LoadAsync(first.Id, default))!.Value;
        Assert.Equal(third, instance);
        Assert.Equal((3, null, null, "\"input\""), (instance.Commits, instance.CustomStatus, instance.Output, instance.Input));
        Assert.Equal([Started, Raised("1"), Raised("2")], history);
    }

    [Fact]
    public async Task Commit_IdIsTaken_IsRefused()
    {
        var first = await Store.CommitAsync(New(), [Started], default);
        await Assert.ThrowsAsync<InstanceChangedException>(() => Store.CommitAsync(New(first.Id) with { Name = "Other" }, [Raised("1")], default));
        Assert.Equal("Name", (await Store.FindAsync(first.Id, default))!.Name);
    }

    [Fact]
    public async Task Commit_StaleVersion_IsRefusedAndWritesNothing()
    {
        var first = await Store.CommitAsync(New(), [Started], default);
        var second = await Store.CommitAsync(first, [Raised("1")], default);
        await Assert.ThrowsAsync<InstanceChangedException>(() => Store.CommitAsync(first with { Output = "stale" }, [Raised("2")], default));

        var (instance, history) = (await Store.LoadAsync(first.Id, default))!.Value;
        Assert.Equal(second, instance);
        Assert.Equal([Started, Raised("1")], history);
    }

    [Fact]
    public async Task Commit_OfAnInstanceThatIsGone_IsRefused()
    {
        var instance = await Store.CommitAsync(New(), [Started], default);
        await Store.PurgeAsync(instance, default);
        await Assert.ThrowsAsync<InstanceChangedException>(() => Store.CommitAsync(instance, [Raised("1")], default));
        Assert.Null(await Store.FindAsync(instance.Id, default));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Commit_ManyAtOnceFromOneVersion_OneWins(bool isNew)
    {
        var instance = isNew ? New() : await Store.CommitAsync(New(), [Started], default);
        var won = await Task.WhenAll(Enumerable.Range(0, 8).Select(async number =>
        {
            try
            {
                await Store.CommitAsync(instance with { Output = $"{number}" }, [Raised($"{number}")], default);
                return number;
            }
            catch (InstanceChangedException)
            {
                return -1;
            }
        }));
        var winner = Assert.Single(won, number => number >= 0);
        var (stored, history) = (await Store.LoadAsync(instance.Id, default))!.Value;
        Assert.Equal($"{winner}", stored.Output);
        Assert.Equal(Raised($"{winner}"), Assert.Single(history.OfType<EventRaised>()));
    }

    [Fact]
    public async Task Commit_NextExecutionOfAnId_LeavesNothingOfTheLast()
    {
        var first = await Store.CommitAsync(
            New() with { StartAt = Noon, CustomStatus = "1", Output = "1", Failure = new("E", "e", null, null, null) }, [Started, Raised("1")], default);
        var again = New(first.Id) with { Input = "\"other\"", Replaces = first.Execution, ETag = first.ETag };
        var second = await Store.CommitAsync(again, [Raised("2")], default);

        var (instance, history) = (await Store.LoadAsync(first.Id, default))!.Value;
        Assert.Equal(again with { Commits = 1, ETag = second.ETag, Replaces = null }, instance);
        Assert.Equal([Raised("2")], history);
    }

    [Fact]
    public async Task Commit_LargeEvents_ComeBackWhole()
    {
        var megabyte = $"\"{new string('x', 1024 * 1024 - 2)}\"";
        var unicode = $"\"{string.Concat(Enumerable.Repeat("ä🚀", 50_000))}\"";
        var instance = await Store.CommitAsync(New(), [Started, Raised(megabyte)], default);
        await Store.CommitAsync(instance, [Raised(unicode), Raised("1")], default);
        var history = (await Store.LoadAsync(instance.Id, default))!.Value.History;
        Assert.Equal([Started, Raised(megabyte), Raised(unicode), Raised("1")], history);
    }

    [Theory]
    [InlineData("\\u0022")]
    [InlineData("\"\",")]
    [InlineData("ä")]
    [InlineData("\ue000")]
    [InlineData("<")]
    [InlineData("\n")]
    public async Task Commit_TheLargestEventOfAnyCharacters_IsStored(string part)
    {
        var payload = string.Concat(Enumerable.Repeat(part, 1024 * 1024 / System.Text.Encoding.UTF8.GetByteCount(part)));
        var instance = await Store.CommitAsync(New(), [Started, Raised(payload)], default);
        Assert.Equal([Started, Raised(payload)], (await Store.LoadAsync(instance.Id, default))!.Value.History);
    }

    [Fact]
    public async Task Commit_LongHistory_ComesBackInOrder()
    {
        var instance = await Store.CommitAsync(New(), [Started], default);
        for (var commit = 0; commit < 50; commit++)
            instance = await Store.CommitAsync(instance, [.. Enumerable.Range(commit * 200, 200).Select(number => Raised($"{number}"))], default);
        var history = (await Store.LoadAsync(instance.Id, default))!.Value.History;
        Assert.Equal(Enumerable.Range(0, 10_000).Select(number => $"{number}"), history.OfType<EventRaised>().Select(raised => raised.Input));
    }

    [Theory]
    [InlineData("input")]
    [InlineData("output")]
    [InlineData("custom status")]
    [InlineData("event")]
    public async Task Commit_MoreThanIsStored_IsRefusedAndWritesNothing(string what)
    {
        var tooMuch = new string('x', what == "event" ? 2_600_000 : 256 * 1024 + 1);
        var instance = New();
        await Assert.ThrowsAsync<PayloadTooLargeException>(() => Store.CommitAsync(
            what switch
            {
                "input" => instance with { Input = tooMuch },
                "output" => instance with { Output = tooMuch },
                "custom status" => instance with { CustomStatus = tooMuch },
                _ => instance,
            },
            what == "event" ? [Raised(tooMuch)] : [Started],
            default));
        Assert.Null(await Store.FindAsync(instance.Id, default));
    }

    [Fact]
    public async Task Commit_AsMuchAsIsStored_ComesBackWhole()
    {
        var much = new string('x', 256 * 1024);
        var instance = await Store.CommitAsync(New() with { Input = much, Output = much, CustomStatus = much }, [Started], default);
        Assert.Equal(instance, await Store.FindAsync(instance.Id, default));
    }

    [Fact]
    public async Task Purge_RemovesAllAndFreesTheId()
    {
        var instance = await Store.CommitAsync(New(), [Started, Raised("1")], default);
        instance = await Store.CommitAsync(instance, [Raised("2")], default);
        await Store.PurgeAsync(instance, default);
        Assert.Null(await Store.FindAsync(instance.Id, default));

        await Store.CommitAsync(New(instance.Id), [Raised("3")], default);
        Assert.Equal([Raised("3")], (await Store.LoadAsync(instance.Id, default))!.Value.History);
    }

    [Fact]
    public async Task Purge_StaleVersion_IsRefusedAndRemovesNothing()
    {
        var first = await Store.CommitAsync(New(), [Started], default);
        await Store.CommitAsync(first, [Raised("1")], default);
        await Assert.ThrowsAsync<InstanceChangedException>(() => Store.PurgeAsync(first, default));
        Assert.Equal([Started, Raised("1")], (await Store.LoadAsync(first.Id, default))!.Value.History);
    }

    [Fact]
    public async Task Query_Filters_ByPrefixStatusAndDates()
    {
        var prefix = NewId();
        for (var number = 0; number < 6; number++)
        {
            await Store.CommitAsync(
                new Instance($"{prefix}-{number}", "Name", Noon.AddHours(number), null)
                {
                    Status = number % 2 == 0 ? OrchestrationRuntimeStatus.Running : OrchestrationRuntimeStatus.Completed,
                },
                [Started],
                default);
        }

        Assert.Equal("012345", await NumbersAsync(new()));
        Assert.Equal("024", await NumbersAsync(new(Statuses: [OrchestrationRuntimeStatus.Running, OrchestrationRuntimeStatus.Running])));
        Assert.Equal("012345", await NumbersAsync(new(Statuses: [OrchestrationRuntimeStatus.Running, OrchestrationRuntimeStatus.Completed])));
        Assert.Equal("012345", await NumbersAsync(new(Statuses: [])));
        Assert.Equal("", await NumbersAsync(new(Statuses: [OrchestrationRuntimeStatus.Terminated])));
        Assert.Equal("2345", await NumbersAsync(new(CreatedFrom: Noon.AddHours(2))));
        Assert.Equal("0123", await NumbersAsync(new(CreatedTo: Noon.AddHours(3))));
        Assert.Equal("3", await NumbersAsync(new(Noon.AddHours(2), Noon.AddHours(4), [OrchestrationRuntimeStatus.Completed])));

        async Task<string> NumbersAsync(OrchestrationQuery filter) =>
            string.Concat((await AllAsync(filter with { InstanceIdPrefix = prefix })).Select(instance => instance.Id[^1]).Order());
    }

    [Fact]
    public async Task Query_InPages_GivesEveryInstanceOnce()
    {
        var prefix = NewId();
        for (var number = 0; number < 7; number++)
            await Store.CommitAsync(New($"{prefix}-{number}"), [Started, Raised("1")], default);
        var found = await AllAsync(new(InstanceIdPrefix: prefix, PageSize: 3), page => Assert.InRange(page.Count, 0, 3));
        Assert.Equal(7, found.Select(instance => instance.Id).Distinct().Count());
        Assert.Equal(7, found.Count);
    }

    [Fact]
    public async Task FindOpenWork_GivesThoseThatHaveSome()
    {
        var open = await Store.CommitAsync(New() with { HasOpenWork = true }, [Started], default);
        var none = await Store.CommitAsync(New(), [Started], default);
        var done = await Store.CommitAsync(New() with { HasOpenWork = true }, [Started], default);
        await Store.CommitAsync(done with { HasOpenWork = false }, [], default);

        var found = new List<string>();
        await foreach (var id in Store.FindOpenWorkAsync(default)) found.Add(id);
        Assert.Contains(open.Id, found);
        Assert.DoesNotContain(none.Id, found);
        Assert.DoesNotContain(done.Id, found);
    }

    [Theory]
    [InlineData("o'neil ''")]
    [InlineData("with spaces  and more")]
    [InlineData("Käthe-日本-🚀")]
    [InlineData("100%")]
    [InlineData("a%2Fb")]
    [InlineData("a+b&c=d;e,f:g@h$i(j)[k]{l}|m^n`o~p\"q<r>s*!")]
    [InlineData("application_6f9619ff-8b86-4011-b42d-00c04fc964ff")]
    public async Task Id_OfAnyCharacters_IsKeptApart(string id)
    {
        id = $"{id}{NewId()}";
        var first = await Store.CommitAsync(New(id), [Started], default);
        await Store.CommitAsync(New(id.ToUpperInvariant()), [Raised("other")], default);
        var second = await Store.CommitAsync(first with { HasOpenWork = true }, [Raised("1")], default);

        Assert.Equal(id, (await Store.FindAsync(id, default))!.Id);
        Assert.Equal([Started, Raised("1")], (await Store.LoadAsync(id, default))!.Value.History);
        Assert.Equal(second, Assert.Single(await AllAsync(new(InstanceIdPrefix: id))));
        await Store.PurgeAsync(second, default);
        Assert.Null(await Store.FindAsync(id, default));
    }

    [Fact]
    public async Task Id_OfTheLongestKind_Works()
    {
        var id = NewId().PadRight(256, 'ä');
        await Store.CommitAsync(New(id), [Started], default);
        Assert.Equal(id, (await Store.FindAsync(id, default))!.Id);
    }

    private protected static ExecutionStarted Started => new(Noon.UtcDateTime, "Name", "\"input\"");

    private protected static EventRaised Raised(string json) => new(Noon.UtcDateTime, "E", json);

    private protected static string NewId() => $"{Guid.NewGuid():N}";

    private protected static Instance New(string? id = null) =>
        new(id ?? NewId(), "Name", Noon, "\"input\"") { Status = OrchestrationRuntimeStatus.Running };

    private async Task<List<Instance>> AllAsync(OrchestrationQuery filter, Action<IReadOnlyList<Instance>>? look = null)
    {
        var all = new List<Instance>();
        do
        {
            var (page, next) = await Store.QueryAsync(filter, default);
            look?.Invoke(page);
            all.AddRange(page);
            filter = filter with { ContinuationToken = next };
        }
        while (filter.ContinuationToken is not null);

        return all;
    }
}

public sealed class MemoryInstanceStoreTests : InstanceStoreContract
{
    private protected override IInstanceStore Store { get; } = new MemoryInstanceStore();
}
