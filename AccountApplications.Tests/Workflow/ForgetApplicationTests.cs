using AccountApplications.Functions.Workflow;
using Microsoft.DurableTask;
using Moq;

namespace AccountApplications.Tests.Workflow;

public class ForgetApplicationTests
{
    private const string Id = "application_6f9619ff-8b86-4011-b42d-00c04fc964ff";

    private readonly Mock<TaskOrchestrationContext> _context = new(MockBehavior.Strict);
    private readonly List<string> _steps = [];

    [Theory]
    [InlineData(ErasedRecord.None, 0, "EraseRecord")]
    [InlineData(ErasedRecord.Settled, 0, "EraseRecord EraseTraces:terminate")]
    // Its workflow takes a while to end, and is told so once.
    [InlineData(ErasedRecord.Settled, 2, "EraseRecord EraseTraces:terminate 1s EraseTraces 2s EraseTraces")]
    // Whoever was at it may have come after.
    [InlineData(ErasedRecord.UnderWay, 0, "EraseRecord EraseTraces:terminate 60s EraseTraces:terminate")]
    public async Task Erasure_TakesItsSteps(ErasedRecord found, int running, string steps)
    {
        _context.Setup(c => c.InstanceId).Returns(Erasure.InstanceIdFor(Id));
        _context.Setup(c => c.CurrentUtcDateTime).Returns(default(DateTime));
        _context.Setup(c => c.CreateTimer(It.IsAny<TimeSpan>(), It.IsAny<CancellationToken>()))
            .Returns((TimeSpan pause, CancellationToken _) => Step($"{pause.TotalSeconds}s", true));
        _context.Setup(c => c.CallActivityAsync<ErasedRecord>(It.IsAny<TaskName>(), It.IsAny<object?>(), It.IsAny<TaskOptions?>()))
            .Returns((TaskName name, object? _, TaskOptions? _) => Step(name.Name, found));
        _context.Setup(c => c.CallActivityAsync<bool>(It.IsAny<TaskName>(), It.IsAny<object?>(), It.IsAny<TaskOptions?>()))
            .Returns((TaskName name, object? step, TaskOptions? _) => Step($"{name}{(((EraseTracesStep)step!).Terminates ? ":terminate" : "")}", running-- <= 0));

        await ForgetApplication.Run(_context.Object, new Erasure(Id, "ada"));

        Assert.Equal(steps, string.Join(' ', _steps));
    }

    [Theory]
    [InlineData("erase_x", "x")]
    [InlineData(Id, Id)]
    [InlineData($"erase_{Id}", "application_00000000-0000-4000-8000-000000000000")]
    public async Task Erasure_UnderAnotherId_FailsBeforeAnything(string instance, string application)
    {
        _context.Setup(c => c.InstanceId).Returns(instance);

        await Assert.ThrowsAsync<ArgumentException>(() => ForgetApplication.Run(_context.Object, new Erasure(application)));
    }

    private Task<T> Step<T>(string name, T result)
    {
        _steps.Add(name);
        return Task.FromResult(result);
    }
}
