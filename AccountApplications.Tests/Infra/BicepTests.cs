namespace AccountApplications.Tests.Infra;

public sealed class BicepTests
{
    /// <summary>Linting compiles them; the snapshot is of what is built from them.</summary>
    [Fact]
    public async Task Files_All_BuildAndLintWithoutAFinding() =>
        Assert.Equal((true, ""), await Bicep.RunAsync(["lint", "--no-restore", "--pattern", "**/*.bicep*"]));

    /// <summary>CONTRIBUTING.md says how a wanted change gets into the snapshot.</summary>
    [Fact]
    public async Task Snapshot_OfTheDeployment_IsTheOneThatIsCommitted()
    {
        var (same, differences) = await Bicep.SnapshotAsync("validate", Bicep.Infra);

        Assert.True(same, differences);
    }

    [Theory]
    [InlineData("APPROVALS", "3", "'approvals'")]
    [InlineData("INSTANCE_MEMORY_MB", "1000", "'instanceMemoryMB'")]
    [InlineData("MAXIMUM_INSTANCE_COUNT", "0", "'maximumInstanceCount'")]
    [InlineData("PRIVATE_NETWORK", "perhaps", "\"privateNetwork\"")]
    [InlineData("DUE_AFTER", "2 days", "too short")]
    [InlineData("AZURE_ENV_NAME", "", "too short")]
    public async Task Parameter_ThatCannotBe_IsRefusedByBicep(string variable, string value, string message)
    {
        var (succeeded, findings) = await Bicep.SnapshotAsync("validate", Bicep.Infra, (variable, value));

        Assert.False(succeeded);
        Assert.Contains(message, findings, StringComparison.Ordinal);
    }
}
