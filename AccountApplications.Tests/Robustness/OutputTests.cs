using System.Net;
using System.Text.Json;
using AccountApplications.Tests.EndToEnd;
using AccountApplications.Tests.Fixtures;

namespace AccountApplications.Tests.Robustness;

public sealed class OutputTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    [Fact]
    public async Task Output_OfAWholeRun_HoldsNothingThatWasSent()
    {
        string[] secrets = ["Mxyzptlk", "Zrfffstreet", "Qwomment", "Kleykey", "Sesame"];
        await using var app = await TestHost.StartAppAsync(
            azurite.ConnectionString, TestHost.NewHub(), ("LocalHost__RequireKeys", "true"), ("LocalHost__Keys__default", "Sesame"),
            ("LocalHost__Keys__master", "Sesame2"), ("Logging__LogLevel__Default", "Debug"));
        app.Http.DefaultRequestHeaders.Add("x-functions-key", "Sesame2");
        app.Http.DefaultRequestHeaders.Add("X-MS-CLIENT-PRINCIPAL-NAME", "Mxyzptlk");

        await SubmitAsync("Mxyzptlk", "1 Zrfffstreet", "APPROVED");
        await SubmitAsync("UNPROCESSABLE_DATA Mxyzptlk", "Zrfffstreet", "FLAGGED_WITH_UNPROCESSABLE_DATA");
        var id = await SubmitAsync("Mxyzptlk", "Zrfffstreet", "FLAGGED_FOR_REVIEW");
        await PostAsync($"/api/applications/{id}/review", """{"decision":"Mxyzptlk","comment":7}""");
        await PostAsync($"{AppClient.Workflows}/instances/{id}/raiseEvent/ReviewDecision", """{"decision":"Mxyzptlk"}""");
        await PostAsync($"/api/applications/{id}/review", """{"decision":"REJECT","comment":"Qwomment"}""");
        await PostAsync("/api/applications", """{"name":"Mxyzptlk","address":["Zrfffstreet"]}""");
        await PostAsync("/api/applications?code=Sesame&name=Mxyzptlk", "Mxyzptlk, Zrfffstreet");
        await PostAsync($"{AppClient.Workflows}/orchestrators/ProcessApplication/failing", """{"Id":"failing","Name":"Mxyzptlk","Address":"Zrfffstreet","SubmittedAt":"Mxyzptlk"}""");
        await Eventually.Async(async () => Assert.Contains(
            "\"Failed\"", await app.Http.GetStringAsync($"{AppClient.Workflows}/instances/failing?showInput=false"), StringComparison.Ordinal));
        await app.StopAsync();

        Assert.Contains(app.Log, line => line.Contains(id, StringComparison.Ordinal));
        Assert.All(app.Log.Concat(app.Errors), line =>
            Assert.All(secrets, secret => Assert.DoesNotContain(secret, line, StringComparison.OrdinalIgnoreCase)));

        async Task<string> SubmitAsync(string name, string address, string state)
        {
            var answer = await PostAsync("/api/applications", JsonSerializer.Serialize(new { name, address }));
            Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
            var submitted = (await answer.JsonAsync()).Id();
            await Eventually.Async(async () => Assert.Equal(
                state, (await (await app.Http.GetAsync($"/api/applications/{submitted}")).JsonAsync()).Text("state")));
            return submitted;
        }

        async Task<HttpResponseMessage> PostAsync(string path, string body)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = AppClient.Json(body), Headers = { { "Idempotency-Key", $"Kleykey{Guid.NewGuid()}" } } };
            return await app.Http.SendAsync(request);
        }
    }
}
