using AccountApplications.Functions.Applications;
using AccountApplications.Functions.Telemetry;
using Microsoft.Azure.Functions.Worker;

namespace AccountApplications.Functions.Workflow;

public static class CheckName
{
    /// <summary>What is looked for. Another number stands for another meaning: it is recorded with every result.</summary>
    public const string Rule = "name-without-flagged-word/1";

    /// <exception cref="UnprocessableDataException">The name cannot be checked, however often it is tried.</exception>
    [Function(nameof(CheckName))]
    public static CheckResult Run([ActivityTrigger] string name)
    {
        if (name.Contains("UNPROCESSABLE_DATA", StringComparison.Ordinal))
        {
            Metrics.Checked(Rule, "unprocessable");
            throw new UnprocessableDataException();
        }

        var flagged = name.Contains("evil", StringComparison.Ordinal);
        Metrics.Checked(Rule, flagged ? "flagged" : "clean");
        return new CheckResult(CheckKind.Name, flagged, flagged ? $"Name '{name}' contains 'evil'." : null, Rule);
    }
}

/// <summary>A check cannot process the data. Says nothing about whose: messages of exceptions are logged.</summary>
public sealed class UnprocessableDataException() : Exception("Simulated error: the name is not possible to check.");
