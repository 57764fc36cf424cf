using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using AccountApplications.Tests.Embedded;
using AccountApplications.Tests.Fixtures;

namespace AccountApplications.Tests.EndToEnd;

public sealed class ThreeTrialsTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    [Theory]
    [InlineData("Spock", "123 Enterprise Street", "APPROVED")]
    [InlineData("Gabe", "ABadAddress", "FLAGGED_FOR_REVIEW")]
    [InlineData("UNPROCESSABLE_DATA", "123 Street", "FLAGGED_WITH_UNPROCESSABLE_DATA")]
    public async Task Submission_OfATrial_EndsAsInTheWorkshop(string name, string address, string state)
    {
        await using var app = await TestHost.StartAppAsync(azurite.ConnectionString, TestHost.NewHub());

        var answer = await app.Http.PostAsJsonAsync("/api/applications", new { name, address });

        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        var location = answer.Headers.Location;
        await Eventually.Async(async () =>
        {
            var application = await app.Http.GetFromJsonAsync<JsonElement>(location);
            Assert.Equal(state, application.GetProperty("state").GetString());
        });
    }
}
