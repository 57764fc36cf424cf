using AccountApplications.Functions.Applications;
using AccountApplications.Functions.Storage;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;

namespace AccountApplications.Functions.Workflow;

public sealed partial class RemindReviewers(ApplicationStore store, TimeProvider time, ILogger<RemindReviewers> log)
{
    /// <summary>Records that the application is overdue, once, and returns it as it then stands.</summary>
    [Function(nameof(RemindReviewers))]
    public async Task<AccountApplication> Run([ActivityTrigger] AccountApplication application)
    {
        var now = time.GetUtcNow().UtcDateTime;
        var reminded = await store.ChangeAsync(application, current => current.Remind(now));
        if (reminded.RemindedAt == now)
            LogOverdue(reminded.Id, reminded.DueAt);
        return reminded;
    }

    [LoggerMessage(LogLevel.Warning, "{Id} is overdue: it was to be decided by {DueAt:u}")]
    private partial void LogOverdue(string id, DateTime? dueAt);
}
