using System.Collections.Concurrent;
using AccountApplications.Functions.Applications;
using AccountApplications.Functions.Workflow;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Moq;

namespace AccountApplications.Tests.Fixtures;

/// <summary>Workflows behind a client: each test says what starting one and raising an event do.</summary>
public sealed class FakeWorkflows
{
    private readonly Mock<DurableTaskClient> _client = new(MockBehavior.Strict, "test");
    private int _starts;

    public FakeWorkflows()
    {
        _client
            .Setup(c => c.ScheduleNewOrchestrationInstanceAsync(
                It.IsAny<TaskName>(), It.IsAny<object?>(), It.IsAny<StartOrchestrationOptions?>(), It.IsAny<CancellationToken>()))
            .Returns(async (TaskName _, object? input, StartOrchestrationOptions? options, CancellationToken _) =>
            {
                var id = options?.InstanceId ?? throw new InvalidOperationException("A workflow has its application's id.");
                Interlocked.Increment(ref _starts);
                if (!Instances.TryAdd(id, OrchestrationRuntimeStatus.Running))
                    throw new InvalidOperationException("It exists.");
                await (input is Erasure erasure ? OnErase(erasure) : OnStart((AccountApplication)input!));
                return id;
            });
        _client
            .Setup(c => c.GetInstanceAsync(It.IsAny<string>(), It.IsAny<bool>(), It.IsAny<CancellationToken>()))
            .Returns((string id, bool _, CancellationToken _) => OnFind!(id));
        _client
            .Setup(c => c.RaiseEventAsync(It.IsAny<string>(), ReviewDecision.EventName, It.IsAny<object?>(), It.IsAny<CancellationToken>()))
            .Returns((string id, string _, object? payload, CancellationToken _) => OnRaise(id, (ReviewDecision)payload!));
        OnFind = id => Task.FromResult(
            Instances.TryGetValue(id, out var status)
                ? new OrchestrationMetadata("ProcessApplication", id) { RuntimeStatus = status }
                : null);
    }

    public DurableTaskClient Client => _client.Object;

    public ConcurrentDictionary<string, OrchestrationRuntimeStatus> Instances { get; } = new();

    /// <summary>How often a workflow was to be started.</summary>
    public int Starts => _starts;

    public Func<AccountApplication, Task> OnStart { get; set; } = _ => Task.CompletedTask;

    public Func<Erasure, Task> OnErase { get; set; } = _ => Task.CompletedTask;

    public Func<string, Task<OrchestrationMetadata?>> OnFind { get; set; }

    public Func<string, ReviewDecision, Task> OnRaise { get; set; } = (_, _) => Task.CompletedTask;
}
