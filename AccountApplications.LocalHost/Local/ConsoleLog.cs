namespace AccountApplications.LocalHost;

/// <summary>What the console shows: what the app logs by host.json's levels, and of the host's own chatter warnings only.</summary>
internal static class ConsoleLog
{
    public static void Add(ILoggingBuilder logging, Settings settings)
    {
        logging.AddSimpleConsole(console =>
        {
            console.TimestampFormat = "HH:mm:ss.fff ";
            console.SingleLine = true;
        });
        logging.SetMinimumLevel(LogLevel.Information);
        foreach (var category in (string[])["Azure", "DurableTask", "Function", "Grpc", "Host", "Microsoft"])
            logging.AddFilter(category, LogLevel.Warning);
        logging.AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error);
        // A function's failure is logged once, under Function.{Name}, and not by those who hear of it as well.
        logging.AddFilter("Function.*.User", LogLevel.None);
        logging.AddFilter("Host.Results", LogLevel.None);
        logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
        logging.AddFilter("Yarp", LogLevel.None);
        logging.AddFilter("Host.Triggers.DurableTask", LogLevel.Critical);
        logging.AddFilter("Microsoft.AspNetCore.Server.Kestrel", LogLevel.Critical);
        logging.AddFilter("Microsoft.Azure.Functions.Worker.FunctionsApplication", LogLevel.None);
        logging.AddFilter("Microsoft.Azure.Functions.Worker.Extensions.DurableTask.FunctionsOrchestrator", LogLevel.None);
        // On fresh storage it answers that what is looked for is not there yet.
        logging.AddFilter("Azure.Core", LogLevel.Error);
        foreach (var level in settings.Configuration.GetSection($"{Settings.HostSection}:logging:logLevel").GetChildren())
            if (Enum.TryParse<LogLevel>(level.Value, ignoreCase: true, out var parsed))
            {
                if (level.Key.Equals("default", StringComparison.OrdinalIgnoreCase))
                    logging.SetMinimumLevel(parsed);
                else
                    logging.AddFilter(level.Key, parsed);
            }
    }
}
