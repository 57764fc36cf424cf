using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace AccountApplications.Tests.PublishedSdk;

/// <summary>Writes the public and protected API of compiled types the way the listings do.</summary>
internal static class ApiRenderer
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly string[] None = [];

    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(bool)] = "bool",
        [typeof(byte)] = "byte",
        [typeof(char)] = "char",
        [typeof(decimal)] = "decimal",
        [typeof(double)] = "double",
        [typeof(float)] = "float",
        [typeof(int)] = "int",
        [typeof(long)] = "long",
        [typeof(object)] = "object",
        [typeof(sbyte)] = "sbyte",
        [typeof(short)] = "short",
        [typeof(string)] = "string",
        [typeof(uint)] = "uint",
        [typeof(ulong)] = "ulong",
        [typeof(ushort)] = "ushort",
        [typeof(void)] = "void",
    };

    public static IEnumerable<ApiLine> Render(Type type)
    {
        var name = Name(type);
        yield return ApiLine.OfType(name, Attributes(type) + TypeSignature(type, name));
        if (IsDelegate(type)) yield break;

        foreach (var member in type.GetMembers(Declared))
        {
            if (Signature(member) is { } signature) yield return ApiLine.OfMember(name, Attributes(member) + signature);
        }
    }

    /// <summary>The full name, as the listings write it: keywords for built-in types, type arguments in angle brackets.</summary>
    public static string Name(Type type) => Name(type, NullableFlags.None);

    private static string TypeSignature(Type type, string name)
    {
        if (IsDelegate(type)) return $"public delegate {Returned(type.GetMethod("Invoke")!, name)}";
        if (type.IsEnum) return $"public enum {name}";

        var isRecord = IsCompilerGenerated(type.GetMethod(type.IsValueType ? "PrintMembers" : "<Clone>$", Declared));
        var kind = type switch
        {
            { IsInterface: true } => "interface",
            { IsValueType: true } => (IsReadOnly(type) ? "readonly " : "") + (isRecord ? "record struct" : "struct"),
            { IsAbstract: true, IsSealed: true } => "static class",
            _ => (type.IsAbstract ? "abstract " : type.IsSealed ? "sealed " : "") + (isRecord ? "record" : "class"),
        };
        string[] parents =
        [
            .. type.BaseType is { } parent && parent != typeof(object) && parent != typeof(ValueType) ? [Name(parent)] : None,
            .. type.GetInterfaces().Where(i => i.IsPublic).Select(Name).Order(StringComparer.Ordinal),
        ];
        return $"public {kind} {name}{(parents is [] ? "" : " : ")}{string.Join(", ", parents)}{Constraints(type.GetGenericArguments())}";
    }

    private static string? Signature(MemberInfo member) => member switch
    {
        MethodBase { IsSpecialName: true } method when !IsOperator(method) && !method.IsConstructor => null, // an accessor
        MethodBase method when !IsVisible(method) || method.Name is "<Clone>$" or ".cctor" => null,
        ConstructorInfo method => $"{Modifiers(method)}{Plain(method.DeclaringType!.Name)}{Parameters(method)}",
        MethodInfo { Name: "op_Implicit" } method => $"{Modifiers(method)}{Returned(method, "implicit operator")}",
        MethodInfo { Name: "op_Explicit" } method => $"{Modifiers(method)}{Returned(method, "explicit operator")}",
        MethodInfo { Name: "op_Equality" } method => $"{Modifiers(method)}{Returned(method, "operator ==")}",
        MethodInfo { Name: "op_Inequality" } method => $"{Modifiers(method)}{Returned(method, "operator !=")}",
        MethodInfo method when !IsOperator(method) => Modifiers(method) + Returned(method, method.Name),
        PropertyInfo property when !property.GetAccessors(nonPublic: true).Any(IsVisible) => null,
        PropertyInfo property when property.GetIndexParameters() is [] => Property(property),
        EventInfo { AddMethod: { } add } when !IsVisible(add) => null,
        FieldInfo { IsPublic: false, IsFamily: false, IsFamilyOrAssembly: false } => null,
        FieldInfo { IsSpecialName: true } => null, // where an enum keeps its value
        FieldInfo { DeclaringType: { IsEnum: true } } field => $"{field.Name} = {Value(field.GetRawConstantValue())}",
        FieldInfo { IsPublic: true } field => Field(field),
        TypeInfo => null, // nested types have lines of their own
        _ => throw new NotSupportedException($"The listings do not say how to write {member.DeclaringType}.{member.Name}."),
    };

    private static string Property(PropertyInfo property)
    {
        var visible = property.GetAccessors(nonPublic: true).Where(IsVisible).ToList();
        var widest = visible.Find(accessor => accessor.IsPublic) ?? visible[0];
        var accessors = visible.Select(accessor => $"{(Access(accessor) == Access(widest) ? "" : "protected ")}{Keyword(accessor)};");
        var type = Name(property.PropertyType, NullableFlags.Of(property));
        return $"{Modifiers(widest)}{type} {property.Name} {{ {string.Join(' ', accessors)} }}";

        static string Keyword(MethodInfo accessor) =>
            accessor.ReturnType != typeof(void) ? "get"
            : accessor.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) ? "init"
            : "set";
    }

    private static string Field(FieldInfo field)
    {
        var type = Name(field.FieldType, NullableFlags.Of(field));
        return field.IsLiteral
            ? $"public const {type} {field.Name} = {Value(field.GetRawConstantValue())}"
            : $"public {(field.IsStatic ? "static " : "")}{(field.IsInitOnly ? "readonly " : "")}{type} {field.Name}";
    }

    private static string Modifiers(MethodBase method)
    {
        if (method.DeclaringType!.IsInterface) return "";
        var isOverride = method is MethodInfo { IsVirtual: true } info && info.GetBaseDefinition() != info;
        var inheritance = method switch
        {
            { IsStatic: true } => "static ",
            { IsAbstract: true } => isOverride ? "abstract override " : "abstract ",
            { IsVirtual: true, IsFinal: true } => isOverride ? "sealed override " : "", // otherwise it only implements an interface
            { IsVirtual: true } => isOverride ? "override " : "virtual ",
            _ => "",
        };
        return $"{Access(method)} {inheritance}";
    }

    private static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static string Access(MethodBase method) => method.IsPublic ? "public" : "protected";

    private static string Returned(MethodInfo method, string name)
    {
        var attributes = Attributes(method.ReturnParameter).Replace("[", "[return: ", StringComparison.Ordinal);
        var own = method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(Name))}>" : "";
        var type = Name(method.ReturnType, NullableFlags.Of(method.ReturnParameter));
        return $"{attributes}{type} {name}{own}{Parameters(method)}{(method.IsGenericMethod ? Constraints(method.GetGenericArguments()) : "")}";
    }

    private static string Parameters(MethodBase method) => $"({string.Join(", ", method.GetParameters().Select(Parameter))})";

    private static string Parameter(ParameterInfo parameter)
    {
        var isExtended = parameter.Position == 0 && parameter.Member.IsDefined(typeof(ExtensionAttribute));
        var modifier = parameter switch
        {
            _ when isExtended => "this ",
            _ when parameter.IsDefined(typeof(ParamArrayAttribute)) => "params ",
            { ParameterType.IsByRef: true, IsOut: true } => "out ",
            { ParameterType.IsByRef: true, IsIn: true } => "in ",
            { ParameterType.IsByRef: true } => "ref ",
            _ => "",
        };
        var value = !parameter.HasDefaultValue ? ""
            : parameter is { RawDefaultValue: null, ParameterType: { IsValueType: true } type } && !IsNullable(type) ? " = default"
            : $" = {Value(parameter.RawDefaultValue)}";
        return $"{Attributes(parameter)}{modifier}{Name(parameter.ParameterType, NullableFlags.Of(parameter))} {parameter.Name}{value}";
    }

    private static string Constraints(Type[] parameters) => string.Concat(parameters.Select(parameter =>
    {
        var flags = parameter.GenericParameterAttributes;
        var isStruct = flags.HasFlag(GenericParameterAttributes.NotNullableValueTypeConstraint);
        string[] constraints =
        [
            .. flags.HasFlag(GenericParameterAttributes.ReferenceTypeConstraint) ? ["class"] : None,
            .. isStruct ? ["struct"] : None,
            .. parameter.GetGenericParameterConstraints().Where(type => type != typeof(ValueType)).Select(Name),
            .. flags.HasFlag(GenericParameterAttributes.DefaultConstructorConstraint) && !isStruct ? ["new()"] : None,
        ];
        return constraints is [] ? "" : $" where {parameter.Name} : {string.Join(", ", constraints)}"; // notnull is not listed
    }));

    private static string Attributes(MemberInfo member) => Attributes(member.GetCustomAttributesData());

    private static string Attributes(ParameterInfo parameter) => Attributes(parameter.GetCustomAttributesData());

    private static string Attributes(IEnumerable<CustomAttributeData> attributes) => string.Concat(attributes
        .Where(data =>
            data.AttributeType == typeof(ObsoleteAttribute)
            || data.AttributeType == typeof(AttributeUsageAttribute)
            || data.AttributeType.Namespace == typeof(NotNullWhenAttribute).Namespace)
        .Select(data =>
        {
            var arguments = data.ConstructorArguments.Select(Argument)
                .Concat(data.NamedArguments.Select(named => $"{named.MemberName} = {Argument(named.TypedValue)}")).ToList();
            var list = arguments is [] ? "" : $"({string.Join(", ", arguments)})";
            return $"[{data.AttributeType.FullName![..^nameof(Attribute).Length]}{list}] ";
        })
        .Order(StringComparer.Ordinal));

    private static string Argument(CustomAttributeTypedArgument argument) => argument.ArgumentType switch
    {
        { IsEnum: true } type => string.Join(" | ",
            Enum.ToObject(type, argument.Value!).ToString()!.Split(", ").Select(flag => $"{type.FullName}.{flag}")),
        _ => Value(argument.Value),
    };

    private static string Value(object? value) => value switch
    {
        null => "null",
        string text => $"\"{text}\"",
        bool truth => truth ? "true" : "false",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => throw new NotSupportedException($"The listings do not say how to write {value}."),
    };

    private static string Name(Type type, NullableFlags flags)
    {
        if (type.IsByRef) return Name(type.GetElementType()!, flags);
        if (Nullable.GetUnderlyingType(type) is { } value) return Name(value, flags) + "?";
        if (type.IsValueType && !type.IsGenericType) return Keywords.GetValueOrDefault(type) ?? FullName(type);

        var mark = flags.Next() && !type.IsValueType ? "?" : "";
        if (type.IsArray) return $"{Name(type.GetElementType()!, flags)}[]{mark}";
        if (type.IsGenericParameter) return type.Name + mark;
        if (!type.IsGenericType) return (Keywords.GetValueOrDefault(type) ?? FullName(type)) + mark;
        return $"{FullName(type)}<{string.Join(", ", type.GetGenericArguments().Select(argument => Name(argument, flags)))}>{mark}";
    }

    private static string FullName(Type type) =>
        type.DeclaringType is { } outer ? $"{FullName(outer)}.{Plain(type.Name)}" : $"{type.Namespace}.{Plain(type.Name)}";

    private static string Plain(string name) => name.Split('`')[0];

    private static bool IsDelegate(Type type) => type.BaseType == typeof(MulticastDelegate);

    private static bool IsReadOnly(Type type) => type.IsDefined(typeof(IsReadOnlyAttribute));

    private static bool IsCompilerGenerated(MemberInfo? member) => member?.IsDefined(typeof(CompilerGeneratedAttribute)) == true;

    private static bool IsNullable(Type type) => Nullable.GetUnderlyingType(type) is not null;

    private static bool IsOperator(MethodBase method) => method.Name.StartsWith("op_", StringComparison.Ordinal);
}
