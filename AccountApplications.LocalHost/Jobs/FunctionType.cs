using System.Reflection;
using System.Reflection.Emit;
using Microsoft.Azure.WebJobs;
using Microsoft.Azure.WebJobs.Extensions.DurableTask;
using ExecutionContext = Microsoft.Azure.WebJobs.ExecutionContext;

namespace AccountApplications.LocalHost;

/// <summary>What the WebJobs SDK indexes: a type with a static method for each function, which calls the one dispatcher.</summary>
internal static class FunctionType
{
    /// <summary>What is handed to an HTTP function's method: the request's <see cref="HttpContext"/>.</summary>
    public const string HttpParameter = "_http";

    private const string ContextParameter = "_context";
    private const string CancellationParameter = "_cancellation";

    /// <param name="functions">Each becomes a method.</param>
    /// <param name="dispatcher">
    /// Takes a function's name with what it was triggered with, its inputs, an <see cref="ExecutionContext"/> and a <see cref="CancellationToken"/>.
    /// </param>
    public static Type Build(IEnumerable<Function> functions, Func<string, object?[], Task<object?>> dispatcher)
    {
        const string Name = "AccountApplications.LocalHost.Functions";
        var module = AssemblyBuilder.DefineDynamicAssembly(new AssemblyName(Name), AssemblyBuilderAccess.Run).DefineDynamicModule(Name);
        var type = module.DefineType("Functions", TypeAttributes.Public | TypeAttributes.Abstract | TypeAttributes.Sealed);
        var field = type.DefineField("Dispatch", dispatcher.GetType(), FieldAttributes.Public | FieldAttributes.Static);
        foreach (var function in functions)
            Define(type, field, function);
        var built = type.CreateType();
        built.GetField(field.Name)!.SetValue(null, dispatcher);
        return built;
    }

    private static void Define(TypeBuilder type, FieldInfo dispatcher, Function function)
    {
        List<(string Name, Type Type, CustomAttributeBuilder? Attribute)> parameters =
        [
            Trigger(function.Trigger),
            .. function.Inputs.Select(input => (input.Name, typeof(string), Attribute<DurableClientAttribute>(input, "taskHub", "connectionName"))),
            (ContextParameter, typeof(ExecutionContext), null),
            (CancellationParameter, typeof(CancellationToken), null),
        ];

        // Only a trigger that takes a return value may have one; HTTP and timer functions are called, not triggered.
        var isCalled = function.IsHttp || function.IsTimer;
        var method = type.DefineMethod(
            function.Name, MethodAttributes.Public | MethodAttributes.Static, isCalled ? typeof(Task) : typeof(Task<object>),
            [.. parameters.Select(parameter => parameter.Type)]);
        method.SetCustomAttribute(new CustomAttributeBuilder(typeof(FunctionNameAttribute).GetConstructor([typeof(string)])!, [function.Name]));
        if (isCalled)
            method.SetCustomAttribute(new CustomAttributeBuilder(typeof(NoAutomaticTriggerAttribute).GetConstructor([])!, []));

        var il = method.GetILGenerator();
        il.Emit(OpCodes.Ldsfld, dispatcher);
        il.Emit(OpCodes.Ldstr, function.Name);
        il.Emit(OpCodes.Ldc_I4, parameters.Count);
        il.Emit(OpCodes.Newarr, typeof(object));
        for (var i = 0; i < parameters.Count; i++)
        {
            var parameter = method.DefineParameter(i + 1, ParameterAttributes.None, parameters[i].Name);
            if (parameters[i].Attribute is { } attribute)
                parameter.SetCustomAttribute(attribute);
            il.Emit(OpCodes.Dup);
            il.Emit(OpCodes.Ldc_I4, i);
            il.Emit(OpCodes.Ldarg, i);
            if (parameters[i].Type.IsValueType)
                il.Emit(OpCodes.Box, parameters[i].Type);
            il.Emit(OpCodes.Stelem_Ref);
        }

        il.Emit(OpCodes.Callvirt, dispatcher.FieldType.GetMethod("Invoke")!);
        il.Emit(OpCodes.Ret);
    }

    private static (string Name, Type Type, CustomAttributeBuilder? Attribute) Trigger(Binding trigger) => trigger.Type.ToLowerInvariant() switch
    {
        "httptrigger" => (HttpParameter, typeof(HttpContext), null),
        "timertrigger" => (trigger.Name, typeof(string), null),
        "orchestrationtrigger" => (trigger.Name, typeof(string), Attribute<OrchestrationTriggerAttribute>(trigger, "orchestration")),
        "activitytrigger" => (trigger.Name, typeof(string), Attribute<ActivityTriggerAttribute>(trigger, "activity")),
        _ => (trigger.Name, typeof(string), Attribute<EntityTriggerAttribute>(trigger, "entityName")),
    };

    private static CustomAttributeBuilder Attribute<T>(Binding binding, params string[] properties)
    {
        var given = properties
            .Select(name => (
                Property: typeof(T).GetProperty(name, BindingFlags.Public | BindingFlags.Instance | BindingFlags.IgnoreCase)!,
                Value: binding.Text(name)))
            .Where(property => property.Value is { Length: > 0 })
            .ToList();
        return new CustomAttributeBuilder(
            typeof(T).GetConstructor([])!, [], [.. given.Select(property => property.Property)], [.. given.Select(property => (object)property.Value!)]);
    }
}
