using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Data.Tables.Models;

namespace AccountApplications.Functions.Storage;

/// <summary>
/// Turns what may pass (408, 429, 5xx, time-outs, broken connections, a token that cannot be had) into
/// <see cref="StorageUnavailableException"/> once the client's own retries are used up. So does a table that somebody has deleted: it
/// will be there again.
/// </summary>
/// <param name="service">What does not answer then, in words.</param>
/// <param name="tableMissing">Called when a table is missing that had been created.</param>
internal sealed class StorageUnavailablePolicy(string service, Action? tableMissing = null) : HttpPipelinePolicy
{
    public static bool MayPass(int status) => status is 408 or 429 or >= 500;

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        try
        {
            await ProcessNextAsync(message, pipeline).ConfigureAwait(false);
        }
        catch (Exception e) when (!message.CancellationToken.IsCancellationRequested)
        {
            throw new StorageUnavailableException($"{service} does not answer ({e.GetType().Name}).", e);
        }

        ThrowIfUnavailable(message);
    }

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) =>
        throw new NotSupportedException("Storage is called asynchronously.");

    private void ThrowIfUnavailable(HttpMessage message)
    {
        if (MayPass(message.Response.Status))
            throw new StorageUnavailableException($"{service} answers {message.Response.Status}.");
        if (!message.Response.Headers.TryGetValue("x-ms-error-code", out var code)
            || (code != TableErrorCode.TableNotFound && code != TableErrorCode.TableBeingDeleted))
            return;
        tableMissing?.Invoke();
        throw new StorageUnavailableException($"{service} answers {code}.");
    }
}
