namespace AccountApplications.Tests.Fixtures;

/// <summary>Tests of what leases and time limits promise: they have the machine for themselves, after all others.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "Alone";
}
