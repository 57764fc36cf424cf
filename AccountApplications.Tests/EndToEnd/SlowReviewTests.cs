using System.Net;
using AccountApplications.Tests.Fixtures;

namespace AccountApplications.Tests.EndToEnd;

public sealed class SlowReviewTests(AppFixture fixture) : IClassFixture<AppFixture>
{
    private const int Places = 64;

    private TestHost App => fixture.App;

    [Fact]
    public async Task Review_WhoseOutcomeIsNotKnownIn10Seconds_IsAcceptedAndCounts()
    {
        var id = (await App.SubmitUntilAsync(AppClient.Flagged, "FLAGGED_FOR_REVIEW")).Id();
        await App.PostAsync($"{AppClient.Workflows}/instances/{id}/suspend", "{}");
        await App.InstanceUntilAsync(id, "Suspended");

        var reviews = Enumerable.Range(0, Places + 5).Select(_ => App.ReviewAsync(id, AppClient.Approve)).ToList();

        // Those beyond the waits that are allowed are answered at once.
        await Eventually.Async(() => reviews.Count(review => review.IsCompleted) >= 5);
        Assert.Contains(reviews, review => !review.IsCompleted);
        foreach (var review in reviews)
        {
            var answer = await review;
            Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
            Assert.Equal($"/api/applications/{id}", answer.Headers.Location?.OriginalString);
            Assert.Empty(await answer.Content.ReadAsStringAsync());
        }

        Assert.Equal("FLAGGED_FOR_REVIEW", (await App.ReadAsync(id)).Text("state"));
        await App.PostAsync($"{AppClient.Workflows}/instances/{id}/resume", "{}");
        Assert.Equal(
            ["SUBMITTED", "FLAGGED_FOR_REVIEW", "REVIEW_APPROVED", "APPROVED"], (await App.UntilAsync(id, "APPROVED")).States());
    }
}
