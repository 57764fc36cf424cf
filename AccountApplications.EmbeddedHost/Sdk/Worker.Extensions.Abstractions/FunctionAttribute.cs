namespace Microsoft.Azure.Functions.Worker;

/// <summary>Makes a public method of a public type a function.</summary>
/// <param name="name">The function's name, which need not be the method's.</param>
[AttributeUsage(AttributeTargets.Method)]
public class FunctionAttribute(string name) : Attribute
{
    public string Name { get; } = name;
}
