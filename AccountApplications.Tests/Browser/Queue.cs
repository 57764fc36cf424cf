using System.Text.Json;
using AccountApplications.Functions.Applications;
using AccountApplications.Tests.EndToEnd;
using AccountApplications.Tests.Fixtures;

namespace AccountApplications.Tests.Browser;

/// <summary>Applications that wait for a review.</summary>
internal static class Queue
{
    public static string Body(string name, string address) => JsonSerializer.Serialize(new { name, address });

    /// <summary>Submits applications, one after the other, until all wait.</summary>
    /// <returns>Their ids, in the order of the names.</returns>
    public static async Task<string[]> FillAsync(this TestHost app, params string[] names)
    {
        List<string> ids = [];
        foreach (var name in names)
            ids.Add((await (await app.SubmitAsync(Body(name, "ABadAddress"))).JsonAsync()).Id());
        foreach (var id in ids)
            await app.UntilAsync(id, "FLAGGED_FOR_REVIEW");
        return [.. ids];
    }

    /// <summary>Records applications that wait, without workflows: many at little cost.</summary>
    public static async Task<IReadOnlyList<AccountApplication>> RecordAsync(this TestHost app, params string[] names)
    {
        List<AccountApplication> recorded = [];
        var store = app.Store();
        CheckResult[] checks = [new(CheckKind.Name, false, null), new(CheckKind.Address, true, "Address 'ABadAddress' has no number beside a word.")];
        foreach (var name in names)
        {
            var at = DateTime.UtcNow;
            recorded.Add(await store.ChangeAsync(
                AccountApplication.Submitted(AccountApplicationId.New(), name, "ABadAddress", at),
                current => current.FlagForReview(checks, at)));
        }

        return recorded;
    }

    /// <summary>The names of all applications in a state, as the API lists them.</summary>
    public static async Task<IReadOnlyList<string>> NamesAsync(this TestHost app, string state)
    {
        List<string> names = [];
        for (var token = ""; token is not null;)
        {
            var page = await (await app.Http.GetAsync($"/api/applications?state={state}&pageSize=100{token}")).JsonAsync();
            names.AddRange(page.GetProperty("items").EnumerateArray().Select(application => application.Text("name")!));
            token = page.Text("nextPageToken") is { } next ? $"&pageToken={next}" : null;
        }

        return names;
    }
}
