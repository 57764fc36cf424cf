using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text.Json;
using AccountApplications.Tests.EndToEnd;
using AccountApplications.Tests.Fixtures;

namespace AccountApplications.Tests.Robustness;

/// <summary>Clients that submit with keys, review and erase, one application after the other, and do not take no for an answer.</summary>
/// <param name="processesDie">Then an empty 500 is no complaint, as a host answers whose worker has died, nor is a wait for one that starts.</param>
internal sealed class Load(HttpClient http, bool processesDie = false)
{
    private const int Clients = 6;

    // A load, and no flood: other tests run on the same processors.
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(250);

    private static readonly TimeSpan LongestAnswer = TimeSpan.FromSeconds(10);

    // Messages that a host had taken come back after a minute, and they may be taken again; a client waits for that.
    private static readonly TimeSpan ComingToRest = TimeSpan.FromMinutes(6);

    private static readonly (string Body, string? Decision, string[] States)[] Kinds =
    [
        (AppClient.Clean, null, ["SUBMITTED", "APPROVED"]),
        (AppClient.Unprocessable, null, ["SUBMITTED", "FLAGGED_WITH_UNPROCESSABLE_DATA"]),
        (AppClient.Flagged, AppClient.Approve, ["SUBMITTED", "FLAGGED_FOR_REVIEW", "REVIEW_APPROVED", "APPROVED"]),
        (AppClient.Flagged, AppClient.Reject, ["SUBMITTED", "FLAGGED_FOR_REVIEW", "REVIEW_REJECTED", "REJECTED"]),
    ];

    private readonly Guid _name = Guid.NewGuid();
    private readonly ConcurrentDictionary<string, string[]> _accepted = new();
    private readonly ConcurrentBag<string> _erased = [];
    private readonly ConcurrentQueue<string> _complaints = new();
    private List<Task> _clients = [];
    private volatile bool _isOver;
    private int _refused;

    /// <summary>Applications that were accepted.</summary>
    public int Accepted => _accepted.Count + _erased.Count;

    /// <summary>Requests that were answered 503.</summary>
    public int Refused => _refused;

    /// <summary>A client for a host that comes and goes.</summary>
    public static HttpClient ClientOf(int port) =>
        new(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromSeconds(15) };

    public void Start() => _clients = [.. Enumerable.Range(0, Clients).Select(SubmitAndReviewAsync)];

    /// <summary>Lets every client finish what it is about.</summary>
    public async Task StopAsync()
    {
        _isOver = true;
        await Task.WhenAll(_clients);
        Assert.True(_complaints.IsEmpty, string.Join('\n', _complaints));
    }

    /// <summary>Every application ends where it should, with each state once, and those that were erased are gone with their workflows.</summary>
    public async Task AssertFinishedAsync(TestHost app)
    {
        foreach (var id in _erased)
        {
            await Eventually.Async(async () => Assert.Equal(HttpStatusCode.Gone, (await app.Http.GetAsync($"/api/applications/{id}")).StatusCode), ComingToRest);
            await Eventually.Async(
                async () => Assert.Equal(HttpStatusCode.NotFound, (await app.Http.GetAsync($"{AppClient.Workflows}/instances/{id}")).StatusCode), ComingToRest);
        }

        foreach (var (id, states) in _accepted)
        {
            var ended = await Eventually.Async(() => app.ReadAsync(id), seen => seen.States().Count() >= states.Length, ComingToRest);
            Assert.Equal(states, ended.States());
            await Eventually.Async(() => app.InstanceAsync(id), instance => instance.Text("runtimeStatus") == "Completed", ComingToRest);
        }
    }

    /// <summary>
    /// Every application is in one list, its state's, and there are none but those and <paramref name="others"/>: no key stands for two. A row of SUBMITTED that a submission
    /// left when it was cut short goes once it is a minute old.
    /// </summary>
    public async Task AssertListedAsync(TestHost app, params (string State, string Id)[] others)
    {
        var expected = _accepted.Select(application => $"{application.Value[^1]} {application.Key}")
            .Concat(others.Select(other => $"{other.State} {other.Id}")).Order().ToList();
        await Eventually.Async(async () => Assert.Equal(expected, (await app.ListedAsync()).Order()), ComingToRest);
    }

    private async Task SubmitAndReviewAsync(int client)
    {
        for (var i = client; !_isOver; i++)
        {
            // Half of the clients do nothing but submit: a host that was killed keeps reviewers waiting for a minute.
            var (body, decision, states) = Kinds[i % (client % 2 == 0 ? 2 : Kinds.Length)];
            var key = $"{_name}-{client}-{i}";
            var application = await InsistAsync("/api/applications", body, key, HttpStatusCode.Accepted);
            Assert.True(_accepted.TryAdd(application.Id(), states), "Two keys stand for one application.");
            var path = $"/api/applications/{application.Id()}";
            if (client == 0 && i % 3 == 0)
            {
                // At once, whatever its workflow is at.
                await InsistAsync(HttpMethod.Delete, path, null, null, HttpStatusCode.NoContent, HttpStatusCode.Accepted);
                _accepted.TryRemove(application.Id(), out _);
                _erased.Add(application.Id());
            }

            await Task.Delay(Pace);
            if (decision is null)
                continue;

            await Eventually.Async(
                async () => Assert.Equal("FLAGGED_FOR_REVIEW", (await (await http.GetAsync(path)).JsonAsync()).Text("state")),
                ComingToRest);
            await InsistAsync($"{path}/review", decision, key: null, HttpStatusCode.OK);
        }
    }

    /// <summary>Sends a request until it is answered as it should be.</summary>
    private async Task<JsonElement> InsistAsync(string path, string body, string? key, HttpStatusCode status) =>
        await (await InsistAsync(HttpMethod.Post, path, body, key, status)).JsonAsync();

    private Task<HttpResponseMessage> InsistAsync(HttpMethod method, string path, string? body, string? key, params HttpStatusCode[] statuses) => Eventually.Async(
        async () =>
        {
            using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : AppClient.Json(body) };
            if (key is not null)
                request.Headers.Add("Idempotency-Key", key);
            var watch = Stopwatch.StartNew();
            var answer = await http.SendAsync(request);
            await JudgeAsync(answer, watch.Elapsed);
            Assert.True(statuses.Contains(answer.StatusCode), $"{path}: {answer} {await answer.Content.ReadAsStringAsync()}");
            return answer;
        },
        _ => true,
        ComingToRest);

    /// <summary>The only no that there is: try again later, said in time.</summary>
    private async Task JudgeAsync(HttpResponseMessage answer, TimeSpan took)
    {
        if (answer.IsSuccessStatusCode && (processesDie || took < LongestAnswer + TimeSpan.FromSeconds(2)))
            return;
        Interlocked.Increment(ref _refused);
        if (processesDie && answer is { StatusCode: HttpStatusCode.InternalServerError, Content.Headers.ContentLength: 0 })
            return;
        if (answer.StatusCode != HttpStatusCode.ServiceUnavailable || answer.Headers.RetryAfter is null
            || answer.Content.Headers.ContentType?.MediaType != "application/problem+json" || (!processesDie && took > LongestAnswer))
            _complaints.Enqueue($"{answer.RequestMessage} {answer} {await answer.Content.ReadAsStringAsync()} after {took.TotalSeconds:F1} s");
    }
}
