using AccountApplications.EmbeddedHost.Local;
using Microsoft.Extensions.Options;

namespace AccountApplications.EmbeddedHost;

/// <summary>A host that cannot start says why in one line, without a stack trace, and ends with exit code 1.</summary>
internal static class StartErrors
{
    private static int _isReporting;

    public static void ReportOnExit()
    {
        if (Interlocked.Exchange(ref _isReporting, 1) == 1) return;
        AppDomain.CurrentDomain.UnhandledException += (_, unhandled) =>
        {
            if (Find(unhandled.ExceptionObject as Exception) is not { } error) return;

            Console.Error.WriteLine(error.Message);
            Environment.Exit(1);
        };
    }

    private static Exception? Find(Exception? exception) => exception switch
    {
        null => null,
        HostStartException or LocalToolException or OptionsValidationException => exception,
        _ => Find(exception.InnerException),
    };
}
