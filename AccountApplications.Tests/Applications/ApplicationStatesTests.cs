using AccountApplications.Functions.Applications;
using static AccountApplications.Functions.Applications.ApplicationState;

namespace AccountApplications.Tests.Applications;

public class ApplicationStatesTests
{
    private static readonly HashSet<(ApplicationState, ApplicationState)> Diagram =
    [
        (Submitted, Approved),
        (Submitted, FlaggedForReview),
        (Submitted, FlaggedWithUnprocessableData),
        (FlaggedForReview, ReviewApproved),
        (FlaggedForReview, ReviewRejected),
        (FlaggedForReview, Withdrawn),
        (FlaggedForReview, Expired),
        (ReviewApproved, Approved),
        (ReviewRejected, Rejected),
    ];

    [Fact]
    public void State_EveryPair_FollowsTheDiagram()
    {
        foreach (var state in Enum.GetValues<ApplicationState>())
            foreach (var next in Enum.GetValues<ApplicationState>())
                Assert.Equal(Diagram.Contains((state, next)), state.MayBecome(next));
    }

    [Theory]
    [InlineData(Submitted, "SUBMITTED")]
    [InlineData(FlaggedForReview, "FLAGGED_FOR_REVIEW")]
    [InlineData(FlaggedWithUnprocessableData, "FLAGGED_WITH_UNPROCESSABLE_DATA")]
    [InlineData(ReviewApproved, "REVIEW_APPROVED")]
    [InlineData(ReviewRejected, "REVIEW_REJECTED")]
    [InlineData(Approved, "APPROVED")]
    [InlineData(Rejected, "REJECTED")]
    [InlineData(Withdrawn, "WITHDRAWN")]
    [InlineData(Expired, "EXPIRED")]
    public void WireName_OfAState_IsTheContracts(ApplicationState state, string name)
    {
        Assert.Equal(name, state.ToWireName());
        Assert.True(WireNames.TryParse(name, out ApplicationState read));
        Assert.Equal(state, read);
    }

    [Theory]
    [InlineData("approved")]
    [InlineData("Approved")]
    [InlineData("5")]
    [InlineData(" APPROVED")]
    [InlineData("")]
    [InlineData(null)]
    public void WireName_AnythingElse_IsRefused(string? name) => Assert.False(WireNames.TryParse<ApplicationState>(name, out _));

    [Theory]
    [InlineData("application_6f9619ff-8b86-4011-b42d-00c04fc964ff", true)]
    [InlineData("application_6F9619FF-8B86-4011-B42D-00C04FC964FF", false)]
    [InlineData("application_6f9619ff-8b86-4011-b42d-00c04fc964ff\n", false)]
    [InlineData("application_6f9619ff8b864011b42d00c04fc964ff", false)]
    [InlineData("6f9619ff-8b86-4011-b42d-00c04fc964ff", false)]
    [InlineData("application_' or PartitionKey ne '-b42d-00c04fc964ff", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void Id_OfAnyText_IsValidInItsShapeOnly(string? id, bool valid) => Assert.Equal(valid, AccountApplicationId.IsValid(id));

    [Fact]
    public void Id_New_IsValidAndAnother()
    {
        Assert.True(AccountApplicationId.IsValid(AccountApplicationId.New()));
        Assert.NotEqual(AccountApplicationId.New(), AccountApplicationId.New());
    }
}
