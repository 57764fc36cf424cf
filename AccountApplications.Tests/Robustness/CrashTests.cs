using System.Net;
using AccountApplications.Tests.EndToEnd;
using AccountApplications.Tests.Fixtures;
using Azure.Core;
using Microsoft.Extensions.DependencyInjection;

namespace AccountApplications.Tests.Robustness;

/// <summary>
/// A host dies at a write to storage: from that write on nothing reaches storage any more, and no answer comes back. Each write of each
/// path is tried, lost and made but not answered; then a second host comes to the same data.
/// </summary>
public sealed class CrashTests(AzuriteFixture azurite, Figures figures) : IClassFixture<AzuriteFixture>, IClassFixture<Figures>
{
    private const int AtATime = 4;

    private static readonly Dictionary<string, Path> Paths = new()
    {
        ["approved"] = new(AppClient.Clean, ["SUBMITTED", "APPROVED"]),
        ["flagged and approved"] = new(
            AppClient.Flagged, ["SUBMITTED", "FLAGGED_FOR_REVIEW", "REVIEW_APPROVED", "APPROVED"], Decision: AppClient.Approve),
        ["flagged and rejected"] = new(
            AppClient.Flagged, ["SUBMITTED", "FLAGGED_FOR_REVIEW", "REVIEW_REJECTED", "REJECTED"], Decision: AppClient.Reject),
        ["unprocessable"] = new(AppClient.Unprocessable, ["SUBMITTED", "FLAGGED_WITH_UNPROCESSABLE_DATA"]),
        ["submitted again with its key"] = new(AppClient.Clean, ["SUBMITTED", "APPROVED"], Key: "the-key"),
    };

    public static TheoryData<string> PathNames => [.. Paths.Keys];

    [Theory]
    [MemberData(nameof(PathNames))]
    public async Task Path_CutShortAtAnyWrite_IsFinishedByTheNextHost(string name)
    {
        var path = Paths[name];
        var writes = await WalkAsync(path, int.MaxValue, isApplied: false);
        Assert.InRange(writes, 6, 100);

        var crashes = 0;
        await Parallel.ForEachAsync(
            from write in Enumerable.Range(1, writes)
            from isApplied in (bool[])[false, true]
            select (write, isApplied),
            new ParallelOptions { MaxDegreeOfParallelism = AtATime },
            async (point, _) =>
            {
                try
                {
                    if (await WalkAsync(path, point.write, point.isApplied) >= point.write)
                        Interlocked.Increment(ref crashes);
                }
                catch (Exception e)
                {
                    throw new InvalidOperationException($"At write {point.write}{(point.isApplied ? ", made but not answered" : "")}: {e.Message}", e);
                }
            });

        figures.Print($"An application {name}: {crashes} crash points in {writes} writes, each finished by the next host.");
        // Not each run has the same writes: a submission and its workflow race for some.
        Assert.InRange(crashes, writes, 2 * writes);
    }

    /// <returns>The number of writes on the first host.</returns>
    private async Task<int> WalkAsync(Path path, int dyingWrite, bool isApplied)
    {
        var hub = TestHost.NewHub();
        var storage = new DyingStorage(dyingWrite, isApplied);
        var promised = new Promises();
        Task walk;
        await using (var first = await TestHost.StartAppAsync(azurite.ConnectionString, hub, builder =>
            storage.Faults.PutUnder(builder, azurite.ConnectionString, hub, HttpPipelinePosition.PerCall)))
        {
            storage.IsCounting = true;
            walk = WalkAsync(first, path, promised, storage);
            await Task.WhenAny(walk, storage.Died);
            if (!storage.IsDead)
                await walk;
        }

        // It ends with its host: what it was promised until then, counts.
        await walk.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        await using var second = await TestHost.StartAppAsync(
            azurite.ConnectionString, hub, builder => builder.Services.AddSingleton<TimeProvider>(new LaterTime(TimeSpan.FromMinutes(2))));
        await FinishAsync(second, path, promised);
        return storage.Writes;
    }

