using System.Text.Json;
using AccountApplications.Functions.Applications;

namespace AccountApplications.Tests.Applications;

public class ReviewDecisionTests
{
    private static readonly string Longest = new('x', 1000);

    public static TheoryData<string, ReviewDecision> Decisions => new()
    {
        { """{"decision": "APPROVE"}""", new(Decision.Approve, "anonymous", null) },
        { """{"decision": "REJECT", "reviewer": " ada ", "comment": " no\r\nway "}""", new(Decision.Reject, "ada", "no\r\nway") },
        { """{"Decision": "APPROVE", "Reviewer": "ada", "Comment": "ok"}""", new(Decision.Approve, "ada", "ok") },
        { """{"decision": "APPROVE", "reviewer": null, "comment": null, "more": 1}""", new(Decision.Approve, "anonymous", null) },
        { """{"decision": "APPROVE", "reviewer": " ", "comment": "\n"}""", new(Decision.Approve, "anonymous", null) },
        { """{"decision": "APPROVE", "reviewer": 1}""", new(Decision.Approve, "anonymous", null) },
        { """{"decision": "APPROVE", "reviewer": "a\nb"}""", new(Decision.Approve, "anonymous", null) },
        { """{"decision": "APPROVE", "reviewer": "ad\u202ea"}""", new(Decision.Approve, "anonymous", null) },
        { $$"""{"decision": "APPROVE", "reviewer": "{{new string('x', 257)}}"}""", new(Decision.Approve, "anonymous", null) },
        { $$"""{"decision": "APPROVE", "comment": "{{Longest}}"}""", new(Decision.Approve, "anonymous", Longest) },
    };

    [Theory, MemberData(nameof(Decisions), DisableDiscoveryEnumeration = true)]
    public void Event_ThatIsADecision_IsRead(string json, ReviewDecision expected)
    {
        Assert.True(ReviewDecision.TryRead(JsonSerializer.Deserialize<JsonElement>(json), out var decision));
        Assert.Equal(expected, decision);
    }

    public static TheoryData<string> Garbage =>
    [
        "null", "1", "\"APPROVE\"", "[\"APPROVE\"]", "{}",
        """{"decision": null}""",
        """{"decision": 0}""",
        """{"decision": "approve"}""",
        """{"decision": " APPROVE"}""",
        """{"decision": "\ud800"}""",
        """{"decision": {"decision": "APPROVE"}}""",
        """{"decision": "APPROVE", "comment": 1}""",
        """{"decision": "APPROVE", "comment": "a\tb"}""",
        $$"""{"decision": "APPROVE", "comment": "{{new string('x', 1001)}}"}""",
    ];

    [Theory, MemberData(nameof(Garbage))]
    public void Event_ThatIsNoDecision_IsRefused(string json)
    {
        Assert.False(ReviewDecision.TryRead(JsonSerializer.Deserialize<JsonElement>(json), out var decision));
        Assert.Null(decision);
    }

    [Fact]
    public void Event_WithoutAPayload_IsRefused() => Assert.False(ReviewDecision.TryRead(default, out _));

    [Fact]
    public void Event_AsTheAppRaisesIt_IsRead()
    {
        var raised = new ReviewDecision(Decision.Reject, "ada", "no");

        Assert.True(ReviewDecision.TryRead(JsonSerializer.SerializeToElement(raised), out var read));
        Assert.Equal(raised, read);
    }

    [Fact]
    public void Body_WithAReviewerOfItsOwn_GetsTheKnownOne()
    {
        var fields = new JsonFields(JsonSerializer.Deserialize<JsonElement>("""{"decision": "APPROVE", "reviewer": 7}"""));

        Assert.True(ReviewDecision.TryRead(fields, "ada", out var decision));
        Assert.Equal("ada", decision.Reviewer);
    }

    [Theory]
    [InlineData("ada@example.org", "ada@example.org")]
    [InlineData(" Ada Lovelace ", "Ada Lovelace")]
    [InlineData("a\u0001b", "anonymous")]
    [InlineData("  ", "anonymous")]
    [InlineData(null, "anonymous")]
    public void Reviewer_Named_IsVisible(string? name, string expected) => Assert.Equal(expected, ReviewDecision.ReviewerNamed(name));

    [Theory]
    [InlineData(256, false)]
    [InlineData(257, true)]
    public void Reviewer_OfALength_IsAnonymousBeyondTheLimit(int length, bool anonymous) =>
        Assert.Equal(anonymous, ReviewDecision.ReviewerNamed(new string('a', length)) == ReviewDecision.Anonymous);
}
