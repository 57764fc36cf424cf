using AccountApplications.Functions.Applications;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace AccountApplications.Tests.Applications;

public sealed class ReviewOptionsTests
{
    [Fact]
    public void Settings_NotThere_AreTheWorkshopsWay()
    {
        var options = Read();

        Assert.Equal((15, 1, false, 2, 365), (options.ClaimFor.TotalMinutes, options.Approvals, options.RejectionNeedsComment, options.DueAfter.TotalDays, options.ExpireAfter.TotalDays));
    }

    [Fact]
    public void Settings_AsTheyMayBe_AreRead()
    {
        var options = Read(("ClaimFor", "00:01:00"), ("Approvals", "2"), ("RejectionNeedsComment", "True"), ("DueAfter", "00:00:01"), ("ExpireAfter", "3650"));

        Assert.Equal((1, 2, true, 1, 3650), (options.ClaimFor.TotalMinutes, options.Approvals, options.RejectionNeedsComment, options.DueAfter.TotalSeconds, options.ExpireAfter.TotalDays));
    }

    [Theory]
    [InlineData("Approvals", "0", "must be 1 or 2")]
    [InlineData("Approvals", "3", "must be 1 or 2")]
    [InlineData("Approvals", "two", "must be 1 or 2")]
    [InlineData("RejectionNeedsComment", "yes", "must be true or false")]
    [InlineData("ClaimFor", "15 min", "must be a time from 00:00:01")]
    [InlineData("ClaimFor", "00:00:00", "must be a time from 00:00:01")]
    [InlineData("DueAfter", "-1", "must be a time from 00:00:01")]
    [InlineData("ExpireAfter", "3651", "must be a time from 00:00:01")]
    [InlineData("ExpireAfter", "2", "must be longer than DueAfter, which is 2.00:00:00")]
    public void Setting_ThatCannotBe_IsNamedWithWhatItMayBe(string name, string value, string allowed)
    {
        var failure = Assert.Throws<OptionsValidationException>(() => Read((name, value)));

        Assert.StartsWith($"AccountApplications__Review__{name} {allowed}", failure.Message, StringComparison.Ordinal);
    }

    private static ReviewOptions Read(params (string Name, string Value)[] settings)
    {
        var options = new ReviewOptions();
        ReviewOptions.Read(options, new ConfigurationBuilder()
            .AddInMemoryCollection(settings.ToDictionary(setting => $"AccountApplications:Review:{setting.Name}", setting => (string?)setting.Value)).Build());
        return options;
    }
}
