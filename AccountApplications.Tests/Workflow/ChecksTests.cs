using AccountApplications.Functions.Applications;
using AccountApplications.Functions.Workflow;

namespace AccountApplications.Tests.Workflow;

public class ChecksTests
{
    [Theory]
    [InlineData("Spock", false)]
    [InlineData("Evil Spock", false)]
    [InlineData("evil Spock", true)]
    [InlineData("Medevila", true)]
    [InlineData("unprocessable_data", false)]
    public void Name_Checked_IsFlaggedForEvil(string name, bool flagged)
    {
        var result = CheckName.Run(name);

        Assert.Equal(new CheckResult(CheckKind.Name, flagged, flagged ? $"Name '{name}' contains 'evil'." : null, "name-without-flagged-word/1"), result);
    }

    [Theory]
    [InlineData("UNPROCESSABLE_DATA")]
    [InlineData("Sir UNPROCESSABLE_DATA the evil")]
    public void Name_Unprocessable_FailsWithoutSayingWho(string name)
    {
        var e = Assert.Throws<UnprocessableDataException>(() => CheckName.Run(name));

        Assert.DoesNotContain("UNPROCESSABLE_DATA", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("123 Enterprise Street", false)]
    [InlineData("Enterprise Street 123", false)]
    [InlineData("Am Hof 7b", false)]
    [InlineData("1 2", false)]
    [InlineData("_ 1", false)]
    [InlineData("ABadAddress", true)]
    [InlineData("123EnterpriseStreet", true)]
    [InlineData("123  Street", true)]
    [InlineData("123\u00a0Street", true)]
    [InlineData("Straße ١٢٣", true)]
    [InlineData("ü 1", true)]
    [InlineData("1 ü", true)]
    [InlineData("1 - Street", true)]
    public void Address_Checked_IsFlaggedWithoutANumberBesideAWord(string address, bool flagged)
    {
        var result = CheckAddress.Run(address);

        Assert.Equal((CheckKind.Address, flagged, flagged), (result.Check, result.Flagged, result.Reason is not null));
    }

    [Theory]
    [InlineData("ABadAddress", "no number beside a word")]
    [InlineData("Hauptstr. 5", "a number, but no digit from 0 to 9 with a single space between it and a letter from A to Z, a digit or an underscore")]
    [InlineData("5, rue de la Paix", "a number, but no digit from 0 to 9 with a single space between it and a letter from A to Z, a digit or an underscore")]
    [InlineData("١٢٣ Street", "a number, but no digit from 0 to 9 with a single space between it and a letter from A to Z, a digit or an underscore")]
    public void Address_Flagged_IsToldWhatItLacks(string address, string lacking) =>
        Assert.Equal($"Address '{address}' has {lacking}.", CheckAddress.Run(address).Reason);
}
