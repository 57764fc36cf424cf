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
    ];

    /// <summary>Whether nothing may follow it.</summary>
    public static bool IsEnd(this ApplicationState state) => !Array.Exists(Enum.GetValues<ApplicationState>(), next => state.MayBecome(next));

    public static bool MayBecome(this ApplicationState state, ApplicationState next) => (state, next) switch
    {
        (ApplicationState.Submitted, ApplicationState.Approved) => true,
        (ApplicationState.Submitted, ApplicationState.FlaggedForReview) => true,
        (ApplicationState.Submitted, ApplicationState.FlaggedWithUnprocessableData) => true,
        (ApplicationState.FlaggedForReview, ApplicationState.ReviewApproved) => true,
        (ApplicationState.FlaggedForReview, ApplicationState.ReviewRejected) => true,
        (ApplicationState.ReviewApproved, ApplicationState.Approved) => true,
        (ApplicationState.ReviewRejected, ApplicationState.Rejected) => true,
        _ => false,
    };
}
