using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace AccountApplications.Functions.Applications;

/// <summary>How applications are reviewed: the settings <c>AccountApplications:Review:…</c>.</summary>
public sealed class ReviewOptions
{
    private const string Section = "AccountApplications:Review";
    private const string Prefix = "AccountApplications__Review__";

    private static readonly TimeSpan MaxWait = TimeSpan.FromDays(3650);

    /// <summary><c>ClaimFor</c>: how long a claim is good. 15 minutes unless set.</summary>
    public TimeSpan ClaimFor { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary><c>Approvals</c>: how many reviewers have to approve, 1 or 2. 1 unless set.</summary>
    public int Approvals { get; set; } = 1;

    /// <summary><c>RejectionNeedsComment</c>. false unless set.</summary>
    public bool RejectionNeedsComment { get; set; }

    /// <summary><c>DueAfter</c>: when an application becomes overdue, and the reviewers are reminded of it. 2 days unless set.</summary>
    public TimeSpan DueAfter { get; set; } = TimeSpan.FromDays(2);

    /// <summary><c>ExpireAfter</c>: when one that nobody decided expires. 365 days unless set, as long as a Step Functions execution may take.</summary>
    public TimeSpan ExpireAfter { get; set; } = TimeSpan.FromDays(365);

    /// <exception cref="OptionsValidationException">A setting cannot be what it is; says which, and what it may be.</exception>
    public static void Read(ReviewOptions options, IConfiguration configuration)
    {
        var section = configuration.GetSection(Section);
        options.ClaimFor = Duration(nameof(ClaimFor), options.ClaimFor);
        options.Approvals = section[nameof(Approvals)] switch
        {
            null or "" => options.Approvals,
            "1" => 1,
            "2" => 2,
            _ => throw Refused(nameof(Approvals), "1 or 2"),
        };
        options.RejectionNeedsComment = section[nameof(RejectionNeedsComment)] switch
        {
            null or "" => options.RejectionNeedsComment,
            var value => bool.TryParse(value, out var needs) ? needs : throw Refused(nameof(RejectionNeedsComment), "true or false"),
        };
        options.DueAfter = Duration(nameof(DueAfter), options.DueAfter);
        options.ExpireAfter = Duration(nameof(ExpireAfter), options.ExpireAfter);
        if (options.ExpireAfter <= options.DueAfter)
            throw Refused(nameof(ExpireAfter), $"longer than {nameof(DueAfter)}, which is {options.DueAfter:c}");

        TimeSpan Duration(string name, TimeSpan unset) => section[name] switch
        {
            null or "" => unset,
            var value => TimeSpan.TryParse(value, CultureInfo.InvariantCulture, out var span) && span >= TimeSpan.FromSeconds(1) && span <= MaxWait
                ? span
                : throw Refused(name, "a time from 00:00:01 to 3650.00:00:00 (days.hours:minutes:seconds)"),
        };
    }

    private static OptionsValidationException Refused(string name, string allowed) =>
        new(nameof(ReviewOptions), typeof(ReviewOptions), [$"{Prefix}{name} must be {allowed}."]);
}
