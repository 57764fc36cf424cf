namespace AccountApplications.Tests.Fixtures;

/// <summary>Tests of what leases and time limits promise, and those that take all of storage's time: they have the machine for themselves, after all others.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "Alone";
}
