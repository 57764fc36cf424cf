using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using AccountApplications.Tests.Embedded;
using AccountApplications.Tests.Embedded.Hosting;
using AccountApplications.Tests.EndToEnd;
using AccountApplications.Tests.Fixtures;
using Microsoft.Extensions.DependencyInjection;
using Xunit.Abstractions;

namespace AccountApplications.Tests.Robustness;

/// <summary>The app's process is killed again and again, while clients submit and review and do not take no for an answer.</summary>
public sealed class KillTests(AzuriteFixture azurite, ITestOutputHelper output) : IClassFixture<AzuriteFixture>
{
    private const int Clients = 6;

    private static readonly TimeSpan LongestLife = TimeSpan.FromMilliseconds(600);

    private static readonly (string Body, string? Decision, string[] States)[] Kinds =
    [
        (AppClient.Clean, null, ["SUBMITTED", "APPROVED"]),
        (AppClient.Unprocessable, null, ["SUBMITTED", "FLAGGED_WITH_UNPROCESSABLE_DATA"]),
        (AppClient.Flagged, AppClient.Approve, ["SUBMITTED", "FLAGGED_FOR_REVIEW", "REVIEW_APPROVED", "APPROVED"]),
        (AppClient.Flagged, AppClient.Reject, ["SUBMITTED", "FLAGGED_FOR_REVIEW", "REVIEW_REJECTED", "REJECTED"]),
    ];

    [Fact]
    public async Task App_KilledAgainAndAgain_FinishesAllThatItAcceptedOnce()
    {
        var seed = Setting.Seed;
        output.WriteLine($"ROBUSTNESS_SEED={seed}");
        var (hub, port) = (TestHost.NewHub(), AppProcess.FreePort());
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false })
        {
            BaseAddress = new Uri($"http://127.0.0.1:{port}"),
            Timeout = TimeSpan.FromSeconds(15),
        };
        ConcurrentDictionary<string, string[]> accepted = new();
        using var over = new CancellationTokenSource();

        var random = new Random(seed);
        var app = AppProcess.Start(azurite.ConnectionString, port, hub);
        try
        {
            await app.ReadyAsync();
            var clients = Enumerable.Range(0, Clients).Select(client => SubmitAndReviewAsync(http, client, accepted, over.Token)).ToList();
            for (var kill = 0; kill < Setting.Kills; kill++)
            {
                await Task.Delay(LongestLife * random.NextDouble());
                await app.SignalAsync("KILL");
                await app.DisposeAsync();
                app = AppProcess.Start(azurite.ConnectionString, port, hub);
                await app.ReadyAsync();
            }

            await over.CancelAsync();
            await Task.WhenAll(clients);
            output.WriteLine($"{Setting.Kills} kills, {accepted.Count} applications.");
            await app.SignalAsync("TERM");
            Assert.Equal(0, await app.ExitAsync());
        }
        finally
        {
            await app.DisposeAsync();
        }

        // In an hour's time, so that what a crash may leave in a list for a minute is over it.
        await using var next = await TestHost.StartAppAsync(
            azurite.ConnectionString, hub, builder => builder.Services.AddSingleton<TimeProvider>(new LaterTime(TimeSpan.FromHours(1))));
        Assert.True(accepted.Count >= Setting.Kills, $"{accepted.Count} applications are no load.");
        foreach (var (id, states) in accepted)
        {
            Assert.Equal(states, (await next.UntilStatesAsync(id, seen => seen.Count >= states.Length)).States());
            await next.InstanceUntilAsync(id, "Completed");
        }

        // Each is in one list, and there are no others: no key stands for two.
        var expected = accepted.Select(application => $"{application.Value[^1]} {application.Key}").Order().ToList();
        await Eventually.Async(async () => Assert.Equal(expected, (await next.ListedAsync()).Order()));
    }

    private static async Task SubmitAndReviewAsync(
        HttpClient http, int client, ConcurrentDictionary<string, string[]> accepted, CancellationToken over)
    {
        for (var i = client; !over.IsCancellationRequested; i++)
        {
            var (body, decision, states) = Kinds[i % Kinds.Length];
            var application = await InsistAsync(
                http,
                () => new HttpRequestMessage(HttpMethod.Post, "/api/applications")
                {
                    Content = AppClient.Json(body),
                    Headers = { { "Idempotency-Key", $"{client}-{i}" } },
                },
                HttpStatusCode.Accepted);
            Assert.True(accepted.TryAdd(application.Id(), states), "Two keys stand for one application.");
            if (decision is null)
                continue;

            var path = $"/api/applications/{application.Id()}";
            await Eventually.Async(async () =>
                Assert.Equal("FLAGGED_FOR_REVIEW", (await (await http.GetAsync(path)).JsonAsync()).Text("state")));
            await InsistAsync(
                http, () => new HttpRequestMessage(HttpMethod.Post, $"{path}/review") { Content = AppClient.Json(decision) }, HttpStatusCode.OK);
        }
    }

    /// <summary>Sends a request until it is answered as it should be.</summary>
    private static Task<JsonElement> InsistAsync(HttpClient http, Func<HttpRequestMessage> create, HttpStatusCode status) =>
        Eventually.Async(
            async () =>
            {
                using var request = create();
                var answer = await http.SendAsync(request);
                Assert.Equal(status, answer.StatusCode);
                return await answer.JsonAsync();
            },
            _ => true);
}
