using System.Globalization;
using System.Reflection;
using System.Text.Json;
using AccountApplications.EmbeddedHost.Engine;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AccountApplications.EmbeddedHost.Functions;

/// <summary>Calls functions: binds their parameters, runs them inside the app's middleware, in a scope of services of their own.</summary>
internal sealed partial class FunctionInvoker(
    FunctionCatalog catalog, WorkerPipeline pipeline, IServiceScopeFactory scopes, DataConverter converter, ILogger<FunctionInvoker> log)
    : IFunctions
{
    private readonly Dictionary<FunctionDescription, Target> _targets = catalog.All.ToDictionary(function => function, function => new Target(function));
    private FunctionExecutionDelegate? _execute;

    /// <summary>Runs an HTTP function and writes its result to the response.</summary>
    public async Task RunHttpAsync(FunctionDescription function, HttpContext http, CancellationToken cancellation)
    {
        await using var scope = scopes.CreateAsyncScope();
        var context = new EmbeddedFunctionContext(function, scope.ServiceProvider, cancellation);
        context.Items[HttpContextKey] = http;
        var result = await ExecuteAsync(context, parameter => BindHttp(parameter, function, context, http));
        if (result is IResult answer) await answer.ExecuteAsync(http);
        else if (result is not null) LogNoResponse(function.Name, result.GetType());
    }

    public async Task<object?> RunOrchestratorAsync(ReplayContext orchestration, string name)
    {
        var function = catalog.FindOrchestrator(name) ?? throw new InvalidOperationException(
            $"The function '{name}' does not exist, is disabled, or is not an orchestrator.");
        using var scope = scopes.CreateScope();
        var context = new EmbeddedFunctionContext(function, scope.ServiceProvider, CancellationToken.None);
        orchestration.FunctionContext = context;
        return await ExecuteAsync(context, parameter =>
            parameter == function.Trigger ? orchestration
            : TryBindService(parameter, context, out var service) ? service
            : orchestration.GetInput(parameter.ParameterType));
    }

    public async Task<string?> RunActivityAsync(string name, string? input, string instanceId, CancellationToken cancellation)
    {
        var function = catalog.GetActivity(name);
        await using var scope = scopes.CreateAsyncScope();
        var context = new EmbeddedFunctionContext(function, scope.ServiceProvider, cancellation);
        var result = await ExecuteAsync(context, parameter =>
            parameter == function.Trigger ? Deserialize(input, parameter.ParameterType)
            : TryBindService(parameter, context, out var service) ? service
            : instanceId);
        return converter.Serialize(result);
    }

    internal const string HttpContextKey = "HttpRequestContext";

    /// <summary>Whether a route value or a query value can become one: the worker takes all other types for JSON in the body.</summary>
    internal static bool CanConvert(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return type == typeof(string) || type.IsPrimitive || type.IsEnum || type == typeof(decimal)
            || type == typeof(Guid) || type == typeof(DateTime) || type == typeof(DateTimeOffset);
    }

    /// <summary>What the method returns at last, <c>void</c> where its task has no result.</summary>
    internal static Type ResultOf(MethodInfo method)
    {
        var type = method.ReturnType;
        if (type == typeof(Task) || type == typeof(ValueTask)) return typeof(void);
        return type.IsGenericType && (type.GetGenericTypeDefinition() == typeof(Task<>) || type.GetGenericTypeDefinition() == typeof(ValueTask<>))
            ? type.GetGenericArguments()[0]
            : type;
    }

    /// <summary>An activity may ask for its orchestration's id by this name.</summary>
    internal static bool IsInstanceId(ParameterInfo parameter) =>
        parameter.ParameterType == typeof(string) && string.Equals(parameter.Name, "instanceId", StringComparison.OrdinalIgnoreCase);

    private async Task<object?> ExecuteAsync(EmbeddedFunctionContext context, Func<ParameterInfo, object?> bind)
    {
        context.Bind = bind;
        _execute ??= pipeline.Build(CallAsync);
        await _execute(context);
        return context.Result.Value;
    }

    private async Task CallAsync(FunctionContext functionContext)
    {
        var context = (EmbeddedFunctionContext)functionContext;
        context.Result.Value = await _targets[context.Function].CallAsync(context.InstanceServices, context.Bind!);
    }

    private static bool TryBindService(ParameterInfo parameter, EmbeddedFunctionContext context, out object? service)
    {
        service = parameter.ParameterType == typeof(FunctionContext) ? context
            : parameter.ParameterType == typeof(CancellationToken) ? context.CancellationToken
            : parameter.ParameterType == typeof(DurableTaskClient) ? context.InstanceServices.GetRequiredService<DurableTaskClient>()
            : null;
        return service is not null;
    }

    /// <exception cref="InvalidOperationException">A value does not fit its parameter, or there is none and no default. The worker fails so too.</exception>
    private object? BindHttp(ParameterInfo parameter, FunctionDescription function, EmbeddedFunctionContext context, HttpContext http)
    {
        if (parameter == function.Trigger) return http.Request;
        if (TryBindService(parameter, context, out var service)) return service;

        var type = Nullable.GetUnderlyingType(parameter.ParameterType) ?? parameter.ParameterType;
        var text = http.Request.RouteValues.GetValueOrDefault(parameter.Name!)?.ToString()
            ?? (http.Request.Query.TryGetValue(parameter.Name!, out var query) ? query.ToString() : null);
        if (text is null)
        {
            if (parameter.HasDefaultValue) return parameter.DefaultValue;
            return !parameter.ParameterType.IsValueType || type != parameter.ParameterType
                ? null
                : throw new InvalidOperationException(
                    $"There is no value for parameter '{parameter.Name}' of function '{function.Name}'. Give it a default, or make it nullable.");
        }

        try
        {
            return type == typeof(string) ? text
                : type == typeof(Guid) ? Guid.Parse(text)
                : type == typeof(DateTime) ? DateTime.Parse(text, CultureInfo.InvariantCulture)
                : type == typeof(DateTimeOffset) ? DateTimeOffset.Parse(text, CultureInfo.InvariantCulture)
                : converter.Deserialize(text, parameter.ParameterType);
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            throw new InvalidOperationException(
                $"The value of parameter '{parameter.Name}' of function '{function.Name}' is no {type.Name}. Take a string, and answer 400 yourself.", e);
        }
    }

    private object? Deserialize(string? json, Type type) => json is null ? Default(type) : converter.Deserialize(json, type);

    private static object? Default(Type type) => type.IsValueType ? Activator.CreateInstance(type) : null;

    /// <summary>A function's method, ready to be called.</summary>
    private sealed class Target(FunctionDescription function)
    {
        private readonly MethodInvoker _invoker = MethodInvoker.Create(function.Method);
        private readonly ObjectFactory? _factory =
            function.Method.IsStatic ? null : ActivatorUtilities.CreateFactory(function.Method.DeclaringType!, []);
        private readonly PropertyInfo? _result =
            ResultOf(function.Method) != typeof(void) ? typeof(Task<>).MakeGenericType(ResultOf(function.Method)).GetProperty("Result") : null;
        private readonly MethodInfo? _asTask =
            function.Method.ReturnType.Name.StartsWith(nameof(ValueTask), StringComparison.Ordinal) ? function.Method.ReturnType.GetMethod("AsTask") : null;

        public async Task<object?> CallAsync(IServiceProvider services, Func<ParameterInfo, object?> bind)
        {
            var arguments = Array.ConvertAll(function.Parameters, bind.Invoke);
            var instance = _factory?.Invoke(services, null);
            var returned = _invoker.Invoke(instance, arguments.AsSpan());
            if (_asTask is not null) returned = _asTask.Invoke(returned, null);
            if (returned is not Task task) return returned;
            await task;
            return _result?.GetValue(task);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Function {Function} returned {Type}, which is not written to the response; return IResult.")]
    private partial void LogNoResponse(string function, Type type);
}

/// <summary>The app's middleware, first added outermost.</summary>
internal sealed class WorkerPipeline
{
    private readonly List<Func<FunctionExecutionDelegate, FunctionExecutionDelegate>> _middleware = [];

    public void Add(Func<FunctionExecutionDelegate, FunctionExecutionDelegate> middleware) => _middleware.Add(middleware);

    public FunctionExecutionDelegate Build(FunctionExecutionDelegate function) =>
        Enumerable.Reverse(_middleware).Aggregate(function, (next, middleware) => middleware(next));
}
