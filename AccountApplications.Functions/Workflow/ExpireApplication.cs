using AccountApplications.Functions.Applications;
using AccountApplications.Functions.Storage;
using Microsoft.Azure.Functions.Worker;

namespace AccountApplications.Functions.Workflow;

public sealed class ExpireApplication(ApplicationStore store, TimeProvider time)
{
    /// <summary>Ends the application because nobody decided in time, and returns it as it then stands.</summary>
    [Function(nameof(ExpireApplication))]
    public Task<AccountApplication> Run([ActivityTrigger] AccountApplication application) =>
        store.ChangeAsync(application, current => current.Expire(time.GetUtcNow().UtcDateTime));
}
