using AccountApplications.Functions.Api;
using AccountApplications.Functions.Applications;
using AccountApplications.Functions.Storage;
using AccountApplications.Tests.Fixtures;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Time.Testing;

namespace AccountApplications.Tests.Api;

public class ReviewApplicationTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private const string Approve = """{"decision": "APPROVE", "comment": "Seen\nit."}""";
    private const string Reject = """{"decision": "REJECT"}""";

    private static readonly DateTime Later = new(2026, 11, 22, 14, 0, 0, DateTimeKind.Utc);

    private readonly WorkflowWaits _waits = new();

    [Theory]
    [InlineData(Approve, "APPROVED")]
    [InlineData(Reject, "REJECTED")]
    public async Task Review_OfAWaitingApplication_ShowsItDecided(string body, string state)
    {
        var app = await TestApp.StartAsync(azurite);
        var id = await WaitingAsync(app);

        var answer = await ReviewAsync(app, id, body, "ada");

        Assert.Equal(200, answer.Status);
        Assert.Equal(state, answer.Json.GetProperty("state").GetString());
        Assert.Equal("ada", answer.Json.GetProperty("review").GetProperty("reviewer").GetString());
    }

    [Fact]
    public async Task Review_Again_Is200ForTheSameAnd409ForTheOther()
    {
        var app = await TestApp.StartAsync(azurite);
        var id = await WaitingAsync(app);
        await ReviewAsync(app, id, Approve, "ada");

        var same = await ReviewAsync(app, id, Approve, "bob");
        var other = await ReviewAsync(app, id, Reject, "bob");

        Assert.Equal((200, "ada"), (same.Status, same.Json.GetProperty("review").GetProperty("reviewer").GetString()));
        Assert.Equal("ada decided APPROVE: it is APPROVED.", other.IsProblem(409).Detail);
    }

    [Fact]
    public async Task Review_ByTwoAtOnce_IsWonByOne()
    {
        var app = await TestApp.StartAsync(azurite);
        for (var i = 0; i < 10; i++)
        {
            var id = await WaitingAsync(app);

            var answers = await Task.WhenAll(ReviewAsync(app, id, Approve, "ada"), ReviewAsync(app, id, Reject, "bob"));

            Assert.Equal([200, 409], answers.Select(answer => answer.Status).Order());
        }
    }

    [Fact]
    public async Task Review_OfNoApplication_Is404()
    {
        var app = await TestApp.StartAsync(azurite);

        (await ReviewAsync(app, AccountApplicationId.New(), Approve)).IsProblem(404);
        (await ReviewAsync(app, "other", Approve)).IsProblem(404);
    }

    [Fact]
    public async Task Review_OfAnApplicationThatDoesNotWait_Is409()
    {
        var app = await TestApp.StartAsync(azurite);
        var submitted = await app.Store.SubmitAsync(app.NewApplication(), default);
        var approved = await app.Store.ChangeAsync(app.NewApplication(), current => current.Approve([], [], Later));
        var broken = await app.Store.ChangeAsync(app.NewApplication(), current => current.FlagUnprocessable(Later));

        foreach (var application in new[] { submitted, approved, broken })
            Assert.Equal(
                $"It is not waiting for a review: it is {application.State.ToWireName()}.",
                (await ReviewAsync(app, application.Id, Approve)).IsProblem(409).Detail);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(OrchestrationRuntimeStatus.Failed)]
    [InlineData(OrchestrationRuntimeStatus.Terminated)]
    public async Task Review_WithoutARunningWorkflow_Is409(OrchestrationRuntimeStatus? status)
    {
        var app = await TestApp.StartAsync(azurite);
        var id = await WaitingAsync(app);
        app.Workflows.Instances.Clear();
        if (status is { } ended)
            app.Workflows.Instances[id] = ended;

        Assert.Contains("not running", (await ReviewAsync(app, id, Approve)).IsProblem(409).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Review_WorkflowEndsBeforeItCanTakeIt_IsDecidedByTheRecord()
    {
        var app = await TestApp.StartAsync(azurite);
        var id = await WaitingAsync(app);
        app.Workflows.OnRaise = async (_, _) =>
        {
            await DecideAsync(app, id, new ReviewDecision(Decision.Reject, "bob", null));
            app.Workflows.Instances[id] = OrchestrationRuntimeStatus.Completed;
            throw new InvalidOperationException("It has ended.");
        };

        Assert.StartsWith("bob decided REJECT", (await ReviewAsync(app, id, Approve)).IsProblem(409).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Review_EventCannotBeRaised_IsUnavailable()
    {
        var app = await TestApp.StartAsync(azurite);
        var id = await WaitingAsync(app);
        app.Workflows.OnRaise = (_, _) => throw new TimeoutException();

        await Assert.ThrowsAsync<StorageUnavailableException>(() => ReviewAsync(app, id, Approve));
    }

    [Theory]
    [InlineData(OrchestrationRuntimeStatus.Failed)]
    [InlineData(OrchestrationRuntimeStatus.Terminated)]
    public async Task Review_WorkflowEndsWithoutRecordingIt_Is409(OrchestrationRuntimeStatus ended)
    {
        var time = new FakeTimeProvider(new DateTimeOffset(Later));
        var app = await TestApp.StartAsync(azurite, time);
        var id = await WaitingAsync(app);
        app.Workflows.OnRaise = (_, _) =>
        {
            app.Workflows.Instances[id] = ended;
            return Task.CompletedTask;
        };

        var review = ReviewAsync(app, id, Approve);
        await Eventually.Async(() =>
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            return review.IsCompleted;
        });

        Assert.Contains("not running", (await review).IsProblem(409).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Review_NoOutcomeWithin10s_Is202()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(Later)) { AutoAdvanceAmount = TimeSpan.FromMilliseconds(1) };
        var app = await TestApp.StartAsync(azurite, time);
        var id = await WaitingAsync(app);
        app.Workflows.OnRaise = (_, _) => Task.CompletedTask;

        var review = ReviewAsync(app, id, Approve);
        await Eventually.Async(() =>
        {
            time.Advance(TimeSpan.FromMilliseconds(500));
            return review.IsCompleted;
        });

        var answer = await review;
        Assert.Equal((202, $"/api/applications/{id}"), (answer.Status, answer.Headers.Location.ToString()));
        Assert.InRange(time.GetUtcNow() - Later, TimeSpan.FromSeconds(10), TimeSpan.MaxValue);
    }

    [Fact]
    public async Task Review_With64Waiting_Is202AtOnce()
    {
        var app = await TestApp.StartAsync(azurite);
        var id = await WaitingAsync(app);
        app.Workflows.OnRaise = (_, _) => Task.CompletedTask;
        var places = Enumerable.Range(0, 64).Select(_ => _waits.TryEnter()).ToList();
        Assert.DoesNotContain(null, places);

        Assert.Equal(202, (await ReviewAsync(app, id, Approve)).Status);

        places[0]!.Dispose();
        Assert.NotNull(_waits.TryEnter());
        Assert.Null(_waits.TryEnter());
    }

    [Theory]
    [InlineData("""{"decision": "approve"}""", "decision")]
    [InlineData("{}", "decision")]
    [InlineData("""{"decision": "APPROVE", "comment": 5}""", "comment")]
    [InlineData("""{"decision": "APPROVE", "comment": "a\u0000"}""", "comment")]
    public async Task Review_WithABadField_SaysWhich(string body, string field)
    {
        var app = await TestApp.StartAsync(azurite);

        (await ReviewAsync(app, await WaitingAsync(app), body)).IsProblemOf(field);
    }

    [Theory]
    [InlineData("True", "Production", "ada")]
    [InlineData("true", "Production", "ada")]
    [InlineData(null, "Development", "ada")]
    [InlineData(null, "Production", "anonymous")]
    [InlineData("False", "Production", "anonymous")]
    public void Reviewer_NamedInTheHeader_CountsWhereItIsVouchedFor(string? auth, string environment, string expected) =>
        Assert.Equal(expected, Reviewers(auth, environment).Of(Http.Post("", ("X-MS-CLIENT-PRINCIPAL-NAME", "ada"))));

    [Fact]
    public void Reviewer_NotNamedOrNamedTwice_IsAnonymous()
    {
        var reviewers = Reviewers("True", "Production");

        Assert.Equal("anonymous", reviewers.Of(Http.Post("")));
        Assert.Equal(
            "anonymous",
            reviewers.Of(Http.Post("", ("X-MS-CLIENT-PRINCIPAL-NAME", "ada"), ("X-MS-CLIENT-PRINCIPAL-NAME", "bob"))));
    }

    internal static Reviewers Reviewers(string? auth, string environment) => new(
        new ConfigurationBuilder().AddInMemoryCollection([new("WEBSITE_AUTH_ENABLED", auth)]).Build(),
        new HostingEnvironment { EnvironmentName = environment });

    private Task<HttpAnswer> ReviewAsync(TestApp app, string id, string body, string reviewer = "ada") =>
        new ReviewApplication(app.Store, app.Queue, Reviewers("True", "Production"), new WorkflowEvents(app.Store, _waits, app.Time), app.Time)
            .Run(Http.Post(body, ("X-MS-CLIENT-PRINCIPAL-NAME", reviewer)), app.Client, id, default)
            .AnswerAsync();

    /// <summary>An application that waits for its review, and a workflow that does what a decision says.</summary>
    private static async Task<string> WaitingAsync(TestApp app)
    {
        var application = await app.Store.ChangeAsync(
            app.NewApplication(), current => current.FlagForReview([new CheckResult(CheckKind.Name, true, "Bad.")], Later));
        app.Workflows.Instances[application.Id] = OrchestrationRuntimeStatus.Running;
        app.Workflows.OnRaise = (id, decision) => DecideAsync(app, id, decision);
        return application.Id;
    }

    private static async Task DecideAsync(TestApp app, string id, ReviewDecision decision)
    {
        var application = (await app.Store.FindAsync(id, default))!;
        var review = decision.At(Later);
        await app.Store.ChangeAsync(application, current =>
            review.Decision == Decision.Approve ? current.Approve([], [review], Later) : current.Reject([review], Later));
    }
}
