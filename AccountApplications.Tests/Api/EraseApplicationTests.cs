using AccountApplications.Functions.Api;
using AccountApplications.Tests.Fixtures;

namespace AccountApplications.Tests.Api;

public class EraseApplicationTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private readonly WorkflowWaits _waits = new();

    [Fact]
    public async Task Erasure_WhileAnotherComesToItsEndBeforeAnyOfItsRequests_Is204()
    {
        var app = await TestApp.StartAsync(azurite);
        app.Workflows.OnErase = erasure => app.EraseAsync(erasure.Id);
        var (request, overtaken) = (0, true);
        for (; overtaken; request++)
        {
            var application = await app.Store.SubmitAsync(app.NewApplication(), default);
            var left = request + 1;
            app.Probe.BeforeEach = () => --left == 0 ? app.EraseAsync(application.Id) : Task.CompletedTask;

            var answer = await EraseAsync(app, application.Id);

            overtaken = left <= 0;
            app.Probe.BeforeEach = null;
            Assert.Equal((request, 204), (request, answer.Status));
            Assert.True((await app.Eraser.FindAsync(application.Id, default))!.IsDone);
        }

        Assert.True(request > 3, $"It has been overtaken at {request} requests only.");
        Assert.Equal(404, (await EraseAsync(app, app.NewApplication().Id)).Status);
    }

    private Task<HttpAnswer> EraseAsync(TestApp app, string id) =>
        new EraseApplication(app.Store, app.Eraser, ReviewApplicationTests.Reviewers("True", "Production"), new WorkflowEvents(app.Store, _waits, app.Time), app.Time)
            .Run(Http.Post(""), app.Client, id, default)
            .AnswerAsync();
}
