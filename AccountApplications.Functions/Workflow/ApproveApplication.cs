using AccountApplications.Functions.Applications;
using AccountApplications.Functions.Storage;
using Microsoft.Azure.Functions.Worker;

namespace AccountApplications.Functions.Workflow;

public sealed class ApproveApplication(ApplicationStore store, TimeProvider time)
{
    /// <summary>Approves the application, after the reviews if it carries any, and returns it as it then stands.</summary>
    [Function(nameof(ApproveApplication))]
    public Task<AccountApplication> Run([ActivityTrigger] AccountApplication application) =>
        store.ChangeAsync(application, current => current.Approve(application.Checks, application.Reviews, time.GetUtcNow().UtcDateTime));
}
