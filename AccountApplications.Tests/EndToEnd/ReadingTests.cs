using System.Net;
using AccountApplications.Tests.Fixtures;

namespace AccountApplications.Tests.EndToEnd;

public sealed class ReadingTests(AppFixture fixture) : IClassFixture<AppFixture>
{
    private TestHost App => fixture.App;

    [Fact]
    public async Task Application_Known_IsShownAsJson()
    {
        var id = (await App.SubmitUntilAsync(AppClient.Clean, "APPROVED")).Id();

        var answer = await App.Http.GetAsync($"/api/applications/{id}");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("application/json; charset=utf-8", answer.Content.Headers.ContentType?.ToString());
        Assert.Equal(id, (await answer.JsonAsync()).Id());
    }

    [Theory]
    [InlineData("application_6f9619ff-8b86-4011-b42d-00c04fc964ff")]
    [InlineData("application_")]
    [InlineData("6f9619ff-8b86-4011-b42d-00c04fc964ff")]
    [InlineData("APPLICATION_6f9619ff-8b86-4011-b42d-00c04fc964ff")]
    [InlineData("application_6F9619FF-8B86-4011-B42D-00C04FC964FF")]
    [InlineData("application_6f9619ff8b864011b42d00c04fc964ff")]
    [InlineData("application_6f9619ff-8b86-4011-b42d-00c04fc964ff%20")]
    [InlineData("application_6f9619ff-8b86-4011-b42d-00c04fc964ff%0A")]
    [InlineData("application_6f9619ff%2F8b86-4011-b42d-00c04fc964ff")]
    [InlineData("x%2Fy")]
    [InlineData("x%5Cy")]
    [InlineData("'")]
    [InlineData("x'%20or%20PartitionKey%20ne%20'")]
    [InlineData("%22%3Cscript%3E")]
    [InlineData("%E2%98%83")]
    [InlineData("%25")]
    public async Task Application_UnknownOrMalformed_IsNotFound(string id)
    {
        await (await App.Http.GetAsync($"/api/applications/{id}")).AssertProblemAsync(HttpStatusCode.NotFound);
        await (await App.ReviewAsync(id, AppClient.Approve)).AssertProblemAsync(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Application_KnownIdInCapitals_IsNotFound()
    {
        var id = (await App.SubmitUntilAsync(AppClient.Clean, "APPROVED")).Id();

        await (await App.Http.GetAsync($"/api/applications/{id.ToUpperInvariant()}")).AssertProblemAsync(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Application_VeryLongId_IsNotFound() =>
        await (await App.Http.GetAsync($"/api/applications/application_{new string('0', 4000)}"))
            .AssertProblemAsync(HttpStatusCode.NotFound);

    [Theory]
    [InlineData("GET", "/api")]
    [InlineData("GET", "/api/nothing")]
    [InlineData("GET", "/applications")]
    [InlineData("GET", "/api/applications/a/b")]
    [InlineData("PUT", "/api/applications")]
    [InlineData("GET", "/api/applications/application_6f9619ff-8b86-4011-b42d-00c04fc964ff/review")]
    [InlineData("POST", "/api/health")]
    public async Task Route_OfNoFunction_IsNotServed(string method, string path)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);

        await (await App.Http.SendAsync(request)).AssertNotServedAsync();
    }

    [Fact]
    public async Task Health_WhileStorageAnswers_IsHealthy()
    {
        var answer = await App.Http.GetAsync("/api/health");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("""{"status":"Healthy"}""", await answer.Content.ReadAsStringAsync());
        Assert.Equal("application/json", answer.Content.Headers.ContentType?.MediaType);
    }
}
