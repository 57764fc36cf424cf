using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Extensions.Abstractions;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace AccountApplications.EmbeddedHost.Functions;

internal enum TriggerKind
{
    Http,
    Orchestration,
    Activity,
}

/// <summary>
/// A function as its attributes describe it. The trigger is one of the parameters, the same object: reflection may hand out others when
/// it is asked again.
/// </summary>
internal sealed record FunctionDescription(
    string Name, TriggerKind Kind, MethodInfo Method, ParameterInfo[] Parameters, ParameterInfo Trigger)
{
    /// <summary>As bindings are named in a function's metadata.</summary>
    public string TriggerType => Kind switch
    {
        TriggerKind.Http => "httpTrigger",
        TriggerKind.Orchestration => "orchestrationTrigger",
        TriggerKind.Activity => "activityTrigger",
        _ => throw new ArgumentOutOfRangeException(nameof(Kind)),
    };

    /// <summary>The parsed route of an HTTP function, without the prefix.</summary>
    public RoutePattern? Route { get; init; }

    /// <summary>Of an HTTP function, in capitals; empty for any.</summary>
    public IReadOnlyList<string> Methods { get; init; } = [];

    public AuthorizationLevel AuthLevel { get; init; }
}

/// <summary>Where functions are looked for.</summary>
internal sealed record FunctionSource(IReadOnlyCollection<Type> Types)
{
    public static FunctionSource Of(Assembly assembly) => new(assembly.GetTypes());
}

/// <summary>The functions of the app. What the real runtime would drop or refuse is refused here, at start.</summary>
internal sealed partial class FunctionCatalog
{
    private readonly Dictionary<string, FunctionDescription> _orchestrators = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, FunctionDescription> _activities = new(StringComparer.OrdinalIgnoreCase);

    /// <exception cref="HostStartException">A function is not as it must be; the message names all such.</exception>
    public FunctionCatalog(FunctionSource source, Func<string, bool>? isDisabled = null)
    {
        var problems = new List<string>();
        var functions = new List<FunctionDescription>();
        const BindingFlags anyMethod = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        foreach (var method in source.Types.SelectMany(type => type.GetMethods(anyMethod)))
        {
            if (method.GetCustomAttribute<FunctionAttribute>() is not { } attribute) continue;
            try
            {
                functions.Add(Describe(attribute.Name, method));
            }
            catch (FormatException e)
            {
                problems.Add($"Function '{attribute.Name}' ({method.DeclaringType}.{method.Name}): {e.Message}");
            }
        }

        problems.AddRange(functions.Where(function => !FunctionName().IsMatch(function.Name))
            .Select(function => $"Function '{function.Name}': a function's name begins with a letter and has up to 128 letters, digits, - and _; rename it."));
        problems.AddRange(functions.GroupBy(function => function.Name, StringComparer.OrdinalIgnoreCase).Where(group => group.Count() > 1)
            .Select(group => $"Function '{group.Key}': {group.Count()} functions have this name; give each its own in [Function(\"…\")]."));
        problems.AddRange(
            from function in functions
            where function.Kind == TriggerKind.Http
            from method in function.Methods.DefaultIfEmpty("any method")
            group function by (Method: method, Route: Shape(function.Route!)) into same
            where same.Count() > 1
            select $"Functions {string.Join(" and ", same.Select(function => $"'{function.Name}'"))}: both have the route " +
                $"{same.Key.Method} /{same.First().Route!.RawText}; change one.");
        if (problems.Count > 0) throw new HostStartException(string.Join(Environment.NewLine, problems));

        All = [.. functions.Where(function => isDisabled?.Invoke(function.Name) != true).OrderBy(function => function.Kind).ThenBy(function => function.Name, StringComparer.Ordinal)];
        foreach (var function in All)
        {
            if (function.Kind == TriggerKind.Orchestration) _orchestrators.Add(function.Name, function);
            if (function.Kind == TriggerKind.Activity) _activities.Add(function.Name, function);
        }
    }

    public IReadOnlyList<FunctionDescription> All { get; }

    public FunctionDescription? FindOrchestrator(string name) => _orchestrators.GetValueOrDefault(name);

    /// <exception cref="ArgumentException">There is no such activity; the message lists those that there are.</exception>
    public FunctionDescription GetActivity(string name) => _activities.GetValueOrDefault(name)
        ?? throw new ArgumentException(
            $"The function '{name}' does not exist, is disabled, or is not an activity. Activities: {string.Join(", ", _activities.Keys.Order())}.");

