using Azure.Core;
using Azure.Core.Pipeline;

namespace AccountApplications.Functions.Telemetry;

/// <summary>Counts requests to storage that are sent again.</summary>
internal sealed class RetryCounter : HttpPipelineSynchronousPolicy
{
    public static RetryCounter Instance { get; } = new();

    public override void OnSendingRequest(HttpMessage message)
    {
        if (message.ProcessingContext.RetryNumber > 0)
            Metrics.Retried();
    }
}
