using System.Text.Json;
using AccountApplications.EmbeddedHost.Functions;
using AccountApplications.Tests.Fixtures;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;

namespace AccountApplications.Tests.Embedded.Http;

/// <summary>A host that a class's tests share, with a few orchestrators to manage.</summary>
public sealed class ManagementFixture : IAsyncLifetime
{
    private readonly AzuriteFixture _azurite = new();

    internal TestHost Host { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        await _azurite.InitializeAsync();
        Host = await TestHost.StartAsync(
            _azurite.ConnectionString, TestHost.NewHub(), new FunctionSource([typeof(Orchestrators), typeof(Pages)]));
    }

    public async Task DisposeAsync() => await Host.DisposeAsync();

    public static class Orchestrators
    {
        /// <summary>Waits for Go, and then says its payload aloud.</summary>
        [Function(nameof(Wait))]
        public static async Task<string> Wait([OrchestrationTrigger] TaskOrchestrationContext context)
        {
            context.SetCustomStatus(new { Waiting = true });
            var go = await context.WaitForExternalEvent<JsonElement>("Go");
            return await context.CallActivityAsync<string>(nameof(Shout), go.GetRawText());
        }

        [Function(nameof(Echo))]
        public static Task<JsonElement> Echo([OrchestrationTrigger] TaskOrchestrationContext context, JsonElement input) =>
            Task.FromResult(input);

        [Function(nameof(Fail))]
        public static Task Fail([OrchestrationTrigger] TaskOrchestrationContext context) =>
            throw new InvalidOperationException("Broken on purpose.");

        [Function(nameof(Shout))]
        public static string Shout([ActivityTrigger] string text) => text.ToUpperInvariant();
    }

    public static class Pages
    {
        /// <summary>What the host's routing made of a value in the path.</summary>
        [Function(nameof(Page))]
        public static Microsoft.AspNetCore.Http.IResult Page(
            [HttpTrigger(AuthorizationLevel.Anonymous, "get", "post", Route = "page/{value}")] Microsoft.AspNetCore.Http.HttpRequest request,
            string value) => Microsoft.AspNetCore.Http.Results.Text(value);
    }
}
