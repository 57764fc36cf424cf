using System.Diagnostics.CodeAnalysis;
using AccountApplications.Functions.Applications;

namespace AccountApplications.Functions.Workflow;

/// <summary>What the workflow starts with: the application as it was submitted, and what an earlier execution left to this one.</summary>
public sealed record WorkflowInput : AccountApplication
{
    public WorkflowInput()
    {
    }

    [SetsRequiredMembers]
    public WorkflowInput(AccountApplication application, IReadOnlyList<Message> received) : base(application)
    {
        Received = received;
        // Where the first release looks for a decision, and leaves it.
        Review = received.FirstOrDefault(message => message.Review is not null)?.Review;
    }

    /// <summary>What reached the workflow before, oldest first.</summary>
    public IReadOnlyList<Message> Received
    {
        get => field.Count == 0 && Review is { } review ? [new Message(MessageKind.Decision, review.DecidedAt, review)] : field;
        init;
    } = [];
}
