using System.Text.Json.Serialization;

namespace AccountApplications.Functions.Applications;

[JsonConverter(typeof(WireNames.Converter<ApplicationState>))]
public enum ApplicationState
{
    Submitted,
    FlaggedForReview,
    FlaggedWithUnprocessableData,
    ReviewApproved,
    ReviewRejected,
    Approved,
    Rejected,

    /// <summary>Taken back by the applicant.</summary>
    Withdrawn,

    /// <summary>Nobody decided in time.</summary>
    Expired,
}

/// <summary>What may follow what.</summary>
public static class ApplicationStates
{
    /// <summary>The states that an application can be found in; the others are passed through and live in histories only.</summary>
    public static IReadOnlyList<ApplicationState> Listed { get; } =
    [
        ApplicationState.Submitted,
        ApplicationState.FlaggedForReview,
        ApplicationState.FlaggedWithUnprocessableData,
        ApplicationState.Approved,
        ApplicationState.Rejected,
        ApplicationState.Withdrawn,
        ApplicationState.Expired,
    ];

    /// <summary>What an application that waits for a review can come to.</summary>
    public static IReadOnlyList<ApplicationState> Outcomes { get; } =
        [ApplicationState.Approved, ApplicationState.Rejected, ApplicationState.Withdrawn, ApplicationState.Expired];

    /// <summary>Whether nothing may follow it.</summary>
    public static bool IsEnd(this ApplicationState state) => !Array.Exists(Enum.GetValues<ApplicationState>(), next => state.MayBecome(next));

    public static bool MayBecome(this ApplicationState state, ApplicationState next) => (state, next) switch
    {
        (ApplicationState.Submitted, ApplicationState.Approved) => true,
        (ApplicationState.Submitted, ApplicationState.FlaggedForReview) => true,
        (ApplicationState.Submitted, ApplicationState.FlaggedWithUnprocessableData) => true,
        (ApplicationState.FlaggedForReview, ApplicationState.ReviewApproved) => true,
        (ApplicationState.FlaggedForReview, ApplicationState.ReviewRejected) => true,
        (ApplicationState.FlaggedForReview, ApplicationState.Withdrawn) => true,
        (ApplicationState.FlaggedForReview, ApplicationState.Expired) => true,
        (ApplicationState.ReviewApproved, ApplicationState.Approved) => true,
        (ApplicationState.ReviewRejected, ApplicationState.Rejected) => true,
        _ => false,
    };
}
