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
        // A function's failure is logged once, under Function.{Name}, and not by those who hear of it as well.
        foreach (var category in (string[])
        [
            "Function.*.User", "Host.Results", "Host.Startup", "Microsoft.Azure.Functions.Worker.Extensions.DurableTask.FunctionsOrchestrator",
            "Microsoft.Azure.Functions.Worker.FunctionsApplication", "Microsoft.Extensions.Hosting", "Yarp",
        ])
            logging.AddFilter(category, LogLevel.None);
        foreach (var category in (string[])["Host.Triggers.DurableTask", "Microsoft.AspNetCore.Server.Kestrel"])
            logging.AddFilter(category, LogLevel.Critical);
        // On fresh storage it answers that what is looked for is not there yet.
        foreach (var category in (string[])["Azure.Core", "Microsoft.AspNetCore.DataProtection"])
            logging.AddFilter(category, LogLevel.Error);
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