    private static FunctionDescription Describe(string name, MethodInfo method)
    {
        if (!method.IsPublic || !IsPublic(method.DeclaringType!))
            throw new FormatException("it is not a public method of a public type, so the Azure build would drop it without a word; make both public.");
        if (method.IsGenericMethodDefinition || method.DeclaringType!.ContainsGenericParameters)
            throw new FormatException("it is generic; write one function for each type.");
        if (method.ReturnType == typeof(void) && method.GetCustomAttribute<System.Runtime.CompilerServices.AsyncStateMachineAttribute>() is not null)
            throw new FormatException("it is async void, so nobody could wait for it; return Task.");

        var parameters = method.GetParameters();
        var unmarked = parameters.FirstOrDefault(parameter =>
            parameter.ParameterType == typeof(DurableTaskClient) && parameter.GetCustomAttribute<DurableClientAttribute>() is null);
        if (unmarked is not null)
            throw new FormatException($"parameter '{unmarked.Name}' has no [DurableClient], so it would be null on Azure; mark it.");
        var triggers = parameters
            .Select(parameter => (Parameter: parameter, Attribute: parameter.GetCustomAttributes().OfType<TriggerBindingAttribute>().FirstOrDefault()))
            .Where(trigger => trigger.Attribute is not null).ToList();
        if (triggers is not [var (trigger, attribute)])
            throw new FormatException($"it has {triggers.Count} triggers; mark exactly one parameter with a trigger attribute.");

        var function = new FunctionDescription(name, TriggerKind.Activity, method, parameters, trigger);
        return attribute switch
        {
            HttpTriggerAttribute http => DescribeHttp(function, http),
            OrchestrationTriggerAttribute orchestration => DescribeOrchestrator(function with { Name = orchestration.Orchestration ?? name }),
            ActivityTriggerAttribute activity => DescribeActivity(function with { Name = activity.Activity ?? name }),
            _ => throw new FormatException(
                $"{attribute!.GetType().Name}: the embedded host runs HTTP, orchestration and activity triggers only; run the Azure build (FunctionsRuntime=Azure)."),
        };
    }

    private static FunctionDescription DescribeHttp(FunctionDescription function, HttpTriggerAttribute http)
    {
        var trigger = function.Trigger;
        if (trigger.ParameterType != typeof(HttpRequest))
            throw new FormatException($"parameter '{trigger.Name}' is a {trigger.ParameterType.Name}; an HTTP trigger's is Microsoft.AspNetCore.Http.HttpRequest.");

        RoutePattern route;
        try
        {
            route = RoutePatternFactory.Parse(http.Route ?? function.Name);
        }
        catch (RoutePatternException e)
        {
            throw new FormatException($"route '{http.Route}': {e.Message}");
        }

        foreach (var parameter in function.Parameters)
        {
            var isBound = parameter == trigger || IsService(parameter)
                || FunctionInvoker.CanConvert(parameter.ParameterType);
            if (!isBound) throw new FormatException($"parameter '{parameter.Name}' of type {parameter.ParameterType.Name} cannot be bound; take the HttpRequest and read it.");
        }

        var result = FunctionInvoker.ResultOf(function.Method);
        if (typeof(IActionResult).IsAssignableFrom(result))
            throw new FormatException($"it returns {result.Name}, which the embedded host does not write; return IResult (TypedResults.Ok(…)).");
        if (result != typeof(void) && !typeof(IResult).IsAssignableFrom(result))
            throw new FormatException($"it returns {result.Name}, which would not be written to the response on Azure; return IResult (TypedResults.Ok(…)).");

        return function with
        {
            Kind = TriggerKind.Http,
            Route = route,
            Methods = [.. (http.Methods ?? []).Select(verb => verb.ToUpperInvariant())],
            AuthLevel = http.AuthLevel,
        };
    }

    private static FunctionDescription DescribeOrchestrator(FunctionDescription function)
    {
        var trigger = function.Trigger;
        if (trigger.ParameterType != typeof(TaskOrchestrationContext))
            throw new FormatException($"parameter '{trigger.Name}' is a {trigger.ParameterType.Name}; an orchestration trigger's is {nameof(TaskOrchestrationContext)}.");
        if (function.Parameters.Any(parameter => parameter.ParameterType == typeof(DurableTaskClient)))
            throw new FormatException($"it takes a {nameof(DurableTaskClient)}, which an orchestrator must not use; do that in an activity.");
        var inputs = function.Parameters.Count(parameter => parameter != trigger && !IsService(parameter));
        return inputs <= 1
            ? function with { Kind = TriggerKind.Orchestration }
            : throw new FormatException($"it has {inputs} parameters for its input; make one record of them.");
    }

    private static FunctionDescription DescribeActivity(FunctionDescription function)
    {
        var other = function.Parameters.FirstOrDefault(
            parameter => parameter != function.Trigger && !IsService(parameter) && !FunctionInvoker.IsInstanceId(parameter));
        return other is null ? function : throw new FormatException(
            $"parameter '{other.Name}' of type {other.ParameterType.Name} cannot be bound; an activity has one input, make a record of them.");
    }

    private static bool IsService(ParameterInfo parameter) =>
        parameter.ParameterType == typeof(FunctionContext) || parameter.ParameterType == typeof(CancellationToken)
        || parameter.ParameterType == typeof(DurableTaskClient);

    private static bool IsPublic(Type type) => type.IsPublic || (type.IsNestedPublic && IsPublic(type.DeclaringType!));

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9_-]{0,127}$")]
    private static partial Regex FunctionName();

    /// <summary>The route with its parameters' names taken away: two of one shape match the same paths.</summary>
    private static string Shape(RoutePattern route) => string.Join('/', route.PathSegments.Select(segment => string.Concat(segment.Parts.Select(part =>
        part switch
        {
            RoutePatternLiteralPart literal => literal.Content.ToUpperInvariant(),
            RoutePatternParameterPart parameter => $"{{{(parameter.IsCatchAll ? "*" : "")}{string.Join(':', parameter.ParameterPolicies.Select(policy => policy.Content))}}}",
            _ => part.ToString(),
        }))));
}
