using AccountApplications.Functions.Applications;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace AccountApplications.Tests.Applications;

public class RetentionOptionsTests
{
    [Theory]
    [InlineData("Retention", "", null)]
    [InlineData("Retention", "00:00:01", "00:00:01")]
    [InlineData("Retention", "3653.00:00:00", "3653.00:00:00")]
    [InlineData("RetentionSchedule", "*/5 * * * * *", null)]
    public void Setting_Good_IsTaken(string name, string value, string? retention)
    {
        Assert.Equal(retention is null ? null : TimeSpan.Parse(retention, null), Read(name, value).Retention);
    }

    [Theory]
    [InlineData("Retention", "00:00:00", "a time from 00:00:01 to 36500.00:00:00")]
    [InlineData("Retention", "ten years", "a time from 00:00:01 to 36500.00:00:00")]
    [InlineData("RetentionSchedule", "hourly", "an NCRONTAB expression of six fields")]
    [InlineData("RetentionSchedule", "0 * * * *", "an NCRONTAB expression of six fields")]
    [InlineData("RetentionSchedule", "0 0 25 * * *", "an NCRONTAB expression of six fields")]
    public void Setting_Bad_IsRefusedByName(string name, string value, string allowed)
    {
        var refused = Assert.Throws<OptionsValidationException>(() => Read(name, value));

        Assert.StartsWith($"AccountApplications__{name} must be {allowed}", refused.Message, StringComparison.Ordinal);
    }

    private static RetentionOptions Read(string name, string value)
    {
        var options = new RetentionOptions();
        RetentionOptions.Read(options, new ConfigurationBuilder().AddInMemoryCollection([new($"AccountApplications:{name}", value)]).Build());
        return options;
    }
}
