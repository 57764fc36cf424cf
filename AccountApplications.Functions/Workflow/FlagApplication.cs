using System.Text.Json.Serialization;
using AccountApplications.Functions.Applications;
using AccountApplications.Functions.Storage;
using Microsoft.Azure.Functions.Worker;

namespace AccountApplications.Functions.Workflow;

[JsonConverter(typeof(WireNames.Converter<FlagType>))]
public enum FlagType
{
    Review,
    UnprocessableData,
}

public sealed record FlagRequest(AccountApplication Application, FlagType Type);

public sealed class FlagApplication(ApplicationStore store, TimeProvider time)
{
    /// <summary>Flags the application and returns it as it then stands.</summary>
    [Function(nameof(FlagApplication))]
    public Task<AccountApplication> Run([ActivityTrigger] FlagRequest request) =>
        store.ChangeAsync(request.Application, current => request.Type == FlagType.Review
            ? current.FlagForReview(request.Application.Checks, time.GetUtcNow().UtcDateTime)
            : current.FlagUnprocessable(time.GetUtcNow().UtcDateTime));
}
