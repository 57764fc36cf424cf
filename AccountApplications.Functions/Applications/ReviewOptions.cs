using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace AccountApplications.Functions.Applications;

/// <summary>How applications are reviewed: the settings <c>AccountApplications:Review:…</c>.</summary>
public sealed class ReviewOptions
{
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
        var settings = new Settings(configuration, "AccountApplications:Review");
        options.ClaimFor = settings.Duration(nameof(ClaimFor)) ?? options.ClaimFor;
        options.Approvals = settings[nameof(Approvals)] switch
        {
            null => options.Approvals,
            "1" => 1,
            "2" => 2,
            _ => throw settings.Refused(nameof(Approvals), "1 or 2"),
        };
        options.RejectionNeedsComment = settings[nameof(RejectionNeedsComment)] switch
        {
            null => options.RejectionNeedsComment,
            var value => bool.TryParse(value, out var needs) ? needs : throw settings.Refused(nameof(RejectionNeedsComment), "true or false"),
        };
        options.DueAfter = settings.Duration(nameof(DueAfter)) ?? options.DueAfter;
        options.ExpireAfter = settings.Duration(nameof(ExpireAfter)) ?? options.ExpireAfter;
        if (options.ExpireAfter <= options.DueAfter)
            throw settings.Refused(nameof(ExpireAfter), $"longer than {nameof(DueAfter)}, which is {options.DueAfter:c}");
    }
}
