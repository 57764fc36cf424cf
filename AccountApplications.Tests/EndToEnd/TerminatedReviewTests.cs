using System.Net;
using AccountApplications.Tests.Embedded;
using AccountApplications.Tests.Fixtures;
using AccountApplications.Tests.Robustness;
using Azure.Core;

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
        var storage = new FaultyStorage();
        await using var app = await TestHost.StartAppAsync(
            azurite.ConnectionString, hub, builder => storage.PutUnder(builder, azurite.ConnectionString, hub, HttpPipelinePosition.PerCall));
        var id = (await app.SubmitUntilAsync(AppClient.Flagged, "FLAGGED_FOR_REVIEW")).Id();
        var input = (await app.ReadAsync(id)).GetRawText();
        storage.App = HoldTheDecisionAsync;

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

    private async ValueTask HoldTheDecisionAsync(StorageRequest request)
    {
        var records = request.Uri.AbsolutePath.Contains("$batch", StringComparison.Ordinal) ? Interlocked.Increment(ref _records) : 0;
        if (records == 1)
        {
            _recording.SetResult();
            await _goOn.Task;
        }

        await request.SendAsync();
        if (records == 2)
            _flaggedAgain.SetResult();
    }
}
