using System.Security.Cryptography;
using System.Text;
using AccountApplications.Functions.Applications;
using Azure;
using Azure.Data.Tables;

namespace AccountApplications.Functions.Storage;

/// <summary>The application that an idempotency key stands for.</summary>
/// <param name="IsNew">The caller is the first to use the key and submits; otherwise somebody has, or is about to.</param>
/// <param name="IsSame">Whether it stands for the caller's name and address.</param>
/// <param name="Version">Of the claim's row.</param>
public sealed record SubmissionClaim(string Key, SubmissionClaim.Content Claimed, bool IsNew, bool IsSame, ETag Version)
{
    public string ApplicationId => Claimed.ApplicationId;

    /// <summary>UTC.</summary>
    public DateTime SubmittedAt => Claimed.SubmittedAt;

    /// <param name="Hash">Of name and address.</param>
    /// <param name="TakenAt">UTC, when the one who submits set about it.</param>
    public sealed record Content(string ApplicationId, string Hash, DateTime SubmittedAt, DateTime TakenAt);
}

/// <summary>
/// Idempotency keys, for 24 h: the row that is there first decides which application a key stands for. Methods throw
/// <see cref="StorageUnavailableException"/> while storage does not answer.
/// </summary>
public sealed class SubmissionClaims(Tables tables, TimeProvider time)
{
    private const string RowKey = "claim";

    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(24);

    // A submission takes milliseconds; one that has not come to its record after this has most likely died.
    private static readonly TimeSpan SubmissionTime = TimeSpan.FromSeconds(2);

    /// <summary>Claims a key, or joins the claim that is there.</summary>
    public async Task<SubmissionClaim> ClaimAsync(string key, string name, string address, CancellationToken cancellationToken)
    {
        var table = await tables.Claims.GetAsync(cancellationToken);
        while (true)
        {
            var now = time.GetUtcNow().UtcDateTime;
            var fresh = new SubmissionClaim.Content(AccountApplicationId.New(), HashOf(key, name, address), now, now);
            if (await TryWriteAsync(() => table.AddEntityAsync(EntityOf(key, fresh), cancellationToken)) is { } added)
                return new SubmissionClaim(key, fresh, IsNew: true, IsSame: true, added);

            var found = await table.GetEntityIfExistsAsync<TableEntity>(PartitionOf(key), RowKey, cancellationToken: cancellationToken);
            if (!found.HasValue || found.Value is not { } entity)
                continue;
            var claimed = StoredJson.Read<SubmissionClaim.Content>(entity);
            if (now - claimed.SubmittedAt < Lifetime)
                // Earlier releases hashed with the application's id.
                return new SubmissionClaim(
                    key, claimed, IsNew: false, claimed.Hash == HashOf(key, name, address) || claimed.Hash == HashOf(claimed.ApplicationId, name, address),
                    entity.ETag);
            if (await ReplaceAsync(key, fresh, entity.ETag, cancellationToken) is { } replaced)
                return new SubmissionClaim(key, fresh, IsNew: true, IsSame: true, replaced);
        }
    }

    /// <summary>Takes the place of the one who was to submit and has not in time.</summary>
    /// <returns>false: there is time left, or another took it.</returns>
    public async Task<bool> TryTakeOverAsync(SubmissionClaim claim, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow().UtcDateTime;
        return now - claim.Claimed.TakenAt >= SubmissionTime
            && await ReplaceAsync(claim.Key, claim.Claimed with { TakenAt = now }, claim.Version, cancellationToken) is not null;
    }

    /// <summary>Removes the claims that are over.</summary>
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        var table = await tables.Claims.GetAsync(cancellationToken);
        // Without an index, but over a day's claims only: what is older is gone with every sweep.
        var over = table.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"Timestamp lt {time.GetUtcNow() - Lifetime}"), select: ["PartitionKey", "RowKey", "Timestamp"],
            cancellationToken: cancellationToken);
        await foreach (var page in over.AsPages())
            await Parallel.ForEachAsync(page.Values, cancellationToken, async (claim, token) =>
                // Somebody may have used the key again.
                await TryWriteAsync(() => table.DeleteEntityAsync(claim.PartitionKey, claim.RowKey, claim.ETag, token)));
    }

    private async Task<ETag?> ReplaceAsync(string key, SubmissionClaim.Content content, ETag version, CancellationToken cancellationToken)
    {
        var table = await tables.Claims.GetAsync(cancellationToken);
        return await TryWriteAsync(
            () => table.UpdateEntityAsync(EntityOf(key, content), version, TableUpdateMode.Replace, cancellationToken));
    }

    private static async Task<ETag?> TryWriteAsync(Func<Task<Response>> write)
    {
        try
        {
            return (await write()).Headers.ETag ?? default;
        }
        catch (RequestFailedException e) when (e.Status is 404 or 409 or 412)
        {
            return null;
        }
    }

    private static TableEntity EntityOf(string key, SubmissionClaim.Content content) =>
        new(PartitionOf(key), RowKey) { [StoredJson.Column] = StoredJson.Write(content) };

    private static string PartitionOf(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(key)));

    // With the key, which is kept nowhere: so the hash tells nobody whose it is, and may outlive the application. No name has a line break in it.
    private static string HashOf(string key, string name, string address) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.ASCII.GetBytes(key), Encoding.UTF8.GetBytes($"{name}\n{address}")));
}
