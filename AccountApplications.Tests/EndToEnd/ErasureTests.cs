using System.Net;
using System.Text.Json;
using AccountApplications.Tests.Fixtures;

namespace AccountApplications.Tests.EndToEnd;

/// <summary>An app that erases what has ended a second ago, when it is told to; and what it leaves in storage and tells others.</summary>
public sealed class ErasureFixture : IAsyncLifetime
{
    private readonly AzuriteFixture _azurite = new();

    internal TestHost App { get; private set; } = null!;

    internal StorageSearch Search { get; private set; } = null!;

    internal EventReader Events { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        await _azurite.InitializeAsync();
        var hub = TestHost.NewHub();
        Search = new StorageSearch(_azurite.ConnectionString, hub);
        Events = new EventReader(_azurite.ConnectionString, hub);
        App = await TestHost.StartAppAsync(
            _azurite.ConnectionString, hub, ("AccountApplications__EventsQueue", Events.Queue), ("AccountApplications__Retention", "00:00:01"),
            // By hand alone: the full hour may come at any moment.
            ("AccountApplications__RetentionSchedule", "0 0 0 29 2 *"),
            ("AccountApplications__Review__DueAfter", "00:00:01"), ("AccountApplications__Review__ExpireAfter", "00:00:30"));
    }

    public async Task DisposeAsync() => await App.DisposeAsync();
}

/// <summary>Erasing on the real thing: what is left, who still gets what answer, and who is told.</summary>
public sealed class ErasureTests(ErasureFixture fixture) : IClassFixture<ErasureFixture>
{
    private TestHost App => fixture.App;

