using Microsoft.Azure.Functions.Worker;

namespace AccountApplications.EmbeddedHost;

/// <summary>An orchestration's context that runs inside an invocation.</summary>
internal interface IHasFunctionContext
{
    FunctionContext? FunctionContext { get; }
}
