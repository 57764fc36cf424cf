using System.Collections;
using System.Globalization;
using System.Net;
using System.Text.Json;

namespace AccountApplications.LocalHost;

/// <summary>
/// What a run is told by the command line, by environment variables, and by the app's local.settings.json and host.json, the former
/// winning; the files mean here what they mean to the Core Tools.
/// </summary>
internal sealed class Settings
{
    /// <summary>The section that stands for host.json, for the durable extension and in environment variables.</summary>
    public const string HostSection = "AzureFunctionsJobHost";

    private const string DevelopmentStorage = "UseDevelopmentStorage=true";
    private const int DefaultPort = 7071;

    private static readonly JsonDocumentOptions Lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    private Settings(string appFolder, bool isOwnApp, Dictionary<string, string?> values, JsonDocument? local, JsonDocument hostJson, string? port)
    {
        AppFolder = appFolder;
        IsOwnApp = isOwnApp;
        Values = values;
        Configuration = new ConfigurationBuilder()
            .AddJsonStream(new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object> { [HostSection] = hostJson })))
            .AddInMemoryCollection(values.Select(value => KeyValuePair.Create(value.Key.Replace("__", ":", StringComparison.Ordinal), value.Value)))
            .Build();

        var host = local is null ? null : Member(local.RootElement, "Host");
        Port = ParsePort(port ?? Text(host, "LocalHttpPort"));
        CorsOrigins = (Text(host, "CORS") ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        CorsCredentials = Flag("Host.CORSCredentials of local.settings.json", Text(host, "CORSCredentials"));
        RequiresKeys = Flag("LocalHost__RequireKeys", Configuration["LocalHost:RequireKeys"]);
        StartLimit = Seconds("LocalHost__StartLimit", 60);
        StorageLimit = Seconds("LocalHost__StorageLimit", 10);
    }

    /// <summary>The folder that the app was built into: host.json, worker.config.json and its assemblies.</summary>
    public string AppFolder { get; }

    /// <summary>Whether it is the app that this host was built with, which runs in the host's own process.</summary>
    public bool IsOwnApp { get; }

    /// <summary>The port to listen on; once it listens, the one that it has. 0 asks for any that is free.</summary>
    public int Port { get; set; }

    /// <summary>The worker's environment.</summary>
    public IReadOnlyDictionary<string, string?> Values { get; }

    /// <summary><see cref="Values"/>, and host.json under <see cref="HostSection"/>.</summary>
    public IConfiguration Configuration { get; }

    /// <summary>Origins whose pages may call; <c>*</c> for any.</summary>
    public IReadOnlyList<string> CorsOrigins { get; }

    public bool CorsCredentials { get; }

    /// <summary>Whether functions and webhooks ask for keys, as on Azure.</summary>
    public bool RequiresKeys { get; }

    /// <summary>What a worker has to come up, and a call to wait for one that is started again. 60 s unless set.</summary>
    public TimeSpan StartLimit { get; }

    /// <summary>What storage has to answer at the start. 10 s unless set.</summary>
    public TimeSpan StorageLimit { get; }

    public string RoutePrefix => (Configuration[$"{HostSection}:extensions:http:routePrefix"] ?? "api").Trim('/');

    /// <summary>The storage account's connection string, or its queue service's address where an identity is to be used; null if neither is known.</summary>
    public string? Storage => Configuration["AzureWebJobsStorage"];

    public bool IsDisabled(string function) =>
        Configuration[$"AzureWebJobs.{function}.Disabled"] is "1" || Flag($"AzureWebJobs.{function}.Disabled", Configuration[$"AzureWebJobs.{function}.Disabled"]);

    /// <exception cref="LocalHostException">An option, a file or a value cannot be read.</exception>
    public static Settings Read(string[] arguments)
    {
        var (app, port) = ReadArguments(arguments);
        var folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(app ?? AppContext.BaseDirectory));
        foreach (var file in (string[])["host.json", "worker.config.json"])
            if (!File.Exists(Path.Combine(folder, file)))
                throw new LocalHostException($"{folder} has no {file}: --app takes the folder that an isolated function app was built into, say bin/Debug/net10.0.");

        using var hostJson = Parse(folder, "host.json")!;
        using var local = Parse(folder, "local.settings.json");
        if (local is not null && Flag("IsEncrypted of local.settings.json", Text(local.RootElement, "IsEncrypted")))
            throw new LocalHostException("local.settings.json is encrypted, which only the Core Tools read: func settings decrypt.");
        return new Settings(folder, app is null, ReadValues(local), local, hostJson, port);
    }

    /// <summary>The dll that worker.config.json names.</summary>
    public string WorkerFile()
    {
        using var config = Parse(AppFolder, "worker.config.json")!;
        return Text(Member(config.RootElement, "description"), "defaultWorkerPath") is { } file && File.Exists(Path.Combine(AppFolder, file))
            ? Path.Combine(AppFolder, file)
            : throw new LocalHostException($"worker.config.json of {AppFolder} names no assembly that is there: build the app again.");
    }

    private static (string? App, string? Port) ReadArguments(string[] arguments)
    {
        string? app = null, port = null;
        for (var i = 0; i < arguments.Length; i++)
        {
            var (name, value) = arguments[i].Split('=', 2) is [var option, var given] ? (option, given) : (arguments[i], arguments.ElementAtOrDefault(++i));
            switch (name)
            {
                case "--app" when !string.IsNullOrEmpty(value): app = value; break;
                case "--port" when !string.IsNullOrEmpty(value): port = value; break;
                default: throw new LocalHostException($"{name}: the options are --port NUMBER and --app FOLDER.");
            }
        }

        return (app, port);
    }

    private static Dictionary<string, string?> ReadValues(JsonDocument? local)
    {
        var values = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase)
        {
            ["FUNCTIONS_WORKER_RUNTIME"] = "dotnet-isolated",
            ["AZURE_FUNCTIONS_ENVIRONMENT"] = "Development",
            ["AzureWebJobsStorage"] = DevelopmentStorage,
        };
        foreach (var (section, prefix) in ((string, string)[])[("Values", ""), ("ConnectionStrings", "ConnectionStrings:")])
            if (local is not null && Member(local.RootElement, section) is { ValueKind: JsonValueKind.Object } settings)
                foreach (var setting in settings.EnumerateObject())
                    values[prefix + setting.Name] = setting.Value.ToString();
        if (values.Keys.Any(name => name.StartsWith("AzureWebJobsStorage__", StringComparison.OrdinalIgnoreCase)))
            values.Remove("AzureWebJobsStorage");
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
            values[(string)variable.Key] = (string?)variable.Value;

        // By these the durable extension, or a worker, would take this machine for a plan on Azure; or listen where the host does.
        foreach (var name in values.Keys.Where(IsNotForHere).ToList())
        {
            values.Remove(name);
            Environment.SetEnvironmentVariable(name, null);
        }

        if (!"dotnet-isolated".Equals(values["FUNCTIONS_WORKER_RUNTIME"], StringComparison.OrdinalIgnoreCase))
            throw new LocalHostException($"FUNCTIONS_WORKER_RUNTIME is '{values["FUNCTIONS_WORKER_RUNTIME"]}': only dotnet-isolated runs here. Use the Core Tools.");
        return values;
    }

    private static bool IsNotForHere(string name) =>
        (name.StartsWith("WEBSITE_", StringComparison.Ordinal) && name != "WEBSITE_AUTH_ENABLED")
        || name is "CONTAINER_NAME" or "MANAGED_ENVIRONMENT" or "FUNCTIONS_LOGS_MOUNT_PATH" or "ASPNETCORE_URLS" or "DOTNET_URLS" or "URLS"
            or "ASPNETCORE_HTTP_PORTS" or "ASPNETCORE_HTTPS_PORTS" or "DOTNET_HTTP_PORTS" or "DOTNET_HTTPS_PORTS" or "HTTP_PORTS" or "HTTPS_PORTS";

    private static JsonDocument? Parse(string folder, string file)
    {
        var path = Path.Combine(folder, file);
        if (!File.Exists(path))
            return null;
        try
        {
            var json = JsonDocument.Parse(File.ReadAllText(path), Lenient);
            return json.RootElement.ValueKind == JsonValueKind.Object ? json : throw new JsonException("it must be an object.");
        }
        catch (JsonException e)
        {
            throw new LocalHostException($"{path} is not valid JSON: {e.Message}", e);
        }
    }

    private static JsonElement? Member(JsonElement? json, string name) =>
        json is { ValueKind: JsonValueKind.Object } parent && parent.TryGetProperty(name, out var value) ? value : null;

    private static string? Text(JsonElement? json, string name) =>
        Member(json, name) is { ValueKind: not JsonValueKind.Null } value ? value.ToString() : null;

    private static int ParsePort(string? port) =>
        string.IsNullOrEmpty(port) ? DefaultPort
        : int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= IPEndPoint.MaxPort ? number
        : throw new LocalHostException($"The port is '{port}'; it must be a number up to {IPEndPoint.MaxPort}.");

    private static bool Flag(string name, string? text) =>
        string.IsNullOrEmpty(text) ? false
        : bool.TryParse(text, out var flag) ? flag
        : throw new LocalHostException($"{name} is '{text}'; it must be true or false.");

    private TimeSpan Seconds(string name, double unlessSet) =>
        Configuration[name.Replace("__", ":", StringComparison.Ordinal)] is not { Length: > 0 } text ? TimeSpan.FromSeconds(unlessSet)
        : double.TryParse(text, CultureInfo.InvariantCulture, out var seconds) && seconds is > 0 and < 3600 ? TimeSpan.FromSeconds(seconds)
        : throw new LocalHostException($"{name} is '{text}'; it must be a number of seconds.");
}
