namespace AccountApplications.EmbeddedHost;

/// <summary>What the published packages offer and the embedded host does not.</summary>
internal static class Unsupported
{
    /// <param name="feature">The feature's name as a reader of the packages' documentation knows it.</param>
    internal static NotSupportedException Feature(string feature) =>
        new($"{feature}: the embedded host does not support it; run the Azure build (FunctionsRuntime=Azure).");
}
