using System.Net;
using AccountApplications.Tests.Fixtures;

namespace AccountApplications.Tests.EndToEnd;

/// <summary>A workflow that is terminated while it records a decision, and started again.</summary>
public sealed class TerminatedReviewTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private readonly TaskCompletionSource _recording = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _flaggedAgain = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _records;

    [Fact]
    public async Task Workflow_StartedAgainWhileTheDecisionIsRecorded_EndsInOneList()
    {
        var hub = TestHost.NewHub();
        await using var storage = await FaultyStorage.StartAsync(azurite.ConnectionString);
        await using var app = await TestHost.StartAppAsync(storage.ConnectionString, hub);
        var id = (await app.SubmitUntilAsync(AppClient.Flagged, "FLAGGED_FOR_REVIEW")).Id();
        var input = (await app.ReadAsync(id)).GetRawText();
        storage.OnRequest = request => HoldTheDecisionAsync(request, hub);

        await app.RaiseAsync(id, AppClient.Approve);
        await _recording.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await app.PostAsync($"{AppClient.Workflows}/instances/{id}/terminate", "{}");
        await app.InstanceUntilAsync(id, "Terminated");
        var again = await app.PostAsync($"{AppClient.Workflows}/orchestrators/ProcessApplication/{id}", input);
        Assert.Equal(HttpStatusCode.Accepted, again.StatusCode);
        await _flaggedAgain.Task.WaitAsync(TimeSpan.FromSeconds(30));
        _goOn.SetResult();

        await app.UntilAsync(id, "APPROVED");
        await Eventually.Async(async () => Assert.Equal([$"APPROVED {id}"], await app.ListedAsync()));
    }

    // Once longer than the storage client waits for an answer, so that it asks again: then that is the second one.
    private async Task HoldTheDecisionAsync(StorageRequest request, string hub)
    {
        var records = request.IsTransaction && request.IsOfApp(hub) ? Interlocked.Increment(ref _records) : 0;
        if (records == 1)
        {
            _recording.SetResult();
            await _goOn.Task;
        }

        await request.SendAsync();
        if (records == 2)
            _flaggedAgain.TrySetResult();
    }
}
