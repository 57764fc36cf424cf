using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using NCrontab;

namespace AccountApplications.Functions.Applications;

/// <summary>For how long applications are kept.</summary>
public sealed class RetentionOptions
{
    /// <summary>As a trigger names it; a host reads that itself.</summary>
    public const string ScheduleSetting = "%AccountApplications:RetentionSchedule%";

    /// <summary>Every hour.</summary>
    public const string DefaultSchedule = "0 0 * * * *";

    /// <summary><c>AccountApplications:Retention</c>: how long after its end an application is erased. Never unless set.</summary>
    public TimeSpan? Retention { get; set; }

    /// <exception cref="OptionsValidationException">A setting cannot be what it is; says which, and what it may be.</exception>
    public static void Read(RetentionOptions options, IConfiguration configuration)
    {
        var settings = new Settings(configuration, "AccountApplications");
        options.Retention = settings.Duration(nameof(Retention), most: 36_500);
        if (ScheduleIn(configuration) is { } schedule && !IsSchedule(schedule))
            throw settings.Refused("RetentionSchedule", "an NCRONTAB expression of six fields, such as 0 0 * * * *");
    }

    /// <summary>When old applications are looked for; null if it is not set.</summary>
    public static string? ScheduleIn(IConfiguration configuration) => new Settings(configuration, "AccountApplications")["RetentionSchedule"];

    private static bool IsSchedule(string schedule) => CrontabSchedule.TryParse(schedule, new() { IncludingSeconds = true }) is not null;
}
