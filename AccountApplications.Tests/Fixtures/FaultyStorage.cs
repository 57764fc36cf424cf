using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using AccountApplications.LocalHost;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Yarp.ReverseProxy.Forwarder;

namespace AccountApplications.Tests.Fixtures;

/// <summary>A proxy in front of an Azurite, which does to requests what a test wants.</summary>
internal sealed class FaultyStorage : IAsyncDisposable
{
    private static readonly HttpMessageInvoker Client = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false });

    private readonly WebApplication _proxy;

    private FaultyStorage(WebApplication proxy, string connectionString) => (_proxy, ConnectionString) = (proxy, connectionString);

    /// <summary>For those who are to have trouble.</summary>
    public string ConnectionString { get; }

    /// <summary>Called for every request; it has to be sent or to fail there.</summary>
    public Func<StorageRequest, Task> OnRequest { get; set; } = request => request.SendAsync();

    /// <param name="connectionString">Of the Azurite, with all three services.</param>
    public static async Task<FaultyStorage> StartAsync(string connectionString)
    {
        var services = connectionString.Split(';').Where(part => part.Contains("Endpoint=http", StringComparison.Ordinal))
            .Select(part => new Uri(part[(part.IndexOf('=', StringComparison.Ordinal) + 1)..])).ToList();
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            foreach (var _ in services)
                kestrel.Listen(IPAddress.Loopback, 0);
        });
        builder.Services.AddHttpForwarder();
        var app = builder.Build();
        FaultyStorage storage = null!;
        List<int> ports = [];
        var forwarder = app.Services.GetRequiredService<IHttpForwarder>();
        app.Run(async http =>
        {
            using var body = new MemoryStream();
            await http.Request.Body.CopyToAsync(body);
            var service = services[ports.IndexOf(http.Connection.LocalPort)];
            await storage.OnRequest(new StorageRequest(http, body.ToArray(), async () =>
            {
                http.Request.Body = new MemoryStream(body.ToArray());
                await forwarder.SendAsync(http, service.GetLeftPart(UriPartial.Authority), Client, ForwarderRequestConfig.Empty, HttpTransformer.Default);
            }));
        });
        await app.StartAsync();
        ports.AddRange(app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses
            .Select(address => new Uri(address).Port));
        return storage = new FaultyStorage(app, Azurite.ConnectionStringFor(ports[0], ports[1], ports[2]));
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.Zero);
        await _proxy.StopAsync(now.Token);
        await _proxy.DisposeAsync();
    }
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
