namespace AccountApplications.EmbeddedHost.Engine;

/// <summary>What the engine calls: the app's orchestrators and activities by name.</summary>
internal interface IFunctions
{
    /// <summary>Runs the orchestrator; whatever is wrong, an unknown name included, is in the task.</summary>
    Task<object?> RunOrchestratorAsync(ReplayContext context, string name);

    /// <summary>Runs the activity; input and output are JSON, null for nothing.</summary>
    Task<string?> RunActivityAsync(string name, string? input, string instanceId, CancellationToken cancellation);
}

internal sealed class InstanceNotFoundException(string id) : InvalidOperationException($"There is no instance '{id}'.");

internal sealed class InstanceEndedException(Instance instance)
    : InvalidOperationException($"Instance '{instance.Id}' is {instance.Status}; it takes nothing any more.");

internal sealed class OrchestrationAlreadyExistsException(string id)
    : InvalidOperationException($"An instance '{id}' is pending or running.");
