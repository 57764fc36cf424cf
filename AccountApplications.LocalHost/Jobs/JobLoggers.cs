using Microsoft.Extensions.Logging.Abstractions;

namespace AccountApplications.LocalHost;

/// <summary>
/// The JobHost's and the durable extension's loggers, without repetitions: a function's failure is logged once, under
/// <c>Function.{Name}</c>, and not by those who hear of it as well.
/// </summary>
internal sealed class JobLoggers(ILoggerFactory inner) : ILoggerFactory
{
    public void AddProvider(ILoggerProvider provider) => inner.AddProvider(provider);

    public ILogger CreateLogger(string categoryName) =>
        categoryName is "Host.Results" ? NullLogger.Instance
        : categoryName is "Host.Triggers.DurableTask" ? new WithoutFunctions(inner.CreateLogger(categoryName))
        : inner.CreateLogger(categoryName);

    public void Dispose()
    {
        // The loggers are the host's own.
    }

    private sealed class WithoutFunctions(ILogger logger) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
            => logger.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => logger.IsEnabled(logLevel);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (state is IReadOnlyList<KeyValuePair<string, object?>> values && values.Any(value => value.Key == "functionType"))
                return;
            logger.Log(logLevel, eventId, state, exception, formatter);
        }
    }
}
