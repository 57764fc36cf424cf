namespace Microsoft.Azure.Functions.Worker;

/// <summary>What parts of the host attach to an invocation, one instance a type.</summary>
public interface IInvocationFeatures : IEnumerable<KeyValuePair<Type, object>>
{
    void Set<T>(T instance);

    /// <returns>The instance, or the default of <typeparamref name="T"/> if none was set.</returns>
    T? Get<T>();
}
