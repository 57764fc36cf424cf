using AccountApplications.Functions.Applications;
using Microsoft.Azure.Functions.Worker.Core.FunctionMetadata;
using Microsoft.Extensions.Configuration;

namespace AccountApplications.Functions.Workflow;

/// <summary>Gives <see cref="EraseOld"/> its schedule where none is set: a host refuses a trigger that names a setting which is not there.</summary>
internal sealed class DefaultSchedule(IConfiguration configuration) : IFunctionMetadataTransformer
{
    public string Name => nameof(DefaultSchedule);

    public void Transform(IList<IFunctionMetadata> functions)
    {
        if (RetentionOptions.ScheduleIn(configuration) is not null)
            return;
        foreach (var bindings in functions.Select(function => function.RawBindings).OfType<IList<string>>())
            for (var i = 0; i < bindings.Count; i++)
                bindings[i] = bindings[i].Replace(RetentionOptions.ScheduleSetting, RetentionOptions.DefaultSchedule, StringComparison.Ordinal);
    }
}
