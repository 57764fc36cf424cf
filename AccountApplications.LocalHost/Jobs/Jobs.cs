using Microsoft.Azure.WebJobs;
using Microsoft.Azure.WebJobs.Extensions.DurableTask;
using Microsoft.Azure.WebJobs.Host.Config;
using Microsoft.Azure.WebJobs.Host.Indexers;
using Newtonsoft.Json;
using ExecutionContext = Microsoft.Azure.WebJobs.ExecutionContext;

namespace AccountApplications.LocalHost;

/// <summary>The WebJobs SDK's JobHost with the durable extension: it triggers the app's functions, whose bodies the worker runs.</summary>
#pragma warning disable CS0618 // IWebHookProvider is the one type by which the extension asks for its address.
internal sealed class Jobs(Settings settings, Workers workers, Forwarder forwarder, ILoggerFactory loggers) : ITypeLocator, IWebHookProvider
{
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(1.5);
    private static readonly JsonSerializerSettings AsWritten = new() { DateParseHandling = DateParseHandling.None };

    private readonly Dictionary<string, Function> _functions = new(StringComparer.OrdinalIgnoreCase);
    private IHost? _host;
    private IJobHost? _jobHost;

    /// <summary>The durable extension's HTTP API; null before it has started.</summary>
    public IAsyncConverter<HttpRequestMessage, HttpResponseMessage>? DurableApi { get; private set; }

    /// <summary>Indexes the functions, and starts to listen for their work.</summary>
    /// <param name="storage">Completes when storage is there.</param>
    /// <exception cref="LocalHostException">A function or a setting is refused.</exception>
    public async Task StartAsync(IReadOnlyList<Function> functions, Task storage, CancellationToken cancellation)
    {
        foreach (var function in functions)
            _functions[function.Name] = function;
        try
        {
            _host = BuildHost();
            _jobHost = _host.Services.GetRequiredService<IJobHost>();
            await storage;
            await _host.StartAsync(cancellation);
        }
        catch (FunctionIndexingException e)
        {
            throw new LocalHostException($"{e.Message} {e.InnerException?.Message}".Trim(), e);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or FormatException)
        {
            throw new LocalHostException($"The durable extension does not start: {e.Message}", e);
        }
    }

    public IReadOnlyList<Type> GetTypes() => [FunctionType.Build(_functions.Values, DispatchAsync)];

    public Uri GetUrl(IExtensionConfigProvider extension)
    {
        DurableApi ??= extension as IAsyncConverter<HttpRequestMessage, HttpResponseMessage>;
        var key = settings.RequiresKeys ? settings.Configuration["LocalHost:Keys:system"] : null;
        return new Uri($"http://127.0.0.1:{settings.Port}{Webhooks.Path}{(key is null ? "" : $"?code={Uri.EscapeDataString(key)}")}");
    }

    /// <summary>Calls an HTTP or timer function, its inputs bound.</summary>
    /// <param name="trigger">A request's <see cref="HttpContext"/>, or the timer's state as JSON.</param>
    public Task CallAsync(Function function, object trigger, CancellationToken cancellation) => _jobHost!.CallAsync(
        function.Name,
        new Dictionary<string, object> { [function.IsHttp ? FunctionType.HttpParameter : function.Trigger.Name] = trigger },
        cancellation);

    public async Task StopAsync()
    {
        // In that time it does what it can, and nothing if it had not started.
        if (_host is not null)
            await _host.StopAsync(StopLimit).WaitAsync(StopLimit).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private IHost BuildHost() => new HostBuilder()
        .ConfigureAppConfiguration(configuration => configuration
            .AddConfiguration(settings.Configuration)
            .AddInMemoryCollection(
            [
                new("AzureWebJobsConfigurationSection", Settings.HostSection),
                // The owner's name in the hub's leases: another one for each host on a machine, and the same after a restart.
                new("WEBSITE_CURRENT_STAMPNAME", Environment.MachineName), new("RoleInstanceId", $"{settings.Port}"),
            ]))
        .ConfigureWebJobs(web => web.AddDurableTask().AddExecutionContextBinding())
        .ConfigureServices(services => services
            .AddSingleton(loggers)
            .AddSingleton<ITypeLocator>(this)
            .AddSingleton<IWebHookProvider>(this)
            .AddSingleton<IHostLifetime, QuietLifetime>())
        .Build();

    /// <summary>Every function's body: the worker is asked.</summary>
    private async Task<object?> DispatchAsync(string name, object?[] arguments)
    {
        var function = _functions[name];
        var trigger = arguments[0];
        var cancellation = (CancellationToken)arguments[^1]!;
        var request = new InvocationRequest
        {
            FunctionId = function.Metadata.FunctionId,
            InvocationId = ((ExecutionContext)arguments[^2]!).InvocationId.ToString(),
            // A worker takes it for granted.
            TraceContext = new() { TraceParent = Activity.Current?.Id ?? "", TraceState = Activity.Current?.TraceStateString ?? "" },
            InputData =
            {
                new ParameterBinding
                {
                    Name = function.Trigger.Name,
                    Data = function.IsHttp ? new() { Http = new() } : function.IsTimer ? new() { Json = (string)trigger! } : Data(trigger),
                },
                function.Inputs.Zip(arguments.Skip(1), (input, value) => new ParameterBinding { Name = input.Name, Data = Data(value) }),
            },
        };

        // A call that failed because no worker was there would be the orchestration's to deal with; so it waits.
        var worker = await workers.ReadyAsync(cancellation);
        if (trigger is HttpContext http)
        {
            await forwarder.ForwardAsync(worker, request, http, cancellation);
            return null;
        }

        return Value(await worker.InvokeAsync(request, cancellation));
    }

    internal static TypedData Data(object? value) => value is string text ? new() { String = text } : new();

    private static object? Value(TypedData? data) => data?.DataCase switch
    {
        TypedData.DataOneofCase.Json => JsonConvert.DeserializeObject(data.Json, AsWritten),
        TypedData.DataOneofCase.String => data.String,
        TypedData.DataOneofCase.Bytes => data.Bytes.ToByteArray(),
        TypedData.DataOneofCase.Int => data.Int,
        TypedData.DataOneofCase.Double => data.Double,
        _ => null,
    };
}
