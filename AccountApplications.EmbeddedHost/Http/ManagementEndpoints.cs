using System.Globalization;
using System.Net.Mime;
using System.Text.Json;
using System.Text.Json.Nodes;
using AccountApplications.EmbeddedHost.Engine;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace AccountApplications.EmbeddedHost.Http;

/// <summary>The Durable Functions HTTP API, as the real extension answers it.</summary>
internal static class ManagementEndpoints
{
    public const string Root = "/runtime/webhooks/durabletask";

    private const string ContinuationHeader = "x-ms-continuation-token";
    private const int PollSeconds = 5;
    private const int PollAfterStartSeconds = 10;

    public static void MapManagement(this IEndpointRouteBuilder endpoints, EmbeddedDurableTaskClient client, IInstanceStore store)
    {
        var api = endpoints.MapGroup(Root).AddEndpointFilter(TranslateAsync);

        api.MapGet("/instances", (HttpContext http, CancellationToken _) => ListAsync(http, store));
        api.MapDelete("/instances", (HttpRequest request) => PurgeRangeAsync(request, client));
        api.MapGet("/instances/{id}", (HttpContext http, string id) => GetAsync(http, id, store));
        api.MapDelete("/instances/{id}", async (string id, CancellationToken cancellation) =>
            (await client.PurgeInstanceAsync(id, cancellation)).PurgedInstanceCount is > 0 and var count
                ? Json(Deleted(count))
                : Results.NotFound());
        api.MapPost("/instances/{id}/raiseEvent/{name}", (HttpRequest request, string id, string name) => RaiseAsync(request, id, name, client));
        api.MapPost("/instances/{id}/terminate", (string id, string? reason, CancellationToken cancellation) =>
            AcceptedAsync(client.TerminateAsync(id, reason, cancellation)));
        api.MapPost("/instances/{id}/suspend", (string id, string? reason, CancellationToken cancellation) =>
            AcceptedAsync(client.SuspendInstanceAsync(id, reason, cancellation)));
        api.MapPost("/instances/{id}/resume", (string id, string? reason, CancellationToken cancellation) =>
            AcceptedAsync(client.ResumeInstanceAsync(id, reason, cancellation)));
        api.MapPost("/instances/{id}/{feature:regex(^(restart|rewind)$)}", (string feature) => Results.Problem(
            $"The embedded host does not support {feature}; run the Azure build.", statusCode: StatusCodes.Status501NotImplemented));
        api.MapPost("/orchestrators/{name}/{id?}", (HttpContext http, string name, string? id) => StartAsync(http, name, id, client));
    }

