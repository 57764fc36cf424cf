using AccountApplications.Functions.Applications;
using AccountApplications.Functions.Storage;
using AccountApplications.Functions.Workflow;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;

namespace AccountApplications.Functions.Api;

public sealed class SubmitApplication(ApplicationStore store, SubmissionClaims claims, TimeProvider time)
{
    private const string KeyHeader = "Idempotency-Key";
    private const int MaxKeyLength = 128;
    private const int MaxNameLength = 200;
    private const int MaxAddressLength = 500;

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(25);

    /// <summary>Takes an application, and starts its workflow.</summary>
    [Function(nameof(SubmitApplication))]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "api/applications")] HttpRequest request,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken)
    {
        var body = await JsonBody.ReadAsync(request, cancellationToken);
        if (body.Fields is not { } fields)
            return body.Problem!;
        if (!TryReadKey(request, out var key))
            return Problems.Of(StatusCodes.Status400BadRequest, $"{KeyHeader} must be 1 to {MaxKeyLength} visible ASCII characters.");
        var name = fields.Required("name", MaxNameLength);
        var address = fields.Required("address", MaxAddressLength);
        if (name is null || address is null)
            return Problems.Of(fields.Errors);

        var application = await time.WithinLimitAsync(
            token => key is null
                ? StartAsync(client, AccountApplicationId.New(), name, address, time.GetUtcNow().UtcDateTime, token)
                : StartOnceAsync(client, key, name, address, token),
            cancellationToken);
        return application is null
            ? Problems.Of(StatusCodes.Status422UnprocessableEntity, $"This {KeyHeader} was used for another name or address.")
            : TypedResults.Accepted($"/api/applications/{application.Id}", application);
    }

    /// <returns>null if the key stands for another name or address.</returns>
    private async Task<AccountApplication?> StartOnceAsync(
        DurableTaskClient client, string key, string name, string address, CancellationToken cancellationToken)
    {
        while (true)
        {
            var claim = await claims.ClaimAsync(key, name, address, cancellationToken);
            // An instance that has completed would be run again. By then its record is there, so that is looked at first.
            var known = claim.IsNew ? null : await store.FindAsync(claim.ApplicationId, cancellationToken);
            if (!claim.IsSame)
                return null;
            if (known is not null)
                return known;
            if (claim.IsNew || await claims.TryTakeOverAsync(claim, cancellationToken))
                return await StartAsync(client, claim.ApplicationId, name, address, claim.SubmittedAt, cancellationToken);
            await Task.Delay(PollInterval, time, cancellationToken);
        }
    }

    // The workflow first: whatever fails after that, it records the application itself.
    private async Task<AccountApplication?> StartAsync(
        DurableTaskClient client, string id, string name, string address, DateTime submittedAt, CancellationToken cancellationToken)
    {
        var application = AccountApplication.Submitted(id, name, address, submittedAt);
        await client.StartAsync(application, cancellationToken);
        return await store.SubmitAsync(application, cancellationToken);
    }

    private static bool TryReadKey(HttpRequest request, out string? key)
    {
        key = null;
        if (!request.Headers.TryGetValue(KeyHeader, out var values))
            return true;
        // In quotes, as the IETF's draft has it, or without.
        key = values is not [{ } given] ? null : given is ['"', .. var quoted, '"'] ? quoted : given;
        return key is { Length: > 0 and <= MaxKeyLength } && key.All(c => c is > ' ' and <= '~');
    }
}
