using AccountApplications.Functions.Applications;
using AccountApplications.Functions.Storage;
using Microsoft.Azure.Functions.Worker;

namespace AccountApplications.Functions.Workflow;

public sealed class RecordApproval(ApplicationStore store)
{
    /// <summary>Records the reviews that the application carries and that do not close it, and returns it as it then stands.</summary>
    [Function(nameof(RecordApproval))]
    public Task<AccountApplication> Run([ActivityTrigger] AccountApplication application) =>
        store.ChangeAsync(application, current => current.Record(application.Reviews));
}
