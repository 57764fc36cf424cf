using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;

namespace AccountApplications.Functions.Applications;

/// <summary>What a reviewer decided: the event that the workflow waits for, whichever way it is raised.</summary>
public sealed record ReviewDecision(Decision Decision, string Reviewer, string? Comment)
{
    /// <summary>The name of the event.</summary>
    public const string EventName = "ReviewDecision";

    /// <summary>The reviewer whom nobody has vouched for.</summary>
    public const string Anonymous = "anonymous";

    private const int MaxReviewerLength = 256;
    private const int MaxCommentLength = 1000;

    /// <summary>Reads a raised event. Anything may have been raised, so it refuses and never throws.</summary>
    public static bool TryRead(JsonElement json, [NotNullWhen(true)] out ReviewDecision? decision) =>
        TryRead(new JsonFields(json, StringComparison.OrdinalIgnoreCase), reviewer: null, out decision);

    /// <summary>Reads the body of a request, whose reviewer is known from elsewhere.</summary>
    public static bool TryRead(JsonFields fields, string? reviewer, [NotNullWhen(true)] out ReviewDecision? decision)
    {
        var choice = fields.Choice<Decision>("decision");
        var comment = fields.Optional("comment", MaxCommentLength, lineBreaks: true);
        reviewer ??= ReviewerNamed(fields.Text("reviewer"));

        decision = choice is { } taken && fields.AreValid ? new ReviewDecision(taken, reviewer, comment) : null;
        return decision is not null;
    }

    /// <summary>A name that was vouched for, or <see cref="Anonymous"/> if it cannot be a name.</summary>
    public static string ReviewerNamed(string? name) =>
        name?.Trim() is { Length: <= MaxReviewerLength } trimmed && !VisibleText.IsBlank(trimmed) && trimmed.All(IsVisible) ? trimmed : Anonymous;

    /// <summary>Whether two names are of one reviewer.</summary>
    public static bool AreSame(string reviewer, string other) => reviewer.Equals(other, StringComparison.OrdinalIgnoreCase);

    // Those that turn text round or take no room would let one reviewer pass for another.
    private static bool IsVisible(char c) =>
        char.GetUnicodeCategory(c) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);

    public static ReviewDecision Of(Review review) => new(review.Decision, review.Reviewer, review.Comment);

    public Review At(DateTime decidedAt) => new(Decision, Reviewer, Comment, decidedAt);
}
