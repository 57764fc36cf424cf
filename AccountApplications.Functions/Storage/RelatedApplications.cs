using System.Globalization;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using AccountApplications.Functions.Applications;
using Azure;
using Azure.Data.Tables;

namespace AccountApplications.Functions.Storage;

/// <summary>
/// Applications with the same name and the same address, whatever their spelling: a partition for each such person, the newest first.
/// A row says nothing but that there is the application. Methods throw <see cref="StorageUnavailableException"/> while storage does not answer.
/// </summary>
public sealed class RelatedApplications(Tables tables)
{
    /// <summary>Where the application is kept, as a hash of its name and its address; null if nothing of one of them can be compared.</summary>
    public static string? KeyOf(AccountApplication application)
    {
        var (name, address) = (Comparable(application.Name), Comparable(application.Address));
        return name.Length == 0 || address.Length == 0 ? null : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{name}\n{address}")));
    }

    public async Task AddAsync(AccountApplication application, CancellationToken cancellationToken)
    {
        if (KeyOf(application) is not { } key)
            return;
        var table = await tables.Related.GetAsync(cancellationToken);
        await table.UpsertEntityAsync(new TableEntity(key, PlaceOf(application.Id, application.SubmittedAt)), TableUpdateMode.Merge, cancellationToken);
    }

    /// <summary>Removes an application, if it is there.</summary>
    public async Task DeleteAsync(string? key, string id, DateTime submittedAt, CancellationToken cancellationToken)
    {
        if (key is null)
            return;
        var table = await tables.Related.GetAsync(cancellationToken);
        await table.DeleteEntityAsync(key, PlaceOf(id, submittedAt), ETag.All, cancellationToken);
    }

    /// <summary>The ids of the others, the newest first, in portions as they are asked for.</summary>
    /// <param name="portion">How many are asked for at a time.</param>
    public async IAsyncEnumerable<IEnumerable<string>> ReadAsync(
        AccountApplication application, int portion, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (KeyOf(application) is not { } key)
            yield break;
        var table = await tables.Related.GetAsync(cancellationToken);
        var rows = table.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey eq {key}"), portion + 1, ["RowKey"], cancellationToken);
        await foreach (var page in rows.AsPages())
            yield return page.Values.Select(row => IdOf(row.RowKey)).Where(id => id != application.Id);
    }

    // Compatibility decomposition, without combining marks, in upper case: "Jos\u00e9" is "JOSE", and so is "\uff2aose".
    private static string Comparable(string text)
    {
        var comparable = new StringBuilder();
        foreach (var rune in WellFormed(text).Normalize(NormalizationForm.FormKD).EnumerateRunes())
            if (Rune.IsLetterOrDigit(rune))
                comparable.Append(Rune.ToUpperInvariant(rune));
        return comparable.ToString();
    }

    // Half of a surrogate pair cannot be normalized.
    private static string WellFormed(string text) => string.Concat(text.EnumerateRunes());

    private static string PlaceOf(string id, DateTime submittedAt) =>
        string.Create(CultureInfo.InvariantCulture, $"{DateTime.MaxValue.Ticks - submittedAt.Ticks:D19}_{id}");

    private static string IdOf(string place) => place[(place.IndexOf('_', StringComparison.Ordinal) + 1)..];
}
