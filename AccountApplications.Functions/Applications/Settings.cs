using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace AccountApplications.Functions.Applications;

/// <summary>Settings whose names begin alike, read so that a bad one is refused with its name and what it may be.</summary>
internal sealed class Settings(IConfiguration configuration, string section)
{
    /// <summary>null if it is not set.</summary>
    public string? this[string name] => configuration[$"{section}:{name}"] is { Length: > 0 } value ? value : null;

    /// <summary>A time of at least a second.</summary>
    /// <param name="most">Days.</param>
    public TimeSpan? Duration(string name, int most = 3650) => this[name] is not { } value ? null
        : TimeSpan.TryParse(value, CultureInfo.InvariantCulture, out var span) && span >= TimeSpan.FromSeconds(1) && span <= TimeSpan.FromDays(most) ? span
        : throw Refused(name, $"a time from 00:00:01 to {most}.00:00:00 (days.hours:minutes:seconds)");

    public OptionsValidationException Refused(string name, string allowed) =>
        new(section, typeof(Settings), [$"{section.Replace(":", "__", StringComparison.Ordinal)}__{name} must be {allowed}."]);
}
