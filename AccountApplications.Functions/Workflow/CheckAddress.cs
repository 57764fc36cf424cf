using System.Text.RegularExpressions;
using AccountApplications.Functions.Applications;
using AccountApplications.Functions.Telemetry;
using Microsoft.Azure.Functions.Worker;

namespace AccountApplications.Functions.Workflow;

public static partial class CheckAddress
{
    /// <summary>What is looked for. Another number stands for another meaning: it is recorded with every result.</summary>
    public const string Rule = "address-with-number-beside-word/1";

    [Function(nameof(CheckAddress))]
    public static CheckResult Run([ActivityTrigger] string address)
    {
        var flagged = !NumberBesideWord().IsMatch(address);
        Metrics.Checked(Rule, flagged ? "flagged" : "clean");
        return new CheckResult(CheckKind.Address, flagged, flagged ? $"Address '{address}' has {WhatIsMissingIn(address)}." : null, Rule);
    }

    private static string WhatIsMissingIn(string address) => address.Any(char.IsNumber)
        ? "a number, but no digit from 0 to 9 with a single space between it and a letter from A to Z, a digit or an underscore"
        : "no number beside a word";

    // The workshop's (\d+ \w+)|(\w+ \d+): one character on either side decides it, and without "+" it needs no backtracking.
    [GeneratedRegex("[0-9] [0-9A-Za-z_]|[0-9A-Za-z_] [0-9]")]
    private static partial Regex NumberBesideWord();
}
