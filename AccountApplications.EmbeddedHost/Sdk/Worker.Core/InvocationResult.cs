namespace Microsoft.Azure.Functions.Worker;

/// <summary>What a function returned; middleware may replace it once the function has run.</summary>
public abstract class InvocationResult : InvocationResult<object>;

/// <inheritdoc cref="InvocationResult"/>
public abstract class InvocationResult<T>
{
    public abstract T? Value { get; set; }
}

public static class FunctionContextBindingFeatureExtensions
{
    public static InvocationResult GetInvocationResult(this FunctionContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Features.Get<InvocationResult>()
            ?? throw new InvalidOperationException("This invocation has no result: it was not started by the host.");
    }

    /// <exception cref="InvalidOperationException">What the function returned is no <typeparamref name="T"/>.</exception>
    public static InvocationResult<T> GetInvocationResult<T>(this FunctionContext context)
    {
        var result = context.GetInvocationResult();
        return result.Value is T
            ? new TypedInvocationResult<T>(result)
            : throw new InvalidOperationException(
                $"The invocation's result is {result.Value?.GetType().FullName ?? "null"}, not {typeof(T).FullName}.");
    }

    private sealed class TypedInvocationResult<T>(InvocationResult result) : InvocationResult<T>
    {
        public override T? Value
        {
            get => (T?)result.Value;
            set => result.Value = value;
        }
    }
}
