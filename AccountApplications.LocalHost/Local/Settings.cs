using System.Collections;

namespace AccountApplications.LocalHost;

/// <summary>
/// What a run is told by the command line, by environment variables, and by the app's local.settings.json and host.json, the former
/// winning; the files mean here what they mean to the Core Tools.
/// </summary>
internal sealed class Settings
{
    /// <summary>The section that stands for host.json, for the durable extension and in environment variables.</summary>
    public const string HostSection = "AzureFunctionsJobHost";

    private const string DefaultPort = "7071";

    private static readonly JsonDocumentOptions Lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <exception cref="LocalHostException">An option, a file or a value cannot be read.</exception>
    public Settings(string[] arguments)
    {
        var (app, port) = ReadArguments(arguments);
        IsOwnApp = app is null;
        AppFolder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(app ?? AppContext.BaseDirectory));
        var hostJson = Parse("host.json");
        var worker = Parse("worker.config.json");
        var local = Parse("local.settings.json", isRequired: false);
        var file = Text(Member(worker, "description"), "defaultWorkerPath") ?? "";
        WorkerFile = Path.Combine(AppFolder, file);
        if (file.Length == 0 || !File.Exists(WorkerFile))
            throw new LocalHostException($"worker.config.json of {AppFolder} names no assembly that is there: build the app again.");

