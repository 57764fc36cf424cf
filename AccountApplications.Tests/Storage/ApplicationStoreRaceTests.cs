using System.Threading.Channels;
using AccountApplications.Functions.Applications;
using AccountApplications.Tests.Fixtures;

namespace AccountApplications.Tests.Storage;

/// <summary>
/// Two of a store's changes to one application. The first comes to each of its requests, then the second to each of its own; then the
/// first goes on and the second after it, or the first is never heard of again and delivered anew once the second is done.
/// </summary>
public class ApplicationStoreRaceTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private static readonly DateTime Later = new(2026, 11, 22, 14, 0, 0, DateTimeKind.Utc);

    private static readonly Dictionary<string, Func<TestApp, AccountApplication, Task>> Changes = new()
    {
        ["submit"] = (app, it) => app.Store.SubmitAsync(it, default),
        ["flag"] = (app, it) => app.Store.ChangeAsync(it, current => current.FlagForReview([], Later)),
        ["approve"] = (app, it) => app.Store.ChangeAsync(it, current => current.Approve([], [ReviewWith(Decision.Approve)], Later)),
        ["reject"] = (app, it) => app.Store.ChangeAsync(it, current => current.Reject([ReviewWith(Decision.Reject)], Later)),
        ["withdraw"] = (app, it) => app.Store.ChangeAsync(it, current => current.Withdraw(Later)),
        ["expire"] = (app, it) => app.Store.ChangeAsync(it, current => current.Expire(Later)),
        ["record"] = (app, it) => app.Store.ChangeAsync(it, current => current.Record([ReviewWith(Decision.Approve)])),
        ["erase"] = (app, it) => app.EraseAsync(it.Id),
        ["remind"] = (app, it) => app.Store.ChangeAsync(it, current => current.Remind(Later)),
    };

    // The numbers: how many requests each makes that is not overtaken.
    [Theory]
    [InlineData("", "submit", 3, "flag", 5)]
    [InlineData("", "flag", 5, "submit", 3)]
    [InlineData("", "flag", 5, "flag", 5)]
    [InlineData("flag", "flag", 9, "flag", 9)]
    [InlineData("flag", "flag", 9, "approve", 7)]
    [InlineData("flag", "approve", 7, "flag", 9)]
    [InlineData("flag", "approve", 7, "approve", 7)]
    [InlineData("flag", "approve", 7, "reject", 7)]
    [InlineData("flag", "withdraw", 7, "expire", 7)]
    [InlineData("flag", "record", 3, "expire", 7)]
    [InlineData("flag", "withdraw", 7, "record", 3)]
    [InlineData("flag", "record", 3, "remind", 3)]
    public async Task TwoChanges_InterleavedAnyhow_EndInOneListAndAreNeverInNone(
        string before, string first, int firstRequests, string second, int secondRequests)
    {
        var app = await TestApp.StartAsync(azurite);
        app.Probe.BeforeEach = Stepped.WaitAsync;
        var orders =
            from one in Enumerable.Range(1, firstRequests - 1)
            from other in Enumerable.Range(1, secondRequests + 1)
            select (one, other);

        await Parallel.ForEachAsync(orders, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (order, _) =>
        {
            var application = app.NewApplication();
            if (before.Length > 0)
                await Changes[before](app, application);
            Task Delivery(string change) => Changes[change](app, application);

            var one = await Stepped.StartAsync(() => Delivery(first));
            await one.StepAsync(order.one);
            var other = await Stepped.StartAsync(() => Delivery(second));
            await other.StepAsync(order.other);
            if (await app.Store.FindAsync(application.Id, default) is { } halfway)
                Assert.True((await app.ListsWithAsync(application)).Contains(halfway.State), $"{order}: in no list, being {halfway.State}.");

            var isLost = order.other > secondRequests;
            await (isLost ? other : one).FinishAsync();
            await (isLost ? Delivery(first) : other.FinishAsync());
            var last = await app.Store.FindAsync(application.Id, default);
            var lists = await app.ListsWithAsync(application);
            Assert.True(lists is [var list] && list == last?.State, $"{order}: {last?.State} at last, in the lists {string.Join(", ", lists)}.");
        });
    }

    [Theory]
    [InlineData("flag", "submit", 5)]
    [InlineData("flag", "flag", 9)]
    [InlineData("flag", "approve", 7)]
    [InlineData("flag", "withdraw", 7)]
    [InlineData("flag", "record", 3)]
    [InlineData("submit", "flag", 4)]
    public async Task Change_OvertakenByAnErasure_LeavesNothing(string before, string change, int requests)
    {
        var app = await TestApp.StartAsync(azurite);
        app.Probe.BeforeEach = Stepped.WaitAsync;
        for (var step = 0; step <= requests; step++)
        {
            var application = app.NewApplication();
            await Changes[before](app, application);
            var late = await Stepped.StartAsync(() => Changes[change](app, application));
            await late.StepAsync(step);

            await Changes["erase"](app, application);
            await late.FinishAsync(mayFail: true);

            Assert.Empty(await app.ListsWithAsync(application));
            Assert.Empty(await app.RelatedAsync(application));
            await Assert.ThrowsAsync<ApplicationErasedException>(() => app.Store.FindAsync(application.Id, default));
            Assert.DoesNotContain(application.Name, await app.DumpAsync(application.Id), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("approve")]
    [InlineData("reject")]
    [InlineData("withdraw")]
    [InlineData("flag")]
    public async Task Erasure_OvertakenByAChange_LeavesNothing(string change)
    {
        var app = await TestApp.StartAsync(azurite);
        app.Probe.BeforeEach = Stepped.WaitAsync;
        for (var step = 0; step <= 12; step++)
        {
            var application = app.NewApplication();
            await Changes["flag"](app, application);
            var erasure = await Stepped.StartAsync(() => Changes["erase"](app, application));
            await erasure.StepAsync(step);

            await Changes[change](app, application);
            await erasure.FinishAsync();

            Assert.Empty(await app.ListsWithAsync(application));
            Assert.DoesNotContain(application.Name, await app.DumpAsync(application.Id), StringComparison.Ordinal);
        }
    }

    private static Review ReviewWith(Decision decision) => new(decision, "ada", null, Later);

    /// <summary>Work whose every request to storage waits until it is let through.</summary>
    private sealed class Stepped
    {
        private static readonly AsyncLocal<Stepped?> Running = new();

        private readonly Channel<bool> _arrived = Channel.CreateUnbounded<bool>();
        private readonly Channel<bool> _letThrough = Channel.CreateUnbounded<bool>();
        private Task _work = Task.CompletedTask;

        /// <summary>What a request waits for.</summary>
        public static async Task WaitAsync()
        {
            if (Running.Value is not { } stepped)
                return;
            stepped._arrived.Writer.TryWrite(true);
            await stepped._letThrough.Reader.ReadAsync();
        }

        /// <summary>Until its first request.</summary>
        public static async Task<Stepped> StartAsync(Func<Task> work)
        {
            var stepped = new Stepped();
            stepped._work = stepped.RunAsync(work);
            await stepped.ArriveAsync();
            return stepped;
        }

        /// <summary>Lets so many requests through, or as many as there are.</summary>
        public async Task StepAsync(int requests)
        {
            for (; requests > 0 && !_work.IsCompleted; requests--)
            {
                _letThrough.Writer.TryWrite(true);
                await ArriveAsync();
            }
        }

        /// <param name="mayFail">Whether it may find that the application was erased.</param>
        public async Task FinishAsync(bool mayFail = false)
        {
            await StepAsync(int.MaxValue);
            try
            {
                await _work;
            }
            catch (ApplicationErasedException) when (mayFail)
            {
            }
        }

        private Task<Task> ArriveAsync() => Task.WhenAny(_arrived.Reader.ReadAsync().AsTask(), _work);

        private async Task RunAsync(Func<Task> work)
        {
            Running.Value = this;
            await work();
        }
    }
}
