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

        Assert.Equal(new CheckResult(CheckKind.Name, flagged, flagged ? $"Name '{name}' contains 'evil'." : null), result);
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

        Assert.Equal(
            new CheckResult(CheckKind.Address, flagged, flagged ? $"Address '{address}' has no number beside a word." : null), result);
    }
}
