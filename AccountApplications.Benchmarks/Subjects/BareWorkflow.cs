namespace AccountApplications.Benchmarks;

/// <summary>The floor: a workflow of the app's shape that does nothing and keeps nothing.</summary>
internal sealed class BareWorkflow(HttpClient http) : Workflow
{
    private const string Route = "/api/bare";

    public override async Task<string> StartAsync(bool waits)
    {
        using var answer = (await http.PostAsync($"{Route}?waits={(waits ? "true" : "false")}", null)).EnsureSuccessStatusCode();
        return await answer.Content.ReadAsStringAsync();
    }

    public override async Task DecideAsync(string id) => (await http.PostAsync($"{Route}/{id}/decision", null)).EnsureSuccessStatusCode();

    protected override async Task<bool> HasReachedAsync(string id, Stage stage) =>
        await http.GetStringAsync($"{Route}/{id}") is var last && (stage == Stage.Waiting ? last.Length > 0 : last == "Finish");
}