    /// <summary>What the engine throws, as the extension answers it.</summary>
    private static async ValueTask<object?> TranslateAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (InstanceNotFoundException)
        {
            return Results.NotFound();
        }
        catch (InstanceEndedException)
        {
            return Results.StatusCode(StatusCodes.Status410Gone);
        }
        catch (OrchestrationAlreadyExistsException e)
        {
            return Json(Message(e.Message), StatusCodes.Status409Conflict);
        }
        catch (PayloadTooLargeException e)
        {
            return Json(Message(e.Message), StatusCodes.Status413PayloadTooLarge);
        }
        catch (BadHttpRequestException e)
        {
            return Results.StatusCode(e.StatusCode);
        }
        catch (ArgumentException e)
        {
            return Json(Message(e.Message), StatusCodes.Status400BadRequest);
        }
        catch (InvalidOperationException e)
        {
            return Json(Message(e.Message), StatusCodes.Status400BadRequest);
        }
        catch (SpoiltHistoryException e)
        {
            return Json(Message(e.Message), StatusCodes.Status500InternalServerError);
        }
        catch (InstanceStoreUnavailableException)
        {
            context.HttpContext.Response.Headers.RetryAfter = PollSeconds.ToString(CultureInfo.InvariantCulture);
            return Results.Problem("Storage does not answer.", statusCode: StatusCodes.Status503ServiceUnavailable);
        }
    }

    private static async Task<IResult> GetAsync(HttpContext http, string id, IInstanceStore store)
    {
        var query = http.Request.Query;
        var withHistory = Flag(query, "showHistory") ?? false;
        Instance? instance;
        JsonArray? history = null;
        if (withHistory)
        {
            var loaded = await store.LoadAsync(id, http.RequestAborted);
            instance = loaded?.Instance;
            if (loaded is not null) history = InstanceJson.History(loaded.Value.History, Flag(query, "showHistoryOutput") ?? false);
        }
        else
        {
            instance = await store.FindAsync(id, http.RequestAborted);
        }

        if (instance is null) return Results.NotFound();

        var body = InstanceJson.Status(instance, Flag(query, "showInput") ?? true);
        if (history is not null) body["historyEvents"] = history;
        if (instance.HasEnded) return Json(body);

        http.Response.Headers.Location = $"{Address(http)}/instances/{Uri.EscapeDataString(id)}{Visible(http.Request.QueryString)}";
        http.Response.Headers.RetryAfter = PollSeconds.ToString(CultureInfo.InvariantCulture);
        return Json(body, StatusCodes.Status202Accepted);
    }

    private static async Task<IResult> ListAsync(HttpContext http, IInstanceStore store)
    {
        var query = http.Request.Query;
        var top = int.TryParse(query["top"], CultureInfo.InvariantCulture, out var number) && number > 0 ? number : int.MaxValue;
        var filter = new OrchestrationQuery(
            Time(query["createdTimeFrom"]), Time(query["createdTimeTo"]), Statuses(query["runtimeStatus"]),
            InstanceIdPrefix: query["instanceIdPrefix"], ContinuationToken: http.Request.Headers[ContinuationHeader],
            PageSize: Math.Min(top, 1000));
        var instances = new JsonArray();
        do
        {
            var (page, next) = await store.QueryAsync(filter with { PageSize = Math.Min(top - instances.Count, filter.PageSize) }, http.RequestAborted);
            foreach (var instance in page) instances.Add((JsonNode)InstanceJson.Status(instance, Flag(query, "showInput") ?? true));
            filter = filter with { ContinuationToken = next };
        }
        while (filter.ContinuationToken is not null && instances.Count < top);

        if (filter.ContinuationToken is { } token) http.Response.Headers[ContinuationHeader] = token;
        return Json(instances);
    }

    private static async Task<IResult> PurgeRangeAsync(HttpRequest request, EmbeddedDurableTaskClient client)
    {
        if (Time(request.Query["createdTimeFrom"]) is not { } from)
            return Results.Json("Give createdTimeFrom, a time from which on instances are purged.", statusCode: StatusCodes.Status400BadRequest);

        var purged = await client.PurgeAllInstancesAsync(
            new(from, Time(request.Query["createdTimeTo"]), Statuses(request.Query["runtimeStatus"])), request.HttpContext.RequestAborted);
        return purged.PurgedInstanceCount > 0 ? Json(Deleted(purged.PurgedInstanceCount)) : Results.NotFound();
    }

    private static async Task<IResult> RaiseAsync(HttpRequest request, string id, string name, EmbeddedDurableTaskClient client)
    {
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
            || !type.MediaType.Equals(MediaTypeNames.Application.Json, StringComparison.OrdinalIgnoreCase))
            return Json(Message("Only application/json request content is supported"), StatusCodes.Status400BadRequest);
        if (await ReadJsonAsync(request) is not { } json)
            return Json(Message("The request content is not valid JSON"), StatusCodes.Status400BadRequest);

        await client.RaiseSerializedEventAsync(id, name, json, request.HttpContext.RequestAborted);
        return Results.StatusCode(StatusCodes.Status202Accepted);
    }

    private static async Task<IResult> StartAsync(HttpContext http, string name, string? id, EmbeddedDurableTaskClient client)
    {
        string? input = null;
        if (http.Request.ContentLength is not (null or 0) || http.Request.Headers.TransferEncoding.Count > 0)
        {
            input = await ReadJsonAsync(http.Request);
            if (input is null) return Json(Message("The request content is not valid JSON"), StatusCodes.Status400BadRequest);
        }

        var started = await client.StartAsync(name, input, id, startAt: null, http.RequestAborted);
        var instance = $"{Address(http)}/instances/{Uri.EscapeDataString(started)}";
        http.Response.Headers.Location = instance;
        http.Response.Headers.RetryAfter = PollAfterStartSeconds.ToString(CultureInfo.InvariantCulture);
        return Json(
            new JsonObject
            {
                ["id"] = started,
                ["statusQueryGetUri"] = instance,
                ["sendEventPostUri"] = $"{instance}/raiseEvent/{{eventName}}",
                ["terminatePostUri"] = $"{instance}/terminate?reason={{text}}",
                ["purgeHistoryDeleteUri"] = instance,
                ["restartPostUri"] = $"{instance}/restart",
                ["suspendPostUri"] = $"{instance}/suspend?reason={{text}}",
                ["resumePostUri"] = $"{instance}/resume?reason={{text}}",
            },
            StatusCodes.Status202Accepted);
    }

    private static async Task<IResult> AcceptedAsync(Task done)
    {
        await done;
        return Results.StatusCode(StatusCodes.Status202Accepted);
    }

    /// <summary>The body as it came, if it is JSON.</summary>
    private static async Task<string?> ReadJsonAsync(HttpRequest request)
    {
        try
        {
            using var reader = new StreamReader(request.Body, new System.Text.UTF8Encoding(false, throwOnInvalidBytes: true));
            var text = await reader.ReadToEndAsync(request.HttpContext.RequestAborted);
            using var json = JsonDocument.Parse(text);
            return text;
        }
        catch (Exception e) when (e is JsonException or System.Text.DecoderFallbackException or (IOException and not BadHttpRequestException))
        {
            // Kestrel reports a chunk of an impossible size as a plain IOException.
            return null;
        }
    }

    private static string Address(HttpContext http) => $"{http.Request.Scheme}://{http.Request.Host}{Root}";

    /// <summary>A query as a header may have it: Kestrel takes control characters in a request's address, and none in an answer's.</summary>
    private static string Visible(QueryString query) =>
        string.Concat((query.Value ?? "").Select(c => c is > ' ' and <= '~' ? $"{c}" : Uri.EscapeDataString($"{c}")));

    private static bool? Flag(IQueryCollection query, string name) => bool.TryParse(query[name], out var flag) ? flag : null;

    private static DateTimeOffset? Time(StringValues text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;

    private static List<OrchestrationRuntimeStatus> Statuses(StringValues text) =>
        [.. text.ToString().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(name => Enum.TryParse<OrchestrationRuntimeStatus>(name, ignoreCase: true, out var status) ? status : (OrchestrationRuntimeStatus?)null)
            .OfType<OrchestrationRuntimeStatus>()];

    private static JsonObject Message(string text) => new() { ["Message"] = text };

    private static JsonObject Deleted(int count) => new() { ["instancesDeleted"] = count };

    private static IResult Json(JsonNode body, int status = StatusCodes.Status200OK) =>
        Results.Text(body.ToJsonString(InstanceJson.Options), "application/json; charset=utf-8", statusCode: status);
}
