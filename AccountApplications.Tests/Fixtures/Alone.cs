namespace AccountApplications.Tests.Fixtures;

/// <summary>Tests of what time limits promise, and those that spoil a list: they have the machine for themselves, after all others.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "Alone";
}
