using System.Collections.Concurrent;
using AccountApplications.Functions.Applications;
using AccountApplications.Functions.Storage;
using Azure.Data.Tables;
using Microsoft.Extensions.Logging.Abstractions;

namespace AccountApplications.Benchmarks;

/// <param name="Waiting">The longest-waiting first.</param>
internal sealed record GeneratedStore(IReadOnlyList<AccountApplication> Waiting, IReadOnlyList<AccountApplication> Ended);

/// <summary>Fills a storage with applications, a tenth of them waiting, by the app's own store.</summary>
internal static class StoreGenerator
{
    private const int Writers = 16;
    private const int WaitingShare = 10;

    // All of a day, so that none is overdue.
    private static readonly TimeSpan Age = TimeSpan.FromDays(1);

    private static readonly CheckResult[] Clean = [new(CheckKind.Name, false, null), new(CheckKind.Address, false, null)];
    private static readonly CheckResult[] Flagged = [new(CheckKind.Name, false, null), new(CheckKind.Address, true, "Address has no number beside a word.")];

    public static async Task<GeneratedStore> FillAsync(string connectionString, string hub, int count)
    {
        var tables = new Tables(new TableServiceClient(connectionString, StorageOptions.ClientOptions()), hub);
        var store = new ApplicationStore(
            tables, new ApplicationIndex(tables, NullLogger<ApplicationIndex>.Instance), new RelatedApplications(tables), new EventQueue(null),
            TimeProvider.System, NullLogger<ApplicationStore>.Instance);
        var (start, rules) = (DateTime.UtcNow - Age, new ReviewOptions());
        ConcurrentBag<AccountApplication> written = [];
        await Parallel.ForEachAsync(Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = Writers }, async (i, cancellation) =>
        {
            var at = start + Age * i / count;
            var submitted = AccountApplication.Submitted(AccountApplicationId.New(), $"Applicant {i}", $"{i} Enterprise Street", at);
            await store.SubmitAsync(submitted, cancellation);
            written.Add(await store.ChangeAsync(
                submitted, current => i % WaitingShare == 0 ? current.FlagForReview(Flagged, at, rules) : current.Approve(Clean, [], at)));
        });
        var byState = written.OrderBy(application => application.SubmittedAt).ToLookup(application => application.State == ApplicationState.FlaggedForReview);
        return new GeneratedStore([.. byState[true]], [.. byState[false]]);
    }
}
