using System.ComponentModel;
using System.Globalization;
using System.Reflection;
using AccountApplications.EmbeddedHost.Engine;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.DependencyInjection;

namespace AccountApplications.EmbeddedHost.Functions;

/// <summary>Calls functions: binds their parameters, runs them inside the app's middleware, in a scope of services of their own.</summary>
internal sealed class FunctionInvoker(
    FunctionCatalog catalog, WorkerPipeline pipeline, IServiceScopeFactory scopes, DataConverter converter) : IFunctions
{
    private readonly Dictionary<FunctionDescription, Target> _targets = catalog.All.ToDictionary(function => function, function => new Target(function.Method));
    private FunctionExecutionDelegate? _execute;

    /// <summary>Runs an HTTP function and writes its result to the response.</summary>
    public async Task RunHttpAsync(FunctionDescription function, HttpContext http, CancellationToken cancellation)
    {
        await using var scope = scopes.CreateAsyncScope();
        var context = new EmbeddedFunctionContext(function, scope.ServiceProvider, cancellation);
        context.Items[HttpContextKey] = http;
        var result = await ExecuteAsync(context, parameter => BindHttp(parameter, function, context, http));
        switch (result)
        {
            case IResult answer:
                await answer.ExecuteAsync(http);
                break;
            case not null:
                await Results.Json(result).ExecuteAsync(http);
                break;
        }
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

    /// <summary>Whether a route value or a query value can become one.</summary>
    internal static bool CanConvert(Type type) =>
        type == typeof(string) || TypeDescriptor.GetConverter(Nullable.GetUnderlyingType(type) ?? type).CanConvertFrom(typeof(string));

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

    private static object? BindHttp(ParameterInfo parameter, FunctionDescription function, EmbeddedFunctionContext context, HttpContext http)
    {
        if (parameter == function.Trigger) return http.Request;
        if (TryBindService(parameter, context, out var service)) return service;

        var text = http.Request.RouteValues.GetValueOrDefault(parameter.Name!)?.ToString()
            ?? (http.Request.Query.TryGetValue(parameter.Name!, out var query) ? query.ToString() : null);
        if (text is null) return parameter.HasDefaultValue ? parameter.DefaultValue : Default(parameter.ParameterType);
        return parameter.ParameterType == typeof(string) ? text
            : TypeDescriptor.GetConverter(parameter.ParameterType).ConvertFromString(null, CultureInfo.InvariantCulture, text);
    }

    private object? Deserialize(string? json, Type type) => json is null ? Default(type) : converter.Deserialize(json, type);

    private static object? Default(Type type) => type.IsValueType ? Activator.CreateInstance(type) : null;

    /// <summary>A function's method, ready to be called.</summary>
    private sealed class Target(MethodInfo method)
    {
        private readonly ParameterInfo[] _parameters = method.GetParameters();
        private readonly MethodInvoker _invoker = MethodInvoker.Create(method);
        private readonly ObjectFactory? _factory = method.IsStatic ? null : ActivatorUtilities.CreateFactory(method.DeclaringType!, []);
        private readonly PropertyInfo? _result = IsTaskOfSomething(method.ReturnType) ? method.ReturnType.GetProperty("Result") : null;

        public async Task<object?> CallAsync(IServiceProvider services, Func<ParameterInfo, object?> bind)
        {
            var arguments = Array.ConvertAll(_parameters, bind.Invoke);
            var instance = _factory?.Invoke(services, null);
            var returned = _invoker.Invoke(instance, arguments.AsSpan());
            if (returned is not Task task) return returned;
            await task;
            return _result?.GetValue(task);
        }

        private static bool IsTaskOfSomething(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Task<>);
    }
}

/// <summary>The app's middleware, first added outermost.</summary>
internal sealed class WorkerPipeline
{
    private readonly List<Func<FunctionExecutionDelegate, FunctionExecutionDelegate>> _middleware = [];

    public void Add(Func<FunctionExecutionDelegate, FunctionExecutionDelegate> middleware) => _middleware.Add(middleware);

    public FunctionExecutionDelegate Build(FunctionExecutionDelegate function) =>
        Enumerable.Reverse(_middleware).Aggregate(function, (next, middleware) => middleware(next));
}
