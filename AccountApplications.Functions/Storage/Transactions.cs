using Azure;
using Azure.Data.Tables;

namespace AccountApplications.Functions.Storage;

internal static class Transactions
{
    /// <summary>Does all of it or nothing.</summary>
    /// <returns>false: what it builds on has changed meanwhile.</returns>
    /// <exception cref="StorageUnavailableException">Storage does not answer.</exception>
    public static async Task<bool> TrySubmitAsync(
        this TableClient table, IReadOnlyList<TableTransactionAction> actions, CancellationToken cancellationToken)
    {
        try
        {
            await table.SubmitTransactionAsync(actions, cancellationToken);
            return true;
        }
        catch (RequestFailedException e) when (e.Status is 409 or 412 || (e.Status == 404 && actions.Any(BuildsOnSomething)))
        {
            return false;
        }
        // What is added can miss nothing but its table.
        catch (RequestFailedException e) when (e.Status == 404 || StorageUnavailablePolicy.MayPass(e.Status))
        {
            throw new StorageUnavailableException($"Table Storage answers {e.Status} in a transaction.", e);
        }
    }

    private static bool BuildsOnSomething(TableTransactionAction action) => action.ActionType != TableTransactionActionType.Add;
}
