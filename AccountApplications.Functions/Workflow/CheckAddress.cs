using System.Text.RegularExpressions;
using AccountApplications.Functions.Applications;
using Microsoft.Azure.Functions.Worker;

namespace AccountApplications.Functions.Workflow;

public static partial class CheckAddress
{
    [Function(nameof(CheckAddress))]
    public static CheckResult Run([ActivityTrigger] string address)
    {
        var flagged = !NumberBesideWord().IsMatch(address);
        return new CheckResult(CheckKind.Address, flagged, flagged ? $"Address '{address}' has no number beside a word." : null);
    }

    // The workshop's (\d+ \w+)|(\w+ \d+): one character on either side decides it, and without "+" it needs no backtracking.
    [GeneratedRegex("[0-9] [0-9A-Za-z_]|[0-9A-Za-z_] [0-9]")]
    private static partial Regex NumberBesideWord();
}
