using AccountApplications.EmbeddedHost;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Extensions.DurableTask.Http;

namespace Microsoft.DurableTask;

public static class TaskOrchestrationContextExtensionMethods
{
    /// <returns>The invocation that runs the orchestrator, or null where the context is not the host's own.</returns>
    public static FunctionContext? GetFunctionContext(this TaskOrchestrationContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return (context as IHasFunctionContext)?.FunctionContext;
    }

    /// <exception cref="NotSupportedException">Always.</exception>
    public static Task<DurableHttpResponse> CallHttpAsync(this TaskOrchestrationContext context, DurableHttpRequest request) =>
        throw Unsupported.Feature("Durable HTTP (CallHttpAsync)");

    /// <exception cref="NotSupportedException">Always.</exception>
    public static Task<DurableHttpResponse> CallHttpAsync(
        this TaskOrchestrationContext context,
        HttpMethod method,
        Uri uri,
        string? content = null,
        HttpRetryOptions? retryOptions = null)
        => context.CallHttpAsync(new DurableHttpRequest(method, uri) { Content = content, HttpRetryOptions = retryOptions });
}
