using System.Collections.Immutable;
using Microsoft.Azure.Functions.Worker.Core.FunctionMetadata;

namespace SampleApp;

/// <summary>Announces a single function, with whatever bindings a test wants.</summary>
/// <param name="bindings">As a host is told of them: JSON objects, one a line.</param>
internal sealed class OneFunction(string bindings) : IFunctionMetadataProvider
{
    public Task<ImmutableArray<IFunctionMetadata>> GetFunctionMetadataAsync(string directory) => Task.FromResult<ImmutableArray<IFunctionMetadata>>(
    [
        new DefaultFunctionMetadata
        {
            Name = "Odd",
            Language = "dotnet-isolated",
            ScriptFile = "SampleApp.dll",
            EntryPoint = "SampleApp.HttpFunctions.Hello",
            RawBindings = [.. bindings.Split('\n')],
        },
    ]);
}
