using System.Net;
using AccountApplications.Tests.Fixtures;

namespace AccountApplications.Tests.EndToEnd;

/// <summary>Reviews whose workflow takes its time, so many that they take all the places for those who wait.</summary>
public sealed class SlowReviewTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private const int Places = 64;
    private const int Beyond = 5;

    [Fact]
    public async Task Review_WhoseOutcomeIsNotKnownIn10Seconds_IsAcceptedAndCounts()
    {
        await using var app = await TestHost.StartPunctualAppAsync(azurite.ConnectionString, TestHost.NewHub());
        var (id, reviews) = await NewReviewsAsync(app);

        foreach (var review in reviews)
        {
            var answer = await review;
            Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
            Assert.Equal($"/api/applications/{id}", answer.Headers.Location?.OriginalString);
            Assert.Empty(await answer.Content.ReadAsStringAsync());
        }

        Assert.Equal("FLAGGED_FOR_REVIEW", (await app.ReadAsync(id)).Text("state"));
        await app.ResumeAsync(id);
        Assert.Equal(
            ["SUBMITTED", "FLAGGED_FOR_REVIEW", "REVIEW_APPROVED", "APPROVED"], (await app.UntilAsync(id, "APPROVED")).States());

        // A host that stops cuts those short that wait.
        (_, reviews) = await NewReviewsAsync(app);
        await app.StopAsync();
        var cutShort = (await Task.WhenAll(reviews)).Where(answer => answer.StatusCode != HttpStatusCode.Accepted).ToList();
        Assert.Equal(Places, cutShort.Count);
        foreach (var answer in cutShort)
        {
            await answer.AssertProblemAsync(HttpStatusCode.ServiceUnavailable);
            Assert.True(answer.Headers.RetryAfter?.Delta > TimeSpan.Zero);
        }
    }

    /// <returns>An application whose workflow is suspended, and reviews of it, of which only those beyond the places are answered.</returns>
    private static async Task<(string Id, List<Task<HttpResponseMessage>> Reviews)> NewReviewsAsync(TestHost app)
    {
        var id = (await app.SubmitUntilAsync(AppClient.Flagged, "FLAGGED_FOR_REVIEW")).Id();
        await app.SuspendAsync(id);
        var reviews = Enumerable.Range(0, Places + Beyond).Select(_ => app.ReviewAsync(id, AppClient.Approve)).ToList();
        await Eventually.Async(() => reviews.Count(review => review.IsCompleted) >= Beyond);
        Assert.Equal(Beyond, reviews.Count(review => review.IsCompleted));
        return (id, reviews);
    }
}
