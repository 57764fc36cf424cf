using System.Text.Json;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace AccountApplications.Tests.Embedded.Http;

/// <summary>What functions ask of instances through their client: the same as the HTTP API, in C#.</summary>
public sealed class DurableTaskClientTests(ManagementFixture fixture) : IClassFixture<ManagementFixture>
{
    private DurableTaskClient Client => fixture.Host.Durable;

    [Fact]
    public async Task Instance_Started_CompletesWithItsOutput()
    {
        var id = await Client.ScheduleNewOrchestrationInstanceAsync("Echo", new { Answer = 42 });

        var completed = await Client.WaitForInstanceCompletionAsync(id, getInputsAndOutputs: true);

        Assert.Equal((id, "Echo", OrchestrationRuntimeStatus.Completed), (completed.InstanceId, completed.Name, completed.RuntimeStatus));
        Assert.Equal("""{"Answer":42}""", completed.SerializedInput);
        Assert.Equal(42, completed.ReadOutputAs<JsonElement>().GetProperty("Answer").GetInt32());
        Assert.Null(completed.FailureDetails);
        Assert.True(completed.IsCompleted);
        Assert.InRange(completed.CreatedAt, completed.LastUpdatedAt - TimeSpan.FromMinutes(1), completed.LastUpdatedAt);
    }

    [Fact]
    public async Task Instance_FetchedWithoutInputsAndOutputs_HasNone()
    {
        var id = await Client.ScheduleNewOrchestrationInstanceAsync("Echo", "text");
        await Client.WaitForInstanceCompletionAsync(id);

        var metadata = await Client.GetInstanceAsync(id);

        Assert.Null(metadata!.SerializedInput);
        Assert.Null(metadata.SerializedOutput);
        Assert.Throws<InvalidOperationException>(metadata.ReadOutputAs<string>);
    }

    [Fact]
    public async Task Instance_Unknown_IsNull() => Assert.Null(await Client.GetInstanceAsync(NewId(), getInputsAndOutputs: true));

    [Fact]
    public async Task Instance_ThatFails_SaysWhy()
    {
        var id = await Client.ScheduleNewOrchestrationInstanceAsync("Fail");

        var failed = await Client.WaitForInstanceCompletionAsync(id, getInputsAndOutputs: true);

        Assert.Equal(OrchestrationRuntimeStatus.Failed, failed.RuntimeStatus);
        Assert.Equal("System.InvalidOperationException: Broken on purpose.", failed.SerializedOutput);
        Assert.Equal(typeof(InvalidOperationException).FullName, failed.FailureDetails!.ErrorType);
        Assert.Equal("Broken on purpose.", failed.FailureDetails.ErrorMessage);
    }

    [Fact]
    public async Task Start_OfARunningId_ThrowsAndLeavesItRunning()
    {
        var id = await StartWaitingAsync();

        var error = await Assert.ThrowsAnyAsync<Exception>(
            () => Client.ScheduleNewOrchestrationInstanceAsync("Echo", 1, new StartOrchestrationOptions(id)));

        Assert.Contains("AlreadyExists", error.GetType().Name, StringComparison.Ordinal);
        Assert.Equal("Wait", (await Client.GetInstanceAsync(id))!.Name);
    }

    [Fact]
    public async Task Start_OfAnEndedId_RunsItAgain()
    {
        var id = await Client.ScheduleNewOrchestrationInstanceAsync("Fail");
        await Client.WaitForInstanceCompletionAsync(id);

        await Client.ScheduleNewOrchestrationInstanceAsync("Echo", "again", new StartOrchestrationOptions(id));

        var completed = await Client.WaitForInstanceCompletionAsync(id, getInputsAndOutputs: true);
        Assert.Equal("again", completed.ReadOutputAs<string>());
        Assert.Null(completed.FailureDetails);
    }

    [Fact]
    public async Task Event_ForAWaitingInstance_IsTaken()
    {
        var id = await StartWaitingAsync();

        await Client.RaiseEventAsync(id, "GO", new { Name = "x" });

        var completed = await Client.WaitForInstanceCompletionAsync(id, getInputsAndOutputs: true);
        Assert.Equal("""{"NAME":"X"}""", completed.ReadOutputAs<string>());
    }

    [Fact]
    public async Task Commands_ForNobody_Throw()
    {
        var id = NewId();

        await Assert.ThrowsAnyAsync<Exception>(() => Client.RaiseEventAsync(id, "Go"));
        await Assert.ThrowsAnyAsync<Exception>(() => Client.TerminateInstanceAsync(id));
        await Assert.ThrowsAnyAsync<Exception>(() => Client.SuspendInstanceAsync(id));
        await Assert.ThrowsAnyAsync<Exception>(() => Client.ResumeInstanceAsync(id));
        await Assert.ThrowsAnyAsync<Exception>(() => Client.WaitForInstanceCompletionAsync(id));
        Assert.Null(await Client.GetInstanceAsync(id));
    }

