using System.Net.Http.Json;
using AccountApplications.Functions.Applications;

namespace AccountApplications.Benchmarks;

/// <summary>The app, as its clients see it.</summary>
internal sealed class AppWorkflow(HttpClient http) : Workflow
{
    private const string Route = "/api/applications";

    public override async Task<string> StartAsync(bool waits) =>
        (await SubmitAsync("Spock", waits ? "ABadAddress" : "123 Enterprise Street")).Id;

    public override Task DecideAsync(string id) => PostAsync($"{Route}/{id}/review", new { decision = "APPROVE" });

    public async Task<AccountApplication> ReadAsync(string id) => (await http.GetFromJsonAsync<AccountApplication>($"{Route}/{id}"))!;

    public Task ListAsync(int size) => http.GetByteArrayAsync($"{Route}?state=FLAGGED_FOR_REVIEW&pageSize={size}");

    public Task ClaimAsync(string id) => PostAsync($"{Route}/{id}/claim", null);

    public async Task ReleaseAsync(string id) => (await http.DeleteAsync($"{Route}/{id}/claim")).EnsureSuccessStatusCode();

    /// <returns>The id of the one that was claimed.</returns>
    public async Task<string> NextAsync() => (await ReadAsync(await PostAsync("/api/queue/next", null))).Id;

    /// <summary>Gives an application that has none a workflow.</summary>
    public Task RestartAsync(string id) => PostAsync($"{Route}/{id}/restart", null);

    /// <summary>The least that a request can cost.</summary>
    public Task HealthAsync() => http.GetByteArrayAsync("/api/health");

    protected override async Task<bool> HasReachedAsync(string id, Stage stage) =>
        (await ReadAsync(id)).State == (stage == Stage.Waiting ? ApplicationState.FlaggedForReview : ApplicationState.Approved);

    private async Task<AccountApplication> SubmitAsync(string name, string address) => await ReadAsync(await PostAsync(Route, new { name, address }));

    private async Task<HttpResponseMessage> PostAsync(string path, object? body) =>
        (await http.PostAsync(path, body is null ? null : JsonContent.Create(body))).EnsureSuccessStatusCode();

    private static async Task<AccountApplication> ReadAsync(HttpResponseMessage answer) => (await answer.Content.ReadFromJsonAsync<AccountApplication>())!;
}
