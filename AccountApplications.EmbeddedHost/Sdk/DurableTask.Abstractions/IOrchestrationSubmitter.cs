namespace Microsoft.DurableTask.Internal;

public interface IOrchestrationSubmitter
{
    /// <returns>The new instance's id.</returns>
    Task<string> ScheduleNewOrchestrationInstanceAsync(
        TaskName orchestratorName,
        object? input = null,
        StartOrchestrationOptions? options = null,
        CancellationToken cancellation = default);
}
