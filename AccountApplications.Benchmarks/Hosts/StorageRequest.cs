using System.Text.RegularExpressions;
using AccountApplications.LocalHost;
using Microsoft.AspNetCore.Http;

namespace AccountApplications.Benchmarks;

/// <summary>In the order in which connection strings name them.</summary>
internal enum StorageService
{
    Blob,
    Queue,
    Table,
}

/// <summary>A kind of request to storage.</summary>
/// <param name="Operation">As the documentation of the REST API calls it.</param>
/// <param name="Target">The table, without what all names of the host's begin with, or the kind of queue or blob.</param>
internal sealed partial record StorageRequest(StorageService Service, string Operation, string Target)
{
    /// <summary>Whether it looks for work, as hosts do however little there is of it.</summary>
    public bool IsPoll => this is { Service: StorageService.Queue, Operation: "get messages" };

    /// <param name="body">The tables of an entity group transaction are named there only.</param>
    public static StorageRequest Read(StorageService service, string hub, HttpRequest request, string body)
    {
        var path = request.Path.Value!.Replace($"/{Azurite.Account}", "", StringComparison.Ordinal).TrimStart('/');
        return service switch
        {
            StorageService.Table when path == "$batch" => new(service, "transaction", Table(TransactionTable().Match(body).Groups["table"].Value)),
            StorageService.Table => new(service, TableOperation(request, path), Table(path.Split('(')[0])),
            StorageService.Queue => new(service, QueueOperation(request.Method, path.Split('/')), KindOf(path.Split('/')[0])),
            _ => new(service, $"{request.Method} {request.Query["comp"]}".ToLowerInvariant().Trim(), KindOf(path.Split('/')[^1])),
        };

        string Table(string name) => name.StartsWith(hub, StringComparison.Ordinal) ? name[hub.Length..] : name;
    }

    private static string TableOperation(HttpRequest request, string path) => request.Method switch
    {
        "GET" => path.Contains("PartitionKey=", StringComparison.Ordinal) ? "get" : "query",
        "POST" => "insert",
        "DELETE" => "delete",
        var method => (request.Headers.ContainsKey("If-Match") ? "update " : "upsert ") + (method == "PUT" ? "replace" : "merge"),
    };

    private static string QueueOperation(string method, string[] path) => (method, path.Length) switch
    {
        ("GET", 2) => "get messages",
        ("POST", 2) => "put message",
        ("DELETE", 3) => "delete message",
        ("PUT", 3) => "update message",
        _ => $"{method.ToLowerInvariant()} queue",
    };

    // One of several partitions is as good as another, and so is one of several hubs.
    private static string KindOf(string name) => Kind().Match(name) is { Success: true, Value: var kind } ? kind : name;

    [GeneratedRegex(@"/devstoreaccount1/(?<table>\w+)")]
    private static partial Regex TransactionTable();

    [GeneratedRegex("control|workitems|taskhub|applease|intents|ownership|largemessages")]
    private static partial Regex Kind();
}
