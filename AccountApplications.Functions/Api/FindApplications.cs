using System.Globalization;
using AccountApplications.Functions.Applications;
using AccountApplications.Functions.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace AccountApplications.Functions.Api;

/// <param name="NextPageToken">null after the last page.</param>
public sealed record FoundApplications(IReadOnlyList<AccountApplication> Items, string? NextPageToken);

public sealed class FindApplications(ApplicationStore store, TimeProvider time)
{
    private const int DefaultPageSize = 25;
    private const int MaxPageSize = 100;

    /// <summary>Lists the applications in a state, the longest-waiting first.</summary>
    [Function(nameof(FindApplications))]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/applications")] HttpRequest request,
        CancellationToken cancellationToken)
    {
        Dictionary<string, string[]> errors = [];
        var query = request.Query;
        if (!WireNames.TryParse(query["state"], out ApplicationState state))
            errors["state"] = ["must be given once, and be a state"];
        var size = DefaultPageSize;
        if (query.TryGetValue("pageSize", out var sizes)
            && !(sizes is [{ } digits] && digits.All(char.IsAsciiDigit) // NUL at the end is a number to TryParse
                && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out size) && size is >= 1 and <= MaxPageSize))
            errors["pageSize"] = [$"must be a number from 1 to {MaxPageSize}"];
        string? after = "";
        if (query.TryGetValue("pageToken", out var tokens) && !PageToken.TryRead(tokens.ToString(), state, out after))
            errors["pageToken"] = ["must be the nextPageToken of a list of the same state"];
        if (errors.Count > 0)
            return Problems.Of(errors);

        var page = await time.WithinLimitAsync(token => store.ListAsync(state, size, after!, token), cancellationToken);
        return TypedResults.Ok(new FoundApplications(
            page.Items, page.Next is null ? null : PageToken.Write(state, page.Next)));
    }
}
