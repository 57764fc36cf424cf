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
    [InlineData("""{"name": "12345\r\n\t\n6789\n"}""", "12345 6789")]
    [InlineData("""{"name": "\u200b\u3164x\ufe0f"}""", "\u200b\u3164x\ufe0f")]
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
    [InlineData("""{"name": "a\u000bb"}""")]
    [InlineData("""{"name": "\t\n"}""")]
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

    /// <summary>Code points of White_Space, Default_Ignorable_Code_Point and Cf, by themselves, and U+2800; their neighbours can be seen.</summary>
    [Theory]
    [InlineData("20 A0 1680 2003 2028 2029 202F 205F 3000", true)]
    [InlineData("AD 34F 61C 115F 1160 17B4 17B5 180B 180E 180F 200B 200F 202A 202E 2060 2065 206F 3164 FE00 FE0F FEFF FFA0 FFF0 FFF8", true)]
    [InlineData("1BCA0 1BCA3 1D173 1D17A E0000 E0001 E0041 E0100 E01EF E0FFF 600 6DD 110BD", true)]
    [InlineData("2800", true)]
    [InlineData("AE 350 1161 17B6 2801 3163 3165 FE10 FFA1 FFFD 1D17B E1000", false)]
    public void CodePoints_OfAKind_AreBlankOrNot(string codePoints, bool areBlank)
    {
        foreach (var text in codePoints.Split(' ').Select(code => char.ConvertFromUtf32(Convert.ToInt32(code, 16))))
        {
            var fields = FieldsOf(JsonSerializer.Serialize(new { name = text + text }));

            Assert.Equal(areBlank ? null : text + text, fields.Required("name", 10));
            Assert.Equal(areBlank ? ["name"] : [], fields.Errors.Keys);
            Assert.Equal(areBlank ? "anonymous" : text, ReviewDecision.ReviewerNamed(text));
        }
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("\"name\"")]
    public void Fields_OfNoObject_AreNotValid(string json) => Assert.False(FieldsOf(json).AreValid);

    private static JsonFields FieldsOf(string json) => new(JsonSerializer.Deserialize<JsonElement>(json));
}
