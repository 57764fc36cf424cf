using System.Reflection;

namespace Microsoft.DurableTask;

/// <summary>A failure as it is kept in an orchestration's history: exceptions do not cross as objects.</summary>
/// <param name="ErrorType">The exception's full type name, without its assembly.</param>
public record TaskFailureDetails(
    string ErrorType,
    string ErrorMessage,
    string? StackTrace,
    TaskFailureDetails? InnerFailure,
    IDictionary<string, object?>? Properties)
{
    /// <summary>Takes the exception and its inner ones.</summary>
    public static TaskFailureDetails FromException(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return new(
            exception.GetType().ToString(),
            exception.Message,
            exception.StackTrace,
            exception.InnerException is { } inner ? FromException(inner) : null,
            Properties: null);
    }

    /// <inheritdoc cref="IsCausedBy(Type)"/>
    public bool IsCausedBy<T>()
        where T : Exception
        => IsCausedBy(typeof(T));

    /// <summary>Whether the failure is of that type or of one derived from it. Inner failures do not count.</summary>
    /// <returns>False too where <see cref="ErrorType"/> is not the name of a loaded type.</returns>
    /// <exception cref="ArgumentException">It is not a type of exception.</exception>
    /// <exception cref="AmbiguousMatchException">Several loaded assemblies have a type of that name.</exception>
    public bool IsCausedBy(Type targetBaseExceptionType)
    {
        ArgumentNullException.ThrowIfNull(targetBaseExceptionType);
        if (!typeof(Exception).IsAssignableFrom(targetBaseExceptionType))
            throw new ArgumentException($"{targetBaseExceptionType} is not a type of exception.", nameof(targetBaseExceptionType));

        return !string.IsNullOrEmpty(ErrorType)
            && targetBaseExceptionType.IsAssignableFrom(FindErrorType(targetBaseExceptionType.Assembly));
    }

    public override string ToString() => $"{ErrorType}: {ErrorMessage}";

    private Type? FindErrorType(Assembly likely)
    {
        if ((Type.GetType(ErrorType) ?? likely.GetType(ErrorType)) is { } type) return type;

        var candidates = AppDomain.CurrentDomain.GetAssemblies().Select(a => a.GetType(ErrorType)).OfType<Type>().ToList();
        return candidates.Count <= 1
            ? candidates.SingleOrDefault()
            : throw new AmbiguousMatchException($"Several loaded assemblies have a type named '{ErrorType}'.");
    }
}
