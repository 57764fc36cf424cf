using System.Net;
using System.Text.Json;
using AccountApplications.Functions.Applications;
using AccountApplications.Tests.Fixtures;

namespace AccountApplications.Tests.EndToEnd;

public sealed class PrivacyTests(AppFixture fixture) : IClassFixture<AppFixture>
{
    private const string Name = "Mxyzptlk";
    private const string Address = "Zrfffstreet";

    private TestHost App => fixture.App;

    [Fact]
    public async Task NameAndAddress_WhateverHappens_AreInNoLogLineAndNoErrorAnswer()
    {
        // All ways of an application.
        await App.SubmitUntilAsync(Body(Name, $"1 {Address}"), "APPROVED");
        var rejected = (await App.SubmitUntilAsync(Body($"evil {Name}", Address), "FLAGGED_FOR_REVIEW")).Id();
        await App.ReviewAsync(rejected, """{"decision":"REJECT","comment":"Mxyzptlk again"}""");
        await App.SubmitUntilAsync(Body($"UNPROCESSABLE_DATA {Name}", Address), "FLAGGED_WITH_UNPROCESSABLE_DATA");
        var waiting = (await App.SubmitUntilAsync(Body(Name, Address), "FLAGGED_FOR_REVIEW")).Id();
        await App.RaiseAsync(waiting, $$"""{"decision":"{{Name}}","comment":"{{Address}}"}""");

        // Answers that refuse.
        HttpResponseMessage[] refusals =
        [
            await App.SubmitAsync(Body(new string('n', 200) + Name, new string('a', 500) + Address)),
            await App.SubmitAsync(Body($"{Name}\n", $"{Address}\0")),
            await App.SubmitAsync($$"""{"name":"{{Name}}","address":["{{Address}}"]}"""),
            await App.SubmitAsync($$"""{"name":"{{Name}}","address":"{{Address}}" """),
            await App.SubmitAsync($"{Name} {Address}"),
            await App.Http.GetAsync($"/api/applications/{Name}"),
            await App.Http.GetAsync($"/api/applications?state={Name}&pageToken={Address}"),
            await App.ReviewAsync(rejected, AppClient.Approve),
            await App.ReviewAsync(waiting, $$"""{"decision":"{{Name}}","comment":["{{Address}}"]}"""),
        ];

        Assert.All(App.Log.Where(line => !line.Contains(" fail: ", StringComparison.Ordinal)), AssertSaysNothing);

        // Workflows that fail, whose inputs hold the data. A developer sees why, with the stack.
        foreach (var input in (string[])
            [
                $$"""{"Name":"{{Name}}","Address":"{{Address}}"}""",
                $$"""{"Id":["{{Name}}","{{Address}}"]}""",
                $$"""["{{Name}}"]""",
                JsonSerializer.Serialize(AccountApplication.Submitted(AccountApplicationId.New(), Name, Address, DateTime.UtcNow)),
            ])
        {
            var id = AccountApplicationId.New();
            await App.PostAsync($"{AppClient.Workflows}/orchestrators/ProcessApplication/{id}", input);
            await App.InstanceUntilAsync(id, "Failed");
        }

        foreach (var refusal in refusals)
        {
            Assert.InRange(refusal.StatusCode, HttpStatusCode.BadRequest, HttpStatusCode.UnprocessableEntity);
            AssertSaysNothing(await refusal.Content.ReadAsStringAsync());
            AssertSaysNothing(refusal.Headers.ToString());
        }

        Assert.Contains(App.Log, line => line.Contains(waiting, StringComparison.Ordinal));
        Assert.All(App.Log, AssertNamesNobody);
    }

    private static void AssertNamesNobody(string text)
    {
        Assert.DoesNotContain(Name, text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(Address, text, StringComparison.OrdinalIgnoreCase);
    }

    private static void AssertSaysNothing(string text)
    {
        AssertNamesNobody(text);
        Assert.DoesNotContain("   at ", text, StringComparison.Ordinal);
    }

    private static string Body(string name, string address) => JsonSerializer.Serialize(new { name, address });
}
