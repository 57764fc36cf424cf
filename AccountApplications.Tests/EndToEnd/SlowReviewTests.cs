using System.Net;
using AccountApplications.Tests.Embedded;
using AccountApplications.Tests.Fixtures;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace AccountApplications.Tests.EndToEnd;

public sealed class SlowReviewTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private const int Places = 64;

    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);

    [Fact]
    public async Task Review_WhoseOutcomeIsNotKnownIn10Seconds_IsAcceptedAndCounts()
    {
        await using var app = await StartAsync();
        var id = await NewSuspendedAsync(app);

        var review = app.ReviewAsync(id, AppClient.Approve);
        await Eventually.Async(() => AdvanceUntil(review));

        await AssertAcceptedAsync(await review, id);
        Assert.Equal("FLAGGED_FOR_REVIEW", (await app.ReadAsync(id)).Text("state"));
        await app.PostAsync($"{AppClient.Workflows}/instances/{id}/resume", "{}");
        await app.UntilAsync(id, "APPROVED");
    }

    [Fact]
    public async Task Review_BeyondTheWaitsThatAreAllowed_IsAcceptedAtOnce()
    {
        await using var app = await StartAsync();
        var id = await NewSuspendedAsync(app);

        var reviews = Enumerable.Range(0, Places + 5).Select(_ => app.ReviewAsync(id, AppClient.Approve)).ToList();

        // The clock stands still: those that wait do so.
        await Eventually.Async(() => reviews.Count(review => review.IsCompleted) == 5);
        await Eventually.Async(() => AdvanceUntil(Task.WhenAll(reviews)));
        foreach (var review in reviews)
            await AssertAcceptedAsync(await review, id);
        await app.PostAsync($"{AppClient.Workflows}/instances/{id}/resume", "{}");
        Assert.Equal(
            ["SUBMITTED", "FLAGGED_FOR_REVIEW", "REVIEW_APPROVED", "APPROVED"], (await app.UntilAsync(id, "APPROVED")).States());
    }

    private Task<TestHost> StartAsync() => TestHost.StartAppAsync(
        azurite.ConnectionString, TestHost.NewHub(), builder => builder.Services.AddSingleton<TimeProvider>(_time));

    private static async Task<string> NewSuspendedAsync(TestHost app)
    {
        var id = (await app.SubmitUntilAsync(AppClient.Flagged, "FLAGGED_FOR_REVIEW")).Id();
        await app.PostAsync($"{AppClient.Workflows}/instances/{id}/suspend", "{}");
        await app.InstanceUntilAsync(id, "Suspended");
        return id;
    }

    private bool AdvanceUntil(Task done)
    {
        _time.Advance(TimeSpan.FromSeconds(1));
        return done.IsCompleted;
    }

    private static async Task AssertAcceptedAsync(HttpResponseMessage answer, string id)
    {
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.Equal($"/api/applications/{id}", answer.Headers.Location?.OriginalString);
        Assert.Empty(await answer.Content.ReadAsStringAsync());
    }
}
