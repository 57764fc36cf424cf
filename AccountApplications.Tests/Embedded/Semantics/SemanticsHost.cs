using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using AccountApplications.EmbeddedHost.Functions;
using AccountApplications.Tests.Fixtures;
using Microsoft.DurableTask.Client;

namespace AccountApplications.Tests.Embedded.Semantics;

/// <summary>How an instance ended, as the management API says it: the JSON of its output and of its custom status.</summary>
public sealed record Outcome(string Status, string Output, string CustomStatus = "null");

/// <summary>A host that runs <see cref="SemanticsFunctions"/>, and the management API to drive them by.</summary>
public sealed class SemanticsHost : IAsyncLifetime
{
    private const string Api = "/runtime/webhooks/durabletask";

    private readonly AzuriteFixture _azurite = new();
    private TestHost? _host;

    public HttpClient Http => _host!.Http;

    public DurableTaskClient Durable => _host!.Durable;

    public IReadOnlyCollection<string> Log => _host!.Log;

    public async Task InitializeAsync()
    {
        await _azurite.InitializeAsync();
        _host = await TestHost.StartAsync(
            _azurite.ConnectionString, TestHost.NewHub(), new FunctionSource([typeof(SemanticsFunctions)]));
    }

    public async Task DisposeAsync() => await _host!.DisposeAsync();

    public static string NewId() => Guid.NewGuid().ToString("N");

    /// <summary>Starts an instance and waits until it has ended.</summary>
    public async Task<Outcome> RunAsync(string orchestrator, object? input = null) => await EndAsync(await StartAsync(orchestrator, input));

    /// <returns>The id of the new instance.</returns>
    public async Task<string> StartAsync(string orchestrator, object? input = null, string? id = null)
    {
        id ??= NewId();
        using var content = input is null ? null : JsonContent.Create(input, options: JsonSerializerOptions.Default);
        using var answer = await Http.PostAsync($"{Api}/orchestrators/{orchestrator}/{id}", content);
        answer.EnsureSuccessStatusCode();
        return id;
    }

    public async Task RaiseAsync(string id, string name, object? payload)
    {
        using var answer = await Http.PostAsJsonAsync($"{Api}/instances/{id}/raiseEvent/{name}", payload);
        answer.EnsureSuccessStatusCode();
    }

    /// <param name="id">Of the instance.</param>
    /// <param name="action">terminate?reason=x, say.</param>
    /// <param name="json">The body, if it needs one.</param>
    public async Task<HttpResponseMessage> PostAsync(string id, string action, string? json = null)
    {
        using var content = json is null ? null : new StringContent(json, Encoding.UTF8, "application/json");
        return await Http.PostAsync($"{Api}/instances/{id}/{action}", content);
    }

    public async Task<JsonElement> StatusAsync(string id, string query = "") =>
        await Http.GetFromJsonAsync<JsonElement>($"{Api}/instances/{id}{query}");

    /// <summary>The events of an instance's history by name, oldest first.</summary>
    public async Task<List<string>> HistoryAsync(string id)
    {
        var status = await StatusAsync(id, "?showHistory=true");
        return [.. status.GetProperty("historyEvents").EnumerateArray().Select(e => e.GetProperty("EventType").GetString()!)];
    }

    public async Task<Outcome> OutcomeAsync(string id)
    {
        var status = await StatusAsync(id);
        return new(
            status.GetProperty("runtimeStatus").GetString()!,
            status.GetProperty("output").GetRawText(),
            status.GetProperty("customStatus").GetRawText());
    }

    public Task<Outcome> EndAsync(string id) =>
        Eventually.Async(() => OutcomeAsync(id), outcome => outcome.Status is "Completed" or "Failed" or "Terminated");

    /// <summary>Waits until the instance says that.</summary>
    public Task CustomStatusAsync(string id, string json) => Eventually.Async(() => OutcomeAsync(id), outcome => outcome.CustomStatus == json);
}
