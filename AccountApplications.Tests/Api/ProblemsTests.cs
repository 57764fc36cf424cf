#if EMBEDDED_HOST // The published packages keep an invocation's result to themselves.
using System.Collections.Immutable;
using AccountApplications.Functions.Api;
using AccountApplications.Functions.Storage;
using AccountApplications.Tests.Fixtures;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;
using Moq;

namespace AccountApplications.Tests.Api;

public class ProblemsTests
{
    private readonly FakeLog<Problems> _log = new();
    private readonly DefaultHttpContext _http = new();
    private readonly Mock<InvocationResult> _result = new();

    public ProblemsTests() => _result.SetupProperty(result => result.Value);

    [Fact]
    public async Task HttpFunction_FailingInAnyWay_Is500WithoutDetails()
    {
        var answer = await AnswerAsync(new InvalidOperationException("Inner life."));

        answer.IsProblem(500);
        Assert.DoesNotContain("Inner life.", answer.Text, StringComparison.Ordinal);
        var (level, text) = Assert.Single(_log.Lines);
        Assert.Equal(LogLevel.Error, level);
        Assert.Equal("Function (invocation) failed: InvalidOperationException: Inner life.", text);
    }

    [Fact]
    public async Task HttpFunction_StorageUnavailable_Is503WithRetryAfter()
    {
        (await AnswerAsync(new StorageUnavailableException("No answer."))).IsProblem(503);

        Assert.Equal("2", _http.Response.Headers.RetryAfter);
    }

    [Fact]
    public async Task HttpFunction_RequestBrokenOff_IsTheServersStatus() =>
        (await AnswerAsync(new BadHttpRequestException("Too slow.", 408))).IsProblem(408);

    [Fact]
    public async Task HttpFunction_CutShort_Is503WithoutALogLine()
    {
        _http.RequestAborted = new CancellationToken(canceled: true);

        (await AnswerAsync(new OperationCanceledException())).IsProblem(503);

        Assert.Equal("2", _http.Response.Headers.RetryAfter);
        Assert.Empty(_log.Lines);
    }

    [Fact]
    public async Task HttpFunction_Succeeding_KeepsItsResult()
    {
        await InvokeAsync("httpTrigger", () => _result.Object.Value = "done");

        Assert.Equal("done", _result.Object.Value);
    }

    [Fact]
    public async Task Activity_Failing_LeavesItToTheRuntime() =>
        await Assert.ThrowsAsync<StorageUnavailableException>(
            () => InvokeAsync("activityTrigger", () => throw new StorageUnavailableException("No answer.")));

    private async Task<HttpAnswer> AnswerAsync(Exception exception)
    {
        await InvokeAsync("httpTrigger", () => throw exception);
        return await Assert.IsType<IResult>(_result.Object.Value, exactMatch: false).AnswerAsync();
    }

    private Task InvokeAsync(string trigger, Action function)
    {
        var binding = Mock.Of<BindingMetadata>(b => b.Type == trigger);
        var definition = Mock.Of<FunctionDefinition>(d =>
            d.Name == "Function" && d.InputBindings == ImmutableDictionary<string, BindingMetadata>.Empty.Add("in", binding));
        var features = Mock.Of<IInvocationFeatures>(f => f.Get<InvocationResult>() == _result.Object);
        IDictionary<object, object> items = new Dictionary<object, object> { ["HttpRequestContext"] = _http };
        var context = Mock.Of<FunctionContext>(c =>
            c.FunctionDefinition == definition && c.Features == features && c.InvocationId == "invocation" && c.Items == items);
        return new Problems(_log).Invoke(context, _ =>
        {
            function();
            return Task.CompletedTask;
        });
    }
}
#endif
