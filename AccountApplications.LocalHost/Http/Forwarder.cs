using Yarp.ReverseProxy.Forwarder;

namespace AccountApplications.LocalHost;

/// <summary>Takes an HTTP request to the worker: the request itself over HTTP, its invocation over the worker protocol; there the two meet.</summary>
internal sealed class Forwarder(IHttpForwarder forwarder)
{
    private static readonly ForwarderRequestConfig Config = new() { ActivityTimeout = TimeSpan.FromMinutes(4) };

    private static readonly HttpMessageInvoker Http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        UseCookies = false,
        UseProxy = false,
        // As the host's own server reads them.
        RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8,
    });

    /// <summary>Answers the request with what the function answers; with an empty 500 where a real host does.</summary>
    public async Task ForwardAsync(Worker worker, InvocationRequest invocation, HttpContext http, CancellationToken cancellation)
    {
        foreach (var (name, value) in http.Request.Query)
            invocation.TriggerMetadata[name] = Jobs.Data(value.ToString());
        foreach (var (name, value) in http.Request.RouteValues)
            invocation.TriggerMetadata[name] = Jobs.Data(value?.ToString());

        var forwarding = forwarder.SendAsync(http, worker.HttpUri, Http, Config, new ToWorker(invocation.InvocationId), http.RequestAborted).AsTask();
        try
        {
            await worker.InvokeAsync(invocation, cancellation);
        }
        catch (FunctionFailedException)
        {
            // The worker answers all the same, and has not written anything.
            await forwarding;
            Fail(http.Response);
            throw;
        }
        finally
        {
            if (await forwarding != ForwarderError.None)
                Fail(http.Response);
        }
    }

    private static void Fail(HttpResponse response)
    {
        if (response.HasStarted)
            return;
        response.Clear();
        response.StatusCode = StatusCodes.Status500InternalServerError;
    }

    private sealed class ToWorker(string invocationId) : HttpTransformer
    {
        private const string Invocation = "x-ms-invocation-id";

        public override async ValueTask TransformRequestAsync(
            HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
        {
            await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
            var headers = proxyRequest.Headers;
            headers.Host = null;
            headers.Remove(Invocation);
            headers.TryAddWithoutValidation(Invocation, invocationId);
            foreach (var (name, value) in ((string, string?)[])
            [
                ("X-Forwarded-Host", httpContext.Request.Host.Value), ("X-Forwarded-Proto", httpContext.Request.Scheme),
                ("X-Forwarded-For", httpContext.Connection.RemoteIpAddress?.ToString()),
            ])
            {
                headers.Remove(name);
                headers.TryAddWithoutValidation(name, value);
            }
        }
    }
}
