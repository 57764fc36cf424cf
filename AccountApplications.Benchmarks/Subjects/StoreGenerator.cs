using System.Collections.Concurrent;
using AccountApplications.Functions.Applications;
using AccountApplications.Functions.Storage;
using Azure.Data.Tables;
using Microsoft.Extensions.Logging.Abstractions;

namespace AccountApplications.Benchmarks;

/// <param name="Waiting">The longest-waiting first.</param>
internal sealed record GeneratedStore(IReadOnlyList<AccountApplication> Waiting, IReadOnlyList<AccountApplication> Ended);

/// <summary>Fills a storage with applications by the app's own store.</summary>
internal static class StoreGenerator
{
    private const int Writers = 16;
    private const string Digits = "0123456789abcdef";

    // All of a day, so that none is overdue.
    private static readonly TimeSpan Age = TimeSpan.FromDays(1);

    private static readonly CheckResult[] Clean = [new(CheckKind.Name, false, null), new(CheckKind.Address, false, null)];
    private static readonly CheckResult[] Flagged = [new(CheckKind.Name, false, null), new(CheckKind.Address, true, "Address has no number beside a word.")];

    /// <param name="waitingShare">One of so many waits; the others have been approved.</param>
    public static async Task<GeneratedStore> FillAsync(string connectionString, string hub, int count, int waitingShare = 10)
    {
        var tables = new Tables(new TableServiceClient(connectionString, StorageOptions.ClientOptions()), hub);
        var store = new ApplicationStore(
            tables, new ApplicationIndex(tables, NullLogger<ApplicationIndex>.Instance), new RelatedApplications(tables), new EventQueue(null),
            TimeProvider.System, NullLogger<ApplicationStore>.Instance);
        var (start, rules) = (DateTime.UtcNow - Age, new ReviewOptions());
        ConcurrentBag<AccountApplication> written = [];
        await Parallel.ForEachAsync(Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = Writers }, async (i, _) =>
        {
            var at = start + Age * i / count;
            // Its submission is recorded with its change: fewer requests, and the same rows in the end.
            written.Add(await store.ChangeAsync(
                AccountApplication.Submitted(IdWith(Digits[i / waitingShare % Digits.Length]), $"Applicant {i}", $"{i} Enterprise Street", at),
                current => i % waitingShare == 0 ? current.FlagForReview(Flagged, at, rules) : current.Approve(Clean, [], at)));
        });
        var byState = written.OrderBy(application => application.SubmittedAt).ToLookup(application => application.State == ApplicationState.FlaggedForReview);
        return new GeneratedStore([.. byState[true]], [.. byState[false]]);
    }

    // By its last digit an application comes into a partition of its list: evenly, so that chance does not let a list ask one of them twice.
    private static string IdWith(char lastDigit)
    {
        while (true)
            if (AccountApplicationId.New() is var id && id[^1] == lastDigit)
                return id;
    }
}
