using AccountApplications.Functions.Applications;
using AccountApplications.Functions.Storage;
using Microsoft.Azure.Functions.Worker;

namespace AccountApplications.Functions.Workflow;

public sealed class RejectApplication(ApplicationStore store, TimeProvider time)
{
    /// <summary>Rejects the application after the reviews that it carries, and returns it as it then stands.</summary>
    [Function(nameof(RejectApplication))]
    public Task<AccountApplication> Run([ActivityTrigger] AccountApplication application) =>
        store.ChangeAsync(application, current => current.Reject(application.Reviews, time.GetUtcNow().UtcDateTime));
}
