using System.Text.Json;
using Microsoft.DurableTask.Entities;

namespace AccountApplications.Tests.Embedded.Sdk;

public sealed class EntityInstanceIdTests
{
    [Fact]
    public void EntityInstanceId_AsText_ComesBackTheSame()
    {
        var id = new EntityInstanceId("Counter", "Key@1");

        Assert.Equal("@counter@Key@1", id.ToString());
        Assert.Equal(id, EntityInstanceId.FromString("@counter@Key@1"));
        Assert.Equal(id, JsonSerializer.Deserialize<EntityInstanceId>(JsonSerializer.Serialize(id)));
    }

    [Theory]
    [InlineData("counter@1")]
    [InlineData("@counter")]
    [InlineData("@@1")]
    [InlineData("")]
    public void FromString_OfAnotherForm_IsRefused(string text) =>
        Assert.ThrowsAny<ArgumentException>(() => EntityInstanceId.FromString(text));

    [Fact]
    public void EntityInstanceId_NameWithAnAtSign_IsRefused() => Assert.Throws<ArgumentException>(() => new EntityInstanceId("a@b", "1"));
}
