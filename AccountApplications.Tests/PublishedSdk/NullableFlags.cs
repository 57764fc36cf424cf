using System.Reflection;

namespace AccountApplications.Tests.PublishedSdk;

/// <summary>
/// The nullability of a declared type and its type arguments, read from what the compiler keeps. (NullabilityInfoContext
/// tells what a caller may get, which for a bare <c>T</c> depends on T's constraints; here it is the question mark that counts.)
/// </summary>
internal sealed class NullableFlags
{
    private const byte Annotated = 2;

    private readonly IReadOnlyList<byte> _flags;
    private int _next;

    private NullableFlags(IReadOnlyList<byte> flags) => _flags = flags;

    public static NullableFlags None => new([0]);

    public static NullableFlags Of(ParameterInfo parameter) => new(Own(parameter.GetCustomAttributesData()) ?? [Context(parameter.Member)]);

    public static NullableFlags Of(MemberInfo member) => new(Own(member.GetCustomAttributesData()) ?? [Context(member.DeclaringType)]);

    /// <summary>Whether the next reference type, in the order of writing, has a question mark.</summary>
    public bool Next() => (_flags.Count == 1 ? _flags[0] : _flags[_next++]) == Annotated;

    private static IReadOnlyList<byte>? Own(IEnumerable<CustomAttributeData> attributes) =>
        Find(attributes, "NullableAttribute") switch
        {
            byte flag => [flag],
            IEnumerable<CustomAttributeTypedArgument> flags => [.. flags.Select(flag => (byte)flag.Value!)],
            _ => null,
        };

    private static byte Context(MemberInfo? member) => member is null
        ? (byte)0
        : Find(member.GetCustomAttributesData(), "NullableContextAttribute") as byte? ?? Context(member.DeclaringType);

    private static object? Find(IEnumerable<CustomAttributeData> attributes, string name) => attributes
        .FirstOrDefault(data => data.AttributeType.FullName == $"System.Runtime.CompilerServices.{name}")?
        .ConstructorArguments[0].Value;
}
