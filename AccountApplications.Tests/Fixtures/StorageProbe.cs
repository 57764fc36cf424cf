using Azure.Core;
using Azure.Core.Pipeline;

namespace AccountApplications.Tests.Fixtures;

/// <summary>Counts a store's requests and lets one write fail, before storage has it or after.</summary>
public sealed class StorageProbe : HttpPipelinePolicy
{
    private int _requests;
    private int _writes;
    private int? _failing;
    private bool _afterwards;

    public int Requests => _requests;

    public int Writes => _writes;

    /// <summary>Counts from here on.</summary>
    public void Reset()
    {
        _requests = 0;
        _writes = 0;
        _failing = null;
    }

    /// <param name="write">The number of the write that fails, the first from here on being 1.</param>
    /// <param name="afterwards">It is written, but its answer is lost.</param>
    public void FailWrite(int write, bool afterwards)
    {
        Reset();
        _failing = write;
        _afterwards = afterwards;
    }

    /// <summary>Runs once, before the next write: what happens between a reading and a writing.</summary>
    public Func<Task>? BeforeNextWrite { get; set; }

    /// <summary>Runs before each request.</summary>
    public Func<Task>? BeforeEach { get; set; }

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        Interlocked.Increment(ref _requests);
        if (BeforeEach is { } wait)
            await wait();
        var writes = message.Request.Method != RequestMethod.Get;
        if (writes && BeforeNextWrite is { } intervene)
        {
            BeforeNextWrite = null;
            await intervene();
        }

        var fails = writes && Interlocked.Increment(ref _writes) == _failing;
        if (fails && !_afterwards)
            throw new IOException("Cut short by the test.");
        await ProcessNextAsync(message, pipeline);
        if (fails)
            throw new IOException("Cut short by the test.");
    }

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) => throw new NotSupportedException();
}
