using Azure.Data.Tables;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;

namespace Floor;

public sealed class BareApi(TableServiceClient storage)
{
    // The app's, on the same storage.
    private const string Table = "AppAccountApplications";

    private static string? _application;

    private readonly TableClient _table = storage.GetTableClient(Table);

    [Function(nameof(Health))]
    public static IResult Health([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/health")] HttpRequest request) => Results.Ok();

    /// <summary>Starts a workflow, and answers with its id.</summary>
    [Function(nameof(Start))]
    public static async Task<IResult> Start(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/bare")] HttpRequest request, [DurableClient] DurableTaskClient client) =>
        Results.Text(await client.ScheduleNewOrchestrationInstanceAsync(nameof(BareWorkflow), request.Query["waits"] == "true"));

    [Function(nameof(Decide))]
    public static async Task<IResult> Decide(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/bare/{id}/decision")] HttpRequest request,
        [DurableClient] DurableTaskClient client,
        string id)
    {
        await client.RaiseEventAsync(id, BareWorkflow.Decision);
        return Results.Accepted();
    }

    /// <summary>
    /// Says which activity has run, after the reads that it takes the app to say how far an application is: all of one application, any, and the instance.
    /// </summary>
    [Function(nameof(Read))]
    public async Task<IResult> Read(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/bare/{id}")] HttpRequest request,
        [DurableClient] DurableTaskClient client,
        string id)
    {
        _application ??= await _table.QueryAsync<TableEntity>().Select(row => row.PartitionKey).FirstAsync();
        await foreach (var _ in _table.QueryAsync<TableEntity>(row => row.PartitionKey == _application))
        {
        }

        if (BareWorkflow.LastOf(id) != nameof(BareWorkflow.Finish))
            await client.GetInstanceAsync(id);
        return Results.Text(BareWorkflow.LastOf(id));
    }
}
