using System.Net;
using AccountApplications.Functions.Applications;
using AccountApplications.Tests.EndToEnd;
using AccountApplications.Tests.Fixtures;
using Azure.Data.Tables;

namespace AccountApplications.Tests.Robustness;

/// <summary>What can never go well: it ends visibly, and everything else goes on.</summary>
[Collection(Alone.Name)]
public sealed class PoisonTests(AppFixture fixture) : IClassFixture<AppFixture>
{
    [Fact]
    public async Task Record_EditedIntoNonsense_FailsVisiblyAndGoesOnOnceItIsRepaired()
    {
        var app = fixture.App;
        var id = (await app.SubmitUntilAsync(AppClient.Flagged, "FLAGGED_FOR_REVIEW")).Id();
        var records = await app.Tables.Applications.GetAsync(CancellationToken.None);
        TableEntity record = await records.GetEntityAsync<TableEntity>(id, "application");
        var sound = (string)record["Json"];
        await EditAsync("{ nonsense of Gabe");

        await (await app.Http.GetAsync($"/api/applications/{id}")).AssertProblemAsync(HttpStatusCode.InternalServerError);
        await (await app.ReviewAsync(id, AppClient.Approve)).AssertProblemAsync(HttpStatusCode.InternalServerError);
        await app.RaiseAsync(id, AppClient.Approve);
        var failed = await app.InstanceUntilAsync(id, "Failed");
        // First the approval; the next execution, which has the decision, at its first change.
        Assert.Contains(app.Log, line => line.Contains(" warn: ", StringComparison.Ordinal) && line.Contains($"{id}: ApproveApplication failed, ", StringComparison.Ordinal));
        Assert.Contains(app.Log, line => line.Contains(" fail: ", StringComparison.Ordinal) && line.Contains($"{id}: FlagApplication failed for good", StringComparison.Ordinal));
        Assert.All(app.Log, line => Assert.DoesNotContain("Gabe", line, StringComparison.Ordinal));

        // The rest keeps working, its own list too.
        await app.SubmitUntilAsync(AppClient.Clean, "APPROVED");
        Assert.Contains($"FLAGGED_FOR_REVIEW {id}", await app.ListedAsync());

        await EditAsync(sound);
        await app.PostAsync($"{AppClient.Workflows}/orchestrators/ProcessApplication/{id}", failed.GetProperty("input").GetRawText());
        // The decision is in its input.
        await app.InstanceUntilAsync(id, "Completed");
        Assert.Equal(["SUBMITTED", "FLAGGED_FOR_REVIEW", "REVIEW_APPROVED", "APPROVED"], (await app.ReadAsync(id)).States());

        Task EditAsync(string json)
        {
            record["Json"] = json;
            return records.UpdateEntityAsync(record, Azure.ETag.All, TableUpdateMode.Replace);
        }
    }

    [Fact]
    public async Task IndexRow_WithoutItsRecordOrEditedIntoNonsense_DoesNotTakeTheListDown()
    {
        var app = fixture.App;
        var id = (await app.SubmitUntilAsync(AppClient.Flagged, "FLAGGED_FOR_REVIEW")).Id();
        var rows = await app.Tables.Index.GetAsync(CancellationToken.None);
        var lonely = AccountApplication.Submitted(AccountApplicationId.New(), "Gabe", "ABadAddress", DateTime.UtcNow) with { State = ApplicationState.FlaggedForReview };
        await app.Index().UpsertAsync(lonely, CancellationToken.None);
        await rows.UpsertEntityAsync(new TableEntity($"FLAGGED_FOR_REVIEW_{id[^1]}", "0000000000000000000_nonsense") { ["Json"] = "{ nonsense" });
        await rows.UpsertEntityAsync(new TableEntity($"FLAGGED_FOR_REVIEW_{id[^1]}", "0000000000000000001_nothing"));

        var listed = await app.ListedAsync();

        Assert.Contains($"FLAGGED_FOR_REVIEW {id}", listed);
        Assert.Contains(app.Log, line => line.Contains(" warn: ", StringComparison.Ordinal) && line.Contains("0000000000000000000_nonsense", StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.NotFound, (await app.Http.GetAsync($"/api/applications/{lonely.Id}")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await app.ReviewAsync(lonely.Id, AppClient.Approve)).StatusCode);
    }

    [Fact]
    public async Task Record_WithoutItsIndexRow_ComesBackIntoItsListWhenItIsStartedAgain()
    {
        var app = fixture.App;
        var application = await app.SubmitUntilAsync(AppClient.Clean, "APPROVED");
        await app.InstanceUntilAsync(application.Id(), "Completed");
        var rows = await app.Tables.Index.GetAsync(CancellationToken.None);
        await foreach (var row in rows.QueryAsync<TableEntity>(select: ["PartitionKey", "RowKey"]))
            if (row.RowKey.Contains(application.Id(), StringComparison.Ordinal))
                await rows.DeleteEntityAsync(row);
        Assert.DoesNotContain($"APPROVED {application.Id()}", await app.ListedAsync());

        var input = (await app.InstanceAsync(application.Id())).GetProperty("input").GetRawText();
        await app.PostAsync($"{AppClient.Workflows}/orchestrators/ProcessApplication/{application.Id()}", input);

        await Eventually.Async(async () => Assert.Contains($"APPROVED {application.Id()}", await app.ListedAsync()));
    }

    [Theory]
    [InlineData("ü")]
    [InlineData("<")]
    [InlineData("\\\"")]
    public async Task Events_LargeInWhateverTheyAreMadeOf_AreIgnoredAndTheReviewStillCounts(string part)
    {
        var app = fixture.App;
        var id = (await app.SubmitUntilAsync(AppClient.Flagged, "FLAGGED_FOR_REVIEW")).Id();
        var payload = $"\"{string.Concat(Enumerable.Repeat(part, 1_000_000 / System.Text.Encoding.UTF8.GetByteCount(part)))}\"";

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => app.RaiseAsync(id, payload)));

        Assert.Equal("Running", (await app.InstanceAsync(id)).Text("runtimeStatus"));
        Assert.Equal(HttpStatusCode.OK, (await app.ReviewAsync(id, AppClient.Approve)).StatusCode);
    }
}
