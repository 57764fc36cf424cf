using System.Text.Json;
using AccountApplications.Tests.Fixtures;

namespace AccountApplications.Tests.EndToEnd;

/// <summary>What the tests look at when something has gone wrong on purpose.</summary>
internal static class Checking
{
    private static readonly string[] ListedStates =
        ["SUBMITTED", "FLAGGED_FOR_REVIEW", "FLAGGED_WITH_UNPROCESSABLE_DATA", "REVIEW_APPROVED", "REVIEW_REJECTED", "APPROVED", "REJECTED", "WITHDRAWN", "EXPIRED"];

    /// <summary>Every list's every item, as <c>STATE id</c>.</summary>
    public static Task<List<string>> ListedAsync(this TestHost app) => app.Http.ListedAsync();

    /// <summary>Every list's every item, as <c>STATE id</c>.</summary>
    public static async Task<List<string>> ListedAsync(this HttpClient http)
    {
        List<string> listed = [];
        foreach (var state in ListedStates)
        {
            string? token = null;
            do
            {
                var query = $"state={state}&pageSize=100{(token is null ? "" : $"&pageToken={token}")}";
                var page = await (await http.GetAsync($"/api/applications?{query}")).JsonAsync();
                listed.AddRange(page.GetProperty("items").EnumerateArray().Select(item => $"{state} {item.Id()}"));
                token = page.Text("nextPageToken");
            }
            while (token is not null);
        }

        return listed;
    }

    /// <summary>Waits until an application's history is as it should be.</summary>
    public static Task<JsonElement> UntilStatesAsync(this TestHost app, string id, Func<List<string?>, bool> areThere) =>
        Eventually.Async(() => app.ReadAsync(id), application => areThere([.. application.States()]));
}
