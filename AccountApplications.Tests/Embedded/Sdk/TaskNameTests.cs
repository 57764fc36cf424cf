using Microsoft.DurableTask;

namespace AccountApplications.Tests.Embedded.Sdk;

public sealed class TaskNameTests
{
    [Fact]
    public void TaskName_InAnotherCase_IsEqual()
    {
        TaskName name = "CheckName";
        TaskName shouted = "CHECKNAME";

        Assert.True(name == shouted);
        Assert.Equal(name.GetHashCode(), shouted.GetHashCode());
        Assert.False(name == "CheckNames");
    }

    [Fact]
    public void TaskName_Converted_KeepsItsCase()
    {
        TaskName name = "CheckName";

        Assert.Equal("CheckName", name);
        Assert.Equal("CheckName", name.ToString());
    }

    [Fact]
    public void TaskName_OfNothing_IsTheDefault()
    {
        TaskName empty = "";

        Assert.Equal(default, empty);
        Assert.Null(empty.Name);
        Assert.Equal(default(TaskName).GetHashCode(), empty.GetHashCode());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void TaskVersion_OfNothing_IsUnversioned(string? version) => Assert.Equal(TaskVersion.Unversioned, new TaskVersion(version));

    [Fact]
    public void TaskVersion_OfWhiteSpace_IsRefused() => Assert.Throws<ArgumentException>(() => new TaskVersion(" "));

    [Fact]
    public void TaskVersion_InAnotherCase_IsEqual() => Assert.Equal(new TaskVersion("V2"), new TaskVersion("v2"));
}
