using System.Text.Json.Serialization;
using AccountApplications.Functions.Applications;
using AccountApplications.Functions.Storage;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Options;

namespace AccountApplications.Functions.Workflow;

[JsonConverter(typeof(WireNames.Converter<FlagType>))]
public enum FlagType
{
    Review,
    UnprocessableData,
}

/// <param name="WithTerms">Whether terms are agreed to, which the first release knew nothing of.</param>
public sealed record FlagRequest(AccountApplication Application, FlagType Type, bool WithTerms = false);

public sealed class FlagApplication(ApplicationStore store, IOptions<ReviewOptions> rules, TimeProvider time)
{
    /// <summary>Flags the application and returns it as it then stands.</summary>
    [Function(nameof(FlagApplication))]
    public Task<AccountApplication> Run([ActivityTrigger] FlagRequest request) =>
        store.ChangeAsync(request.Application, current => request.Type == FlagType.Review
            ? current.FlagForReview(request.Application.Checks, time.GetUtcNow().UtcDateTime, request.WithTerms ? rules.Value : null)
            : current.FlagUnprocessable(time.GetUtcNow().UtcDateTime));
}
