using System.Net;
using Microsoft.Extensions.Primitives;

namespace Microsoft.Azure.Functions.Worker.Extensions.DurableTask.Http;

/// <summary>A request that an orchestration has the host send for it.</summary>
public class DurableHttpRequest(HttpMethod method, Uri uri)
{
    public HttpMethod Method { get; } = method;

    public Uri Uri { get; } = uri;

    public IDictionary<string, StringValues>? Headers { get; set; }

    public string? Content { get; set; }

    /// <summary>Whether a 202 is polled at its Location until it ends.</summary>
    public bool AsynchronousPatternEnabled { get; set; }

    public HttpRetryOptions? HttpRetryOptions { get; set; }

    public TimeSpan? Timeout { get; set; }
}

public class DurableHttpResponse(HttpStatusCode statusCode)
{
    public HttpStatusCode StatusCode { get; } = statusCode;

    public IDictionary<string, StringValues>? Headers { get; init; }

    public string? Content { get; init; }
}

/// <param name="statusCodesToRetry">The statuses to try again after; null for every 4xx and 5xx.</param>
public class HttpRetryOptions(IList<HttpStatusCode>? statusCodesToRetry = null)
{
    public TimeSpan FirstRetryInterval { get; set; }

    /// <summary>6 days unless set.</summary>
    public TimeSpan MaxRetryInterval { get; set; } = TimeSpan.FromDays(6);

    /// <summary>1 unless set: the interval stays the same.</summary>
    public double BackoffCoefficient { get; set; } = 1;

    /// <summary>No limit unless set.</summary>
    public TimeSpan RetryTimeout { get; set; } = TimeSpan.MaxValue;

    /// <summary>The first attempt included.</summary>
    public int MaxNumberOfAttempts { get; set; }

    public IList<HttpStatusCode> StatusCodesToRetry { get; } = statusCodesToRetry ?? [];
}
