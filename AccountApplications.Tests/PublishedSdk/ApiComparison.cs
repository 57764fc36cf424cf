namespace AccountApplications.Tests.PublishedSdk;

/// <summary>A type, or the overloads of one member, that are not what is listed. Lines that agree are not shown.</summary>
internal sealed record ApiDifference(string Type, string Member, IReadOnlyList<string> Listed, IReadOnlyList<string> Carried)
{
    public override string ToString() => string.Join('\n',
        [$"{Type}, {Member}", .. Listed.Select(line => $"  listed:  {line}"), .. Carried.Select(line => $"  carried: {line}")]);
}

internal static class ApiComparison
{
    /// <summary>
    /// A part of the listed API may be carried, but nothing else, a member with all its overloads only, and a type with
    /// every member that is essential to it.
    /// </summary>
    public static IReadOnlyList<ApiDifference> Compare(IEnumerable<ApiLine> listed, IEnumerable<ApiLine> carried)
    {
        var published = listed.Distinct().ToLookup(line => (line.Type, line.Member));
        var own = carried.ToLookup(line => (line.Type, line.Member));
        var ownTypes = own.Select(group => group.Key.Type).ToHashSet();
        var essential = published.Where(group => ownTypes.Contains(group.Key.Type) && group.Any(line => line.IsEssential));

        return [.. own.Concat(essential).Select(group => group.Key).Distinct()
            .Select(key => new ApiDifference(key.Type, key.Member, Only(published[key], own[key]), Only(own[key], published[key])))
            .Where(difference => difference is not { Listed: [], Carried: [] })];
    }

    private static string[] Only(IEnumerable<ApiLine> these, IEnumerable<ApiLine> notThose) =>
        [.. these.Except(notThose).Select(line => line.Signature)];
}
