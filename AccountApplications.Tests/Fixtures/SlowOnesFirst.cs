using AccountApplications.Tests.Fixtures;
using Xunit.Abstractions;

[assembly: TestCollectionOrderer($"AccountApplications.Tests.Fixtures.{nameof(SlowOnesFirst)}", "AccountApplications.Tests")]

namespace AccountApplications.Tests.Fixtures;

/// <summary>Starts with those that take minutes, mostly waiting, so that the others run beside them.</summary>
public sealed class SlowOnesFirst : ITestCollectionOrderer
{
    private static readonly string[] Slow =
    [
        "Robustness.KillTests", "Browser", "TwoHostsTests", "StorageFaultTests", "ErasureTests", "TermsTests",
        "ReplayedWorkflowTests", "EndToEnd.ReviewTests", "RestartTests", "OutageTests", "OpenApiTests",
        "LifeTests", "BadInputTests", "WorkerKillTests", "CrashTests", "StartErrorTests", "ListTests", "ClientTests",
    ];

    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) => testCollections.OrderBy(collection =>
        Array.FindIndex(Slow, name => collection.DisplayName.Contains(name, StringComparison.Ordinal)) is >= 0 and var index ? index : Slow.Length);
}
