using System.Collections;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Reflection;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace AccountApplications.EmbeddedHost.Functions;

/// <summary>One invocation of a function.</summary>
internal sealed class EmbeddedFunctionContext : FunctionContext
{
    public EmbeddedFunctionContext(FunctionDescription function, IServiceProvider services, CancellationToken cancellation)
    {
        Function = function;
        InstanceServices = services;
        CancellationToken = cancellation;
        Features.Set<InvocationResult>(Result);
    }

    public FunctionDescription Function { get; }

    public FunctionResult Result { get; } = new();

    /// <summary>What to pass for a parameter of the function.</summary>
    public Func<ParameterInfo, object?>? Bind { get; set; }

    public override string InvocationId { get; } = Guid.NewGuid().ToString();

    public override string FunctionId => Function.Name;

    public override FunctionDefinition FunctionDefinition => field ??= new Definition(Function);

    public override IServiceProvider InstanceServices { get; set; }

    public override CancellationToken CancellationToken { get; }

    public override IDictionary<object, object> Items { get; set; } = new Dictionary<object, object>();

    public override IInvocationFeatures Features { get; } = new InvocationFeatures();

    public override TraceContext TraceContext { get; } = new CurrentTrace();

    public override BindingContext BindingContext => new RouteBinding(Items);

    public override RetryContext RetryContext { get; } = new NoRetry();

    /// <summary>What the function returned, for middleware to look at and to replace.</summary>
    internal sealed class FunctionResult : InvocationResult
    {
        public override object? Value { get; set; }
    }

    private sealed class InvocationFeatures : IInvocationFeatures
    {
        private readonly Dictionary<Type, object> _features = [];

        public void Set<T>(T instance) => _features[typeof(T)] = instance!;

        public T? Get<T>() => _features.TryGetValue(typeof(T), out var feature) ? (T)feature : default;

        public IEnumerator<KeyValuePair<Type, object>> GetEnumerator() => _features.GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }

    private sealed class CurrentTrace : TraceContext
    {
        public override string TraceParent { get; } = Activity.Current?.Id ?? "";

        public override string TraceState { get; } = Activity.Current?.TraceStateString ?? "";
    }

    private sealed class RouteBinding(IDictionary<object, object> items) : BindingContext
    {
        public override IReadOnlyDictionary<string, object?> BindingData { get; } =
            items.TryGetValue(FunctionInvoker.HttpContextKey, out var http)
                ? ((HttpContext)http).Request.RouteValues.ToDictionary(value => value.Key, value => value.Value)
                : new Dictionary<string, object?>();
    }

    private sealed class NoRetry : RetryContext
    {
        public override int RetryCount => 0;

        public override int MaxRetryCount => 0;
    }

    private sealed class Definition(FunctionDescription function) : FunctionDefinition
    {
        public override string Id => function.Name;

        public override string Name => function.Name;

        public override string EntryPoint => $"{function.Method.DeclaringType!.FullName}.{function.Method.Name}";

        public override string PathToAssembly => function.Method.Module.FullyQualifiedName;

        public override ImmutableArray<FunctionParameter> Parameters { get; } =
            [.. function.Method.GetParameters().Select(parameter => new FunctionParameter(parameter.Name!, parameter.ParameterType))];

        public override IImmutableDictionary<string, BindingMetadata> InputBindings { get; } =
            ImmutableDictionary<string, BindingMetadata>.Empty.Add(function.Trigger.Name!, new TriggerBinding(function));

        public override IImmutableDictionary<string, BindingMetadata> OutputBindings => ImmutableDictionary<string, BindingMetadata>.Empty;
    }

    private sealed class TriggerBinding(FunctionDescription function) : BindingMetadata
    {
        public override string Name => function.Trigger.Name!;

        public override string Type => function.TriggerType;

        public override BindingDirection Direction => BindingDirection.In;
    }
}
