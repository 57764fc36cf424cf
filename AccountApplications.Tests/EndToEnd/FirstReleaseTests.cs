using System.Net;
using System.Text.Json;
using AccountApplications.Tests.Fixtures;
using Azure.Data.Tables;

namespace AccountApplications.Tests.EndToEnd;

/// <summary>
/// What the first release left in storage, the durable extension's tables included, on the app as it is now. It was recorded when
/// that release had been stopped: one application had ended, three waited, and the workflow of a fourth had been terminated.
/// </summary>
public sealed class FirstReleaseTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    [Fact]
    public async Task Application_SubmittedOnTheFirstRelease_GoesOnAsItWasPromised()
    {
        var hub = TestHost.NewHub();
        var ids = await RestoreAsync(hub);
        await using var app = await TestHost.StartAppAsync(
            azurite.ConnectionString, hub, ("AccountApplications__Review__Approvals", "2"), ("AccountApplications__Review__RejectionNeedsComment", "true"),
            ("AccountApplications__Review__DueAfter", "00:00:01"), ("AccountApplications__Review__ExpireAfter", "00:00:02"));

        var instances = new TableServiceClient(azurite.ConnectionString).GetTableClient($"{hub}Instances");

        // Without a name, and without a comment.
        Assert.Equal(HttpStatusCode.Accepted, (await app.SendAsAsync(null, "POST", $"/api/applications/{ids["Terminated"]}/restart")).StatusCode);
        Assert.Equal("APPROVED", (await (await app.ReviewAsync(ids["Approved"], AppClient.Approve)).JsonAsync()).Text("state"));
        Assert.Equal("REJECTED", (await (await app.ReviewAsync(ids["Rejected"], AppClient.Reject)).JsonAsync()).Text("state"));
        Assert.Equal("WITHDRAWN", (await (await app.WithdrawAsync(ids["Withdrawn"])).JsonAsync()).Text("state"));
        await Eventually.Async(async () => Assert.Equal(HttpStatusCode.OK, (await app.ReviewAsync(ids["Terminated"], AppClient.Reject)).StatusCode));

        foreach (var (name, id) in ids)
        {
            var application = await app.ReadAsync(id);
            Assert.Equal(name, application.Text("name"));
            foreach (var member in (string[])["terms", "dueAt", "expiresAt", "remindedAt", "claim"])
                Assert.Equal(JsonValueKind.Null, application.GetProperty(member).ValueKind);
            Assert.Equal(name == "Withdrawn" ? 0 : 1, application.GetProperty("reviews").GetArrayLength());
            await app.InstanceUntilAsync(id, "Completed");
            // The one that was started again, too.
            Assert.Equal("1", (await instances.GetEntityAsync<TableEntity>(id, "")).Value.GetString("Version"));
        }

        Assert.Equal(
            ids.Select(pair => $"{pair.Key switch { "Terminated" => "REJECTED", "Ended" => "APPROVED", var state => state.ToUpperInvariant() }} {pair.Value}").Order(),
            (await app.ListedAsync()).Order());
    }

    /// <returns>The applications' ids by their names.</returns>
    private async Task<Dictionary<string, string>> RestoreAsync(string hub)
    {
        using var file = typeof(FirstReleaseTests).Assembly.GetManifestResourceStream($"{typeof(FirstReleaseTests).Namespace}.first-release.json")!;
        var service = new TableServiceClient(azurite.ConnectionString);
        Dictionary<string, string> ids = [];
        foreach (var (name, rows) in JsonSerializer.Deserialize<Dictionary<string, List<Dictionary<string, JsonElement>>>>(file)!)
        {
            var table = service.GetTableClient($"{hub}{name}");
            await table.CreateAsync();
            await Parallel.ForEachAsync(rows, async (row, cancellationToken) => await table.AddEntityAsync(new TableEntity(row.ToDictionary(
                column => column.Key,
                column => column.Key == "TaskHubName" ? hub : ValueOf(column.Value))), cancellationToken));
            if (name == "AccountApplications")
                foreach (var row in rows.Where(row => row["RowKey"].GetString() == "application"))
                    ids.Add(JsonSerializer.Deserialize<JsonElement>(row["Json"].GetString()!).Text("name")!, row["PartitionKey"].GetString()!);
        }

        return ids;
    }

    private static object? ValueOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number => value.GetInt32(),
        JsonValueKind.True or JsonValueKind.False => value.GetBoolean(),
        JsonValueKind.Object => value.GetProperty("utc").GetDateTime(),
        _ => null,
    };
}
