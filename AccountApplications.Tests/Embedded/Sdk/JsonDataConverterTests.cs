using System.Text.Json;
using Microsoft.DurableTask.Converters;

namespace AccountApplications.Tests.Embedded.Sdk;

public sealed class JsonDataConverterTests
{
    private static readonly JsonDataConverter Converter = JsonDataConverter.Default;

    [Fact]
    public void Serialize_WithDefaults_WritesNamesAsDeclaredAndFieldsAndEnumsAsNumbers() =>
        Assert.Equal(
            """{"Name":"Spock","Day":5,"Years":79}""",
            Converter.Serialize(new Applicant { Name = "Spock", Day = DayOfWeek.Friday, Years = 79 }));

    [Fact]
    public void Deserialize_WithDefaults_ReadsNamesAsDeclaredOnly()
    {
        var applicant = Converter.Deserialize<Applicant>("""{"name":"Spock","Years":79}""")!;

        Assert.Null(applicant.Name);
        Assert.Equal(79, applicant.Years);
    }

    [Fact]
    public void Converter_OfNothing_GivesNothing()
    {
        Assert.Null(Converter.Serialize(null));
        Assert.Null(Converter.Deserialize<string>(null));
        Assert.Null(Converter.Deserialize<int?>(null));
    }

    [Fact]
    public void Deserialize_WithOptions_FollowsThem() =>
        Assert.Equal("Spock", new JsonDataConverter(JsonSerializerOptions.Web).Deserialize<Applicant>("""{"name":"Spock"}""")!.Name);

    [Fact]
    public void Deserialize_OfWhatDoesNotFit_Throws() => Assert.Throws<JsonException>(() => Converter.Deserialize<int>("\"many\""));

    private sealed class Applicant
    {
        public int Years;

        public string? Name { get; init; }

        public DayOfWeek Day { get; init; }
    }
}