    /// <summary>What a client does, until something fails.</summary>
    private static async Task WalkAsync(TestHost app, Path path, Promises promised, DyingStorage storage)
    {
        promised.Id = await SubmitAsync(app, path);
        if (path.Key is not null)
            Assert.Equal(promised.Id, await SubmitAsync(app, path));
        await Eventually.Async(async () =>
            storage.IsDead || (await app.ReadAsync(promised.Id)).Text("state") == path.BeforeReview);
        if (path.Decision is null || storage.IsDead)
            return;
        var review = await app.ReviewAsync(promised.Id, path.Decision);
        Assert.Equal(HttpStatusCode.OK, review.StatusCode);
        promised.IsReviewed = true;
    }

    private static async Task FinishAsync(TestHost app, Path path, Promises promised)
    {
        if (path.Key is not null)
        {
            var id = await SubmitAsync(app, path);
            Assert.Equal(promised.Id ?? id, id);
            promised.Id = id;
        }

        // Who submitted without a key and got no answer may have submitted all the same, and then it counts.
        var instances = await (await app.Http.GetAsync($"{AppClient.Workflows}/instances")).JsonAsync();
        var instance = Assert.Single(instances.EnumerateArray().Select(found => found.Text("instanceId")).DefaultIfEmpty());
        if (promised.Id is not null)
            Assert.Equal(promised.Id, instance);
        if (instance is not null)
        {
            if (path.Decision is not null && !promised.IsReviewed)
            {
                var submitted = await app.UntilStatesAsync(instance, states => states.Contains("FLAGGED_FOR_REVIEW"));
                if (submitted.Text("state") == "FLAGGED_FOR_REVIEW")
                    Assert.Equal(HttpStatusCode.OK, (await app.ReviewAsync(instance, path.Decision)).StatusCode);
            }

            var application = await app.UntilStatesAsync(instance, states => states.Count >= path.States.Count);
            Assert.Equal(path.States, application.States());
            Assert.Equal(path.States[^1], application.Text("state"));
            await app.InstanceUntilAsync(instance, "Completed");
        }

        string[] expected = instance is null ? [] : [$"{path.States[^1]} {instance}"];
        await Eventually.Async(async () => Assert.Equal(expected, await app.ListedAsync()));
    }

    private static async Task<string> SubmitAsync(TestHost app, Path path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/applications") { Content = AppClient.Json(path.Body) };
        if (path.Key is not null)
            request.Headers.Add("Idempotency-Key", path.Key);
        var answer = await app.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        return (await answer.JsonAsync()).Id();
    }

    // States: the application's history, oldest first.
    private sealed record Path(string Body, IReadOnlyList<string> States, string? Decision = null, string? Key = null)
    {
        public string BeforeReview => Decision is null ? States[^1] : "FLAGGED_FOR_REVIEW";
    }

    /// <summary>What a client was told with a 2xx.</summary>
    private sealed class Promises
    {
        public string? Id { get; set; }

        public bool IsReviewed { get; set; }
    }

    /// <summary>Storage that a host loses for good at one of its writes.</summary>
    private sealed class DyingStorage
    {
        private readonly TaskCompletionSource _died = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly int _dyingWrite;
        private readonly bool _isApplied;
        private int _writes;

        public DyingStorage(int dyingWrite, bool isApplied)
        {
            (_dyingWrite, _isApplied) = (dyingWrite, isApplied);
            Faults.Both = HandleAsync;
        }

        public FaultyStorage Faults { get; } = new();

        public bool IsCounting { get; set; }

        public int Writes => _writes;

        public bool IsDead { get; private set; }

        public Task Died => _died.Task;

        private async ValueTask HandleAsync(StorageRequest request)
        {
            // A process that dies does not release its lease; in this one the next host could not tell.
            if (!IsCounting || request.IsLease)
            {
                await request.SendAsync();
                return;
            }

            var isLast = request.Writes && Interlocked.Increment(ref _writes) == _dyingWrite;
            IsDead |= isLast;
            if (!IsDead || (isLast && _isApplied))
                await request.SendAsync();
            if (!IsDead)
                return;
            if (isLast)
                _died.SetResult();
            throw StorageRequest.Lost();
        }
    }
}
