using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using AccountApplications.Tests.EndToEnd;
using AccountApplications.Tests.Fixtures;

namespace AccountApplications.Tests.Robustness;

/// <summary>
/// Each write of each path of an application, its events included, fails once, with all tries of the storage client: not made, or made and not answered. Whoever
/// made it is called again, an activity by its retries, a submission by its client.
/// </summary>
public sealed class CrashTests(AzuriteFixture azurite, Figures figures) : IClassFixture<AzuriteFixture>, IClassFixture<Figures>
{
    private const int AtATime = 8;

    private static readonly Path[] Paths =
    [
        new("1 Street", [], ["SUBMITTED", "APPROVED"]),
        new("ABadAddress", [Approval("ada"), Approval("bob")], ["SUBMITTED", "FLAGGED_FOR_REVIEW", "REVIEW_APPROVED", "APPROVED"]),
        new("ABadAddress", [Approval("ada"), (app, id) => app.ReviewAsAsync("ada", id, AppClient.Reject)], ["SUBMITTED", "FLAGGED_FOR_REVIEW", "REVIEW_REJECTED", "REJECTED"]),
        new("ABadAddress", [(app, id) => app.WithdrawAsync(id)], ["SUBMITTED", "FLAGGED_FOR_REVIEW", "WITHDRAWN"]),
        new("1 Street", [], ["SUBMITTED", "FLAGGED_WITH_UNPROCESSABLE_DATA"], "UNPROCESSABLE_DATA"),
    ];

    private readonly ConcurrentDictionary<string, Walk> _walks = new();
    private readonly ConcurrentBag<string> _ended = [];
    private TestHost _app = null!;
    private EventReader _events = null!;

    [Fact]
    public async Task Path_CutShortAtAnyWrite_IsFinished()
    {
        var hub = TestHost.NewHub();
        await using var storage = await FaultyStorage.StartAsync(azurite.ConnectionString);
        await using var app = _app = await TestHost.StartAppAsync(
            storage.ConnectionString, hub, ("AccountApplications__Review__Approvals", "2"), ("AccountApplications__EventsQueue", EventReader.QueueOf(hub)));
        _events = new EventReader(azurite.ConnectionString, hub);
        storage.OnRequest = request => request.Writes && request.IsOfApp(hub) ? HandleAsync(request) : request.SendAsync();

        List<(Path Path, int Write, bool IsMade)> points = [];
        foreach (var path in Paths)
        {
            var writes = await WalkAsync(path, failing: 0, isMade: false);
            Assert.InRange(writes, 6, 24);
            points.AddRange(from write in Enumerable.Range(1, writes) from isMade in (bool[])[false, true] select (path, write, isMade));
        }

        var hits = 0;
        await Parallel.ForEachAsync(points, new ParallelOptions { MaxDegreeOfParallelism = AtATime }, async (point, _) =>
        {
            if (await WalkAsync(point.Path, point.Write, point.IsMade) >= point.Write)
                Interlocked.Increment(ref hits);
        });

        // Each is in one list, its state's.
        await Eventually.Async(async () => Assert.Equal(_ended.Order(), (await app.ListedAsync()).Order()), TimeSpan.FromMinutes(3));
        figures.Print($"{hits} crash points at the writes of {Paths.Length} paths, each finished.");
        // Not each run has the same writes: a submission and its workflow race for some.
        Assert.InRange(hits, points.Count / 2, points.Count);
    }

    /// <returns>The number of writes.</returns>
    private async Task<int> WalkAsync(Path path, int failing, bool isMade)
    {
        var key = Guid.NewGuid().ToString();
        var walk = _walks[key] = new Walk($"{path.Name}{key}", failing, isMade);
        var application = await Eventually.Async(async () =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/api/applications")
            {
                Content = AppClient.Json(JsonSerializer.Serialize(new { name = walk.Name, address = path.Address })),
                Headers = { { "Idempotency-Key", key } },
            };
            var answer = await _app.Http.SendAsync(request);
            if (answer.StatusCode != HttpStatusCode.Accepted)
                await answer.AssertProblemAsync(HttpStatusCode.ServiceUnavailable);
            return answer.StatusCode == HttpStatusCode.Accepted ? (await answer.JsonAsync()).Id() : null;
        }, id => id is not null);
        if (path.Steps.Length > 0)
            await _app.UntilAsync(application!, "FLAGGED_FOR_REVIEW");
        foreach (var step in path.Steps)
        {
            var answer = await Eventually.Async(() => step(_app, application!), answer => answer.IsSuccessStatusCode);
            Assert.Contains(answer.StatusCode, (HttpStatusCode[])[HttpStatusCode.OK, HttpStatusCode.Accepted]);
        }

        var ended = await _app.UntilAsync(application!, path.States[^1]);
        Assert.Equal(path.States, ended.States());
        Assert.Equal(path.States.Contains("WITHDRAWN") ? 0 : path.Steps.Length, ended.GetProperty("reviews").GetArrayLength());
        await _app.InstanceUntilAsync(application!, "Completed");
        // Whoever comes after has been told of every state.
        await Eventually.Async(async () => Assert.Equal(
            path.States.Select((state, i) => $"{i} {state}"),
            (await _events.ReadAsync(application!)).Values.Select(one => one.GetProperty("data")).Select(data => $"{data.GetProperty("sequence")} {data.Text("state")}").Order()));
        _ended.Add($"{path.States[^1]} {application}");
        return walk.Writes.Count;
    }

    private async Task HandleAsync(StorageRequest request)
    {
        var walk = _walks.Values.FirstOrDefault(walk => walk.IsAbout(request));
        if (walk is null || !walk.Fails(request.OperationId, out var isFirst))
        {
            await request.SendAsync();
            return;
        }

        if (walk.IsMade && isFirst)
        {
            await request.SendAsync();
            request.Lose();
        }
        else
        {
            await request.RefuseAsync();
        }
    }

    private static Func<TestHost, string, Task<HttpResponseMessage>> Approval(string reviewer) =>
        (app, id) => app.ReviewAsAsync(reviewer, id, AppClient.Approve);

    /// <param name="Steps">What people do about it once it waits.</param>
    private sealed record Path(string Address, Func<TestHost, string, Task<HttpResponseMessage>>[] Steps, string[] States, string Name = "");

    /// <summary>An application, known by its name until a row of it shows its id; and which of its writes is to fail, from 1 on.</summary>
    private sealed record Walk(string Name, int Failing, bool IsMade)
    {
        private string? _id;

        public HashSet<string> Writes { get; } = [];

        private HashSet<string> Tries { get; } = [];

        public bool IsAbout(StorageRequest request)
        {
            if (_id is null && request.Mentions(Name))
                _id = request.ApplicationId;
            return _id is not null && request.Mentions(_id);
        }

        public bool Fails(string operation, out bool isFirst)
        {
            lock (Writes)
            {
                Writes.Add(operation);
                var fails = Failing > 0 && Writes.ElementAtOrDefault(Failing - 1) == operation;
                isFirst = fails && Tries.Add(operation);
                return fails;
            }
        }
    }
}