    [Fact]
    public async Task Commands_ForAnEndedInstance_Throw()
    {
        var id = await Client.ScheduleNewOrchestrationInstanceAsync("Echo", 1);
        await Client.WaitForInstanceCompletionAsync(id);

        await Assert.ThrowsAnyAsync<Exception>(() => Client.RaiseEventAsync(id, "Go"));
        await Assert.ThrowsAnyAsync<Exception>(() => Client.TerminateInstanceAsync(id));
        await Assert.ThrowsAnyAsync<Exception>(() => Client.SuspendInstanceAsync(id));
        await Assert.ThrowsAnyAsync<Exception>(() => Client.ResumeInstanceAsync(id));
        Assert.Equal(OrchestrationRuntimeStatus.Completed, (await Client.GetInstanceAsync(id))!.RuntimeStatus);
    }

    [Fact]
    public async Task Terminate_Running_EndsItWithTheOutput()
    {
        var id = await StartWaitingAsync();

        await Client.TerminateInstanceAsync(id, new { Why = "enough" });

        var ended = await Client.WaitForInstanceCompletionAsync(id, getInputsAndOutputs: true);
        Assert.Equal(OrchestrationRuntimeStatus.Terminated, ended.RuntimeStatus);
        Assert.Equal("enough", ended.ReadOutputAs<JsonElement>().GetProperty("Why").GetString());
    }

    [Fact]
    public async Task Suspend_Running_HoldsItUntilItIsResumed()
    {
        var id = await StartWaitingAsync();

        await Client.SuspendInstanceAsync(id, "lunch");
        await Client.RaiseEventAsync(id, "Go", "go");

        Assert.Equal(OrchestrationRuntimeStatus.Suspended, (await Client.GetInstanceAsync(id))!.RuntimeStatus);
        await Client.ResumeInstanceAsync(id);
        Assert.Equal(OrchestrationRuntimeStatus.Completed, (await Client.WaitForInstanceCompletionAsync(id)).RuntimeStatus);
    }

    [Fact]
    public async Task Purge_OfAnEndedInstance_CountsItOnce()
    {
        var id = await Client.ScheduleNewOrchestrationInstanceAsync("Echo", 1);
        await Client.WaitForInstanceCompletionAsync(id);

        Assert.Equal(1, (await Client.PurgeInstanceAsync(id)).PurgedInstanceCount);
        Assert.Equal(0, (await Client.PurgeInstanceAsync(id)).PurgedInstanceCount);
        Assert.Null(await Client.GetInstanceAsync(id));
    }

    [Fact]
    public async Task Purge_OfARunningInstance_Throws()
    {
        var id = await StartWaitingAsync();

        await Assert.ThrowsAsync<InvalidOperationException>(() => Client.PurgeInstanceAsync(id));

        Assert.NotNull(await Client.GetInstanceAsync(id));
    }

    [Fact]
    public async Task Purge_ByFilter_RemovesTheEndedOnes()
    {
        var from = DateTimeOffset.UtcNow;
        var ended = await Client.ScheduleNewOrchestrationInstanceAsync("Echo", 1);
        var running = await StartWaitingAsync();
        await Client.WaitForInstanceCompletionAsync(ended);

        var purged = await Client.PurgeAllInstancesAsync(new PurgeInstancesFilter(from, null, null));

        Assert.Equal(1, purged.PurgedInstanceCount);
        Assert.Null(await Client.GetInstanceAsync(ended));
        Assert.NotNull(await Client.GetInstanceAsync(running));
    }

    [Fact]
    public async Task Instances_ByPrefix_ComeInPages()
    {
        var prefix = NewId();
        for (var i = 0; i < 5; i++)
            await Client.ScheduleNewOrchestrationInstanceAsync("Wait", i, new StartOrchestrationOptions($"{prefix}-{i}"));
        var query = new OrchestrationQuery(InstanceIdPrefix: prefix, PageSize: 2, FetchInputsAndOutputs: true);

        List<string> ids = [];
        await foreach (var page in Client.GetAllInstancesAsync(query).AsPages())
        {
            Assert.InRange(page.Values.Count, 0, 2);
            Assert.All(page.Values, instance => Assert.EndsWith(instance.SerializedInput!, instance.InstanceId, StringComparison.Ordinal));
            ids.AddRange(page.Values.Select(instance => instance.InstanceId));
        }

        Assert.Equal(Enumerable.Range(0, 5).Select(i => $"{prefix}-{i}"), ids.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task RestartAndRewind_NotSupported_SaySo()
    {
        var restart = await Assert.ThrowsAsync<NotSupportedException>(() => Client.RestartAsync("x"));
        var rewind = await Assert.ThrowsAsync<NotSupportedException>(() => Client.RewindInstanceAsync("x", "y"));

        Assert.Contains("RestartAsync", restart.Message, StringComparison.Ordinal);
        Assert.Contains("RewindInstanceAsync", rewind.Message, StringComparison.Ordinal);
    }

    private static string NewId() => Guid.NewGuid().ToString("N");

    private async Task<string> StartWaitingAsync()
    {
        var id = await Client.ScheduleNewOrchestrationInstanceAsync("Wait");
        await Client.WaitForInstanceStartAsync(id);
        return id;
    }
}