    [Fact]
    public async Task Erasure_InEveryState_LeavesNothingOfThePersonAndStaysSo()
    {
        var person = $"Marker{Guid.NewGuid():N}";
        // First, because the others would expire meanwhile.
        var expired = await NewAsync(person, "EXPIRED");
        var others = await Task.WhenAll(
            NewAsync(person, "APPROVED", address: $"{person} 1 Street"),
            NewAsync(person, "FLAGGED_WITH_UNPROCESSABLE_DATA", name: $"{person} UNPROCESSABLE_DATA"),
            NewAsync(person, "FLAGGED_FOR_REVIEW"),
            NewAsync(person, "FLAGGED_FOR_REVIEW", id => App.ClaimAsAsync("ada", id)),
            NewAsync(person, "FLAGGED_FOR_REVIEW", id => App.TerminateAsync(id)),
            NewAsync(person, "FLAGGED_FOR_REVIEW", id => App.SuspendAsync(id)),
            NewAsync(person, "FLAGGED_FOR_REVIEW", id => RestartAsync(id)),
            NewAsync(person, "APPROVED", id => ReviewAsync(id, "APPROVE", person)),
            NewAsync(person, "REJECTED", id => ReviewAsync(id, "REJECT", person)),
            NewAsync(person, "WITHDRAWN", id => App.WithdrawAsync(id)));
        (string Id, string State, string Key)[] kinds = [.. others, expired];
        Assert.NotEmpty(await fixture.Search.FindAsync(person));
        var underWay = (await (await SubmitAsync(person, person, Guid.NewGuid().ToString())).JsonAsync()).Id();
        List<string> ids = [.. kinds.Select(kind => kind.Id), underWay];

        await Task.WhenAll(ids.SelectMany(id => (Task[])[ErasedAsync(id, "ada"), ErasedAsync(id, "bob")]));
        // As a restart that had read the record before.
        await App.PostAsync($"{AppClient.Workflows.Replace("webhooks/durabletask", "webhooks/durabletask/orchestrators/ProcessApplication", StringComparison.Ordinal)}/{kinds[2].Id}",
            JsonSerializer.Serialize(new { id = kinds[2].Id, name = person, address = person, submittedAt = DateTime.UtcNow }));

        foreach (var id in ids)
        {
            var gone = await (await App.Http.GetAsync($"/api/applications/{id}")).JsonAsync();
            if (Array.Find(kinds, kind => kind.Id == id).State is { } state)
                Assert.Equal(state, gone.States().Last());
            Assert.Equal(410, gone.GetProperty("status").GetInt32());
            Assert.Contains(gone.Text("erasedBy"), (string[])["ada", "bob"]);
            Assert.Equal("SUBMITTED", gone.GetProperty("history")[0].Text("state"));
            foreach (var (method, route) in (IEnumerable<(string, string)>)
                [("GET", "related"), ("POST", "review"), ("POST", "claim"), ("DELETE", "claim"), ("POST", "withdraw"), ("POST", "restart")])
                Assert.Equal(
                    HttpStatusCode.Gone,
                    (await App.SendAsAsync("ada", method, $"/api/applications/{id}/{route}", route == "review" ? AppClient.Approve : null)).StatusCode);
            Assert.Equal(HttpStatusCode.NoContent, (await App.EraseAsync(id)).StatusCode);
            Assert.Equal(id, JsonDocument.Parse((await App.InstanceAsync($"erase_{id}")).GetProperty("input").GetRawText()).RootElement.Text("Id"));
        }

        foreach (var (id, _, key) in kinds)
        {
            Assert.Equal(HttpStatusCode.Gone, (await SubmitAsync(person, person, key)).StatusCode);
            Assert.Equal(HttpStatusCode.Gone, (await SubmitAsync("Somebody", "Else 1", key)).StatusCode);
            await Eventually.Async(async () => Assert.Equal(await ExpectedEventsAsync(id), (await fixture.Events.ReadAsync(id)).Values.Select(one => one.Text("type")).Order()));
        }

        // Within two minutes nothing at all.
        await Eventually.Async(async () => Assert.Empty(await fixture.Search.FindAsync(person)), TimeSpan.FromMinutes(2));
        Assert.DoesNotContain(await App.ListedAsync(), listed => ids.Exists(id => listed.EndsWith(id, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Erasure_WhileItIsBeingDecided_WinsInTheEnd()
    {
        var person = $"Marker{Guid.NewGuid():N}";
        for (var round = 0; round < 5; round++)
        {
            var (id, _, _) = await NewAsync(person, "FLAGGED_FOR_REVIEW");

            var review = App.ReviewAsAsync("ada", id, $$"""{"decision":"REJECT","comment":"{{person}}"}""");
            await Task.WhenAll(ErasedAsync(id, null), review, App.WithdrawAsync(id));

            Assert.Contains((int)(await review).StatusCode, (int[])[200, 202, 409, 410]);
            Assert.Equal(HttpStatusCode.Gone, (await App.Http.GetAsync($"/api/applications/{id}")).StatusCode);
        }

        await Eventually.Async(async () => Assert.Empty(await fixture.Search.FindAsync(person)), TimeSpan.FromMinutes(2));
    }

    [Fact]
    public async Task Retention_Over_ErasesWhatHasEndedAndNothingElse()
    {
        var person = $"Marker{Guid.NewGuid():N}";
        var ended = await Task.WhenAll(
            NewAsync(person, "APPROVED", address: $"{person} 1 Street"),
            NewAsync(person, "FLAGGED_WITH_UNPROCESSABLE_DATA", name: $"{person} UNPROCESSABLE_DATA"),
            NewAsync(person, "WITHDRAWN", id => App.WithdrawAsync(id)));

        await Eventually.Async(async () =>
        {
            var waiting = await App.NewWaitingAsync();
            Assert.Equal(HttpStatusCode.Accepted, (await App.PostAsync("/admin/functions/EraseOld", "{}")).StatusCode);
            foreach (var (id, _, _) in ended)
                Assert.Equal("retention", (await (await App.Http.GetAsync($"/api/applications/{id}")).JsonAsync()).Text("erasedBy"));
            Assert.Equal("FLAGGED_FOR_REVIEW", (await App.ReadAsync(waiting)).Text("state"));
        });

        await Eventually.Async(async () => Assert.Empty(await fixture.Search.FindAsync(person)), TimeSpan.FromMinutes(2));
    }

    private async Task<(string Id, string State, string Key)> NewAsync(
        string person, string state, Func<string, Task>? step = null, string? name = null, string? address = null)
    {
        var key = Guid.NewGuid().ToString();
        var id = (await (await SubmitAsync(name ?? person, address ?? person, key)).JsonAsync()).Id();
        if (step is not null)
        {
            await App.UntilAsync(id, "FLAGGED_FOR_REVIEW");
            await step(id);
        }

        await App.UntilAsync(id, state, TimeSpan.FromMinutes(1));
        return (id, state, key);
    }

    private async Task<HttpResponseMessage> SubmitAsync(string name, string address, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/applications")
        {
            Content = AppClient.Json(JsonSerializer.Serialize(new { name, address })),
            Headers = { { "Idempotency-Key", key } },
        };
        return await App.Http.SendAsync(request);
    }

    private Task<HttpResponseMessage> ReviewAsync(string id, string decision, string comment) =>
        App.ReviewAsAsync("ada", id, $$"""{"decision":"{{decision}}","comment":"{{comment}}"}""");

    private async Task RestartAsync(string id)
    {
        await App.TerminateAsync(id);
        Assert.Equal(HttpStatusCode.Accepted, (await App.PostAsync($"/api/applications/{id}/restart", "{}")).StatusCode);
    }

    private async Task ErasedAsync(string id, string? by) =>
        await Eventually.Async(() => App.EraseAsync(id, by), answer => answer.StatusCode == HttpStatusCode.NoContent, TimeSpan.FromMinutes(1));

    /// <summary>The types of the events that an erased application was worth.</summary>
    private async Task<IEnumerable<string>> ExpectedEventsAsync(string id)
    {
        var states = (await (await App.Http.GetAsync($"/api/applications/{id}")).JsonAsync()).States().ToList();
        // Whether it was overdue before anything else happened to it is a matter of a second.
        var reminded = (await fixture.Events.ReadAsync(id)).ContainsKey($"{id}/due");
        return states.Select(state => state!.ToLowerInvariant().Replace('_', '-')).Append("erased").Concat(reminded ? ["reminder"] : [])
            .Select(type => $"account-application.{type}").Order();
    }
}
