using AccountApplications.Functions.Applications;
using AccountApplications.Functions.Storage;
using Microsoft.Azure.Functions.Worker;

namespace AccountApplications.Functions.Workflow;

public sealed class RecordWithdrawal(ApplicationStore store, TimeProvider time)
{
    /// <summary>Ends the application because the applicant took it back, and returns it as it then stands.</summary>
    [Function(nameof(RecordWithdrawal))]
    public Task<AccountApplication> Run([ActivityTrigger] AccountApplication application) =>
        store.ChangeAsync(application, current => current.Withdraw(time.GetUtcNow().UtcDateTime));
}