        Values = ReadValues(local);
        Configuration = new ConfigurationBuilder()
            .AddJsonStream(new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, JsonElement> { [HostSection] = hostJson })))
            .AddInMemoryCollection(Values.Select(value => KeyValuePair.Create(value.Key.Replace("__", ":", StringComparison.Ordinal), value.Value)))
            .Build();

        var host = Member(local, "Host");
        port ??= Text(host, "LocalHttpPort") ?? DefaultPort;
        Port = int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= IPEndPoint.MaxPort
            ? number : throw new LocalHostException($"The port is '{port}'; it must be a number up to {IPEndPoint.MaxPort}.");
        CorsOrigins = (Text(host, "CORS") ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        CorsCredentials = Flag("Host.CORSCredentials of local.settings.json", Text(host, "CORSCredentials"));
        if (CorsCredentials && CorsOrigins.Contains("*"))
            throw new LocalHostException("Host.CORS of local.settings.json is *: name the origins, or leave out Host.CORSCredentials.");
        RequiresKeys = Flag("LocalHost__RequireKeys", Configuration["LocalHost:RequireKeys"]);
        StartLimit = Seconds("StartLimit", 60);
        StorageLimit = Seconds("StorageLimit", 10);
    }

    /// <summary>The folder that the app was built into: host.json, worker.config.json and its assemblies.</summary>
    public string AppFolder { get; }

    /// <summary>Whether it is the app that this host was built with, which runs in the host's own process.</summary>
    public bool IsOwnApp { get; }

    /// <summary>The app's assembly.</summary>
    public string WorkerFile { get; }

    /// <summary>The port to listen on; once it listens, the one that it has. 0 asks for any that is free.</summary>
    public int Port { get; set; }

    /// <summary>The worker's environment.</summary>
    public IReadOnlyDictionary<string, string?> Values { get; }

    /// <summary><see cref="Values"/>, and host.json under <see cref="HostSection"/>.</summary>
    public IConfiguration Configuration { get; }

    /// <summary>Origins whose pages may call; <c>*</c> for any.</summary>
    public string[] CorsOrigins { get; }

    public bool CorsCredentials { get; }

    /// <summary>Whether functions and webhooks ask for keys, as on Azure.</summary>
    public bool RequiresKeys { get; }

    /// <summary>What a worker has to come up, and a call to wait for one that is started again. 60 s unless set.</summary>
    public TimeSpan StartLimit { get; }

    /// <summary>What storage has to answer at the start. 10 s unless set.</summary>
    public TimeSpan StorageLimit { get; }

    public string RoutePrefix => (Configuration[$"{HostSection}:extensions:http:routePrefix"] ?? "api").Trim('/');

    public bool IsDisabled(string function) =>
        Configuration[$"AzureWebJobs.{function}.Disabled"] is var text && (text is "1" || Flag($"AzureWebJobs.{function}.Disabled", text));

    private static (string? App, string? Port) ReadArguments(string[] arguments)
    {
        string? app = null, port = null;
        for (var i = 0; i < arguments.Length; i++)
        {
            var (name, value) = arguments[i].Split('=', 2) is [var option, var given]
                ? (option, given) : (arguments[i], arguments.ElementAtOrDefault(++i));
            switch (name)
            {
                case "--app" when !string.IsNullOrEmpty(value): app = value; break;
                case "--port" when !string.IsNullOrEmpty(value): port = value; break;
                default: throw new LocalHostException($"{name}: the options are --port NUMBER and --app FOLDER.");
            }
        }

        return (app, port);
    }

    private static Dictionary<string, string?> ReadValues(JsonElement local)
    {
        const string Runtime = "FUNCTIONS_WORKER_RUNTIME", IsolatedRuntime = "dotnet-isolated", Storage = "AzureWebJobsStorage";
        if (Flag("IsEncrypted of local.settings.json", Text(local, "IsEncrypted")))
            throw new LocalHostException("local.settings.json is encrypted, which only the Core Tools read: func settings decrypt.");
        var values = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase)
        {
            [Runtime] = IsolatedRuntime,
            ["AZURE_FUNCTIONS_ENVIRONMENT"] = "Development",
        };
        foreach (var (section, prefix) in ((string, string)[])[("Values", ""), ("ConnectionStrings", "ConnectionStrings:")])
            if (Member(local, section) is { ValueKind: JsonValueKind.Object } settings)
                foreach (var setting in settings.EnumerateObject())
                    values[prefix + setting.Name] = setting.Value.ToString();
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
            values[(string)variable.Key] = (string?)variable.Value;
        if (!values.Keys.Any(name => name == Storage || name.StartsWith($"{Storage}__", StringComparison.OrdinalIgnoreCase)))
            values[Storage] = "UseDevelopmentStorage=true";

        // By these the durable extension, or a worker, would take this machine for a plan on Azure; or listen where the host does.
        foreach (var name in values.Keys.Where(IsNotForHere).ToList())
        {
            values.Remove(name);
            Environment.SetEnvironmentVariable(name, null);
        }

        return IsolatedRuntime.Equals(values[Runtime], StringComparison.OrdinalIgnoreCase)
            ? values : throw new LocalHostException($"{Runtime} is '{values[Runtime]}': only {IsolatedRuntime} runs here. Use the Core Tools: func start.");
    }

    private static bool IsNotForHere(string name) =>
        (name.StartsWith("WEBSITE_", StringComparison.Ordinal) && name != "WEBSITE_AUTH_ENABLED")
        || name is "CONTAINER_NAME" or "MANAGED_ENVIRONMENT" or "FUNCTIONS_LOGS_MOUNT_PATH"
        || name is "ASPNETCORE_URLS" or "ASPNETCORE_HTTP_PORTS" or "ASPNETCORE_HTTPS_PORTS" or "DOTNET_URLS" or "DOTNET_HTTP_PORTS" or "DOTNET_HTTPS_PORTS"
            or "URLS" or "HTTP_PORTS" or "HTTPS_PORTS";

    private JsonElement Parse(string file, bool isRequired = true)
    {
        var path = Path.Combine(AppFolder, file);
        if (!File.Exists(path))
            return isRequired
                ? throw new LocalHostException($"{AppFolder} has no {file}: --app takes the folder that an isolated app was built into, say bin/Debug/net10.0.")
                : default;
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllText(path), Lenient);
            return json.RootElement.ValueKind == JsonValueKind.Object ? json.RootElement.Clone() : throw new JsonException("it must be an object.");
        }
        catch (JsonException e)
        {
            throw new LocalHostException($"{path} is not valid JSON: {e.Message}", e);
        }
    }

    private static JsonElement Member(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) ? value : default;

    private static string? Text(JsonElement json, string name) =>
        Member(json, name) is { ValueKind: not (JsonValueKind.Null or JsonValueKind.Undefined) } value ? value.ToString() : null;

    private static bool Flag(string name, string? text) =>
        !string.IsNullOrEmpty(text)
        && (bool.TryParse(text, out var flag) ? flag : throw new LocalHostException($"{name} is '{text}'; it must be true or false."));

    private TimeSpan Seconds(string name, double unlessSet) =>
        Configuration[$"LocalHost:{name}"] is not { Length: > 0 } text ? TimeSpan.FromSeconds(unlessSet)
        : double.TryParse(text, CultureInfo.InvariantCulture, out var seconds) && seconds is > 0 and < 3600 ? TimeSpan.FromSeconds(seconds)
        : throw new LocalHostException($"LocalHost__{name} is '{text}'; it must be a number of seconds.");
}
