using System.Text.Json;
using AccountApplications.Functions.Applications;

namespace AccountApplications.Tests.Applications;

public class JsonFieldsTests
{
    [Theory]
    [InlineData("""{"name": "Spock"}""", "Spock")]
    [InlineData("""{"name": "  Sp ock "}""", "Sp ock")]
    [InlineData("""{"name": "Zoë 😀\u2028\u202e"}""", "Zoë 😀\u2028\u202e")]
    [InlineData("""{"name": "1234567890 "}""", "1234567890")]
    [InlineData("""{"name": "first", "name": "last"}""", "last")]
    [InlineData("""{"n\u0061me": "Spock"}""", "Spock")]
    [InlineData("""{"\ud800": 1, "name": "Spock", "other": "\ud800"}""", "Spock")]
    public void Required_ValidText_IsTrimmed(string json, string expected)
    {
        var fields = FieldsOf(json);

        Assert.Equal(expected, fields.Required("name", 10));
        Assert.True(fields.AreValid);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"Name": "Spock"}""")]
    [InlineData("""{"name": null}""")]
    [InlineData("""{"name": 7}""")]
    [InlineData("""{"name": ["Spock"]}""")]
    [InlineData("""{"name": ""}""")]
    [InlineData("""{"name": " \u3000 "}""")]
    [InlineData("""{"name": "12345678901"}""")]
    [InlineData("""{"name": "a\u0000b"}""")]
    [InlineData("""{"name": "a\tb"}""")]
    [InlineData("""{"name": "ab\n"}""")]
    [InlineData("""{"name": "a\u007fb"}""")]
    [InlineData("""{"name": "a\u0085b"}""")]
    [InlineData("""{"name": "\ud800"}""")]
    [InlineData("""{"name": "first", "name": 2}""")]
    public void Required_AnythingElse_IsRefused(string json)
    {
        var fields = FieldsOf(json);

        Assert.Null(fields.Required("name", 10));
        Assert.Equal(["name"], fields.Errors.Keys);
        Assert.False(fields.AreValid);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("\"name\"")]
    public void Fields_OfNoObject_AreNotValid(string json) => Assert.False(FieldsOf(json).AreValid);

    private static JsonFields FieldsOf(string json) => new(JsonSerializer.Deserialize<JsonElement>(json));
}
