using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;

namespace AccountApplications.Tests.Fixtures;

/// <summary>A proxy in front of an Azurite, which does to requests what a test wants.</summary>
internal sealed class FaultyStorage : IAsyncDisposable
{
    private StorageProxy _proxy = null!;

    /// <summary>For those who are to have trouble.</summary>
    public string ConnectionString => _proxy.ConnectionString;

    /// <summary>Called for every request; it has to be sent or to fail there.</summary>
    public Func<StorageRequest, Task> OnRequest { get; set; } = request => request.SendAsync();

    /// <param name="connectionString">Of the Azurite, with all three services.</param>
    public static async Task<FaultyStorage> StartAsync(string connectionString)
    {
        var storage = new FaultyStorage();
        storage._proxy = await StorageProxy.StartAsync(
            connectionString, request => storage.OnRequest(new StorageRequest(request.Http, request.Body, request.SendAsync)));
        return storage;
    }

    public ValueTask DisposeAsync() => _proxy.DisposeAsync();
}

/// <summary>A request to storage on its way, and what a test makes of it.</summary>
internal sealed class StorageRequest(HttpContext http, byte[] body, Func<Task> send)
{
    /// <summary>Of the operation: the same for each of a storage client's tries.</summary>
    public string OperationId => http.Request.Headers["x-ms-client-request-id"].ToString();

    public bool Writes => http.Request.Method != HttpMethods.Get && http.Request.Method != HttpMethods.Head;

    /// <summary>Whether it is an entity group transaction, as changes an application's state.</summary>
    public bool IsTransaction => http.Request.Path.Value!.EndsWith("$batch", StringComparison.Ordinal);

    /// <summary>Whether it is about the app's own tables, whose names begin so, or its events; the task hub's have names of other kinds.</summary>
    public bool IsOfApp(string hub)
    {
        var path = IsTransaction ? Encoding.UTF8.GetString(body) : http.Request.Path.Value!;
        return path.Contains($"/{hub}AccountApplications", StringComparison.Ordinal) || path.Contains($"/{hub}SubmissionClaims", StringComparison.Ordinal)
            || path.Contains($"/{EventReader.QueueOf(hub)}/", StringComparison.Ordinal);
    }

    /// <summary>Whether a text is anywhere in its address or its body.</summary>
    public bool Mentions(string text) =>
        http.Request.Path.Value!.Contains(text, StringComparison.Ordinal) || Encoding.UTF8.GetString(body).Contains(text, StringComparison.Ordinal);

    /// <summary>The first application that it names; null if there is none.</summary>
    public string? ApplicationId =>
        Regex.Match($"{http.Request.Path}{Encoding.UTF8.GetString(body)}", "application_[0-9a-f-]{36}") is { Success: true } found ? found.Value : null;

    /// <summary>Lets it reach storage.</summary>
    public Task SendAsync() => send();

    /// <summary>Answers as a storage account does that has too much to do, or as a test says.</summary>
    public Task RefuseAsync(int status = StatusCodes.Status503ServiceUnavailable, string code = "ServerBusy")
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        http.Response.Headers["x-ms-error-code"] = code;
        return http.Response.WriteAsync(JsonSerializer.Serialize(new { code, message = "As the test says." }));
    }

    /// <summary>Ends the connection: nobody will ever hear what became of it.</summary>
    public void Lose() => http.Abort();
}
