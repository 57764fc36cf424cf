using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Moq;

namespace AccountApplications.Tests.Embedded.Sdk;

public sealed class FunctionContextTests
{
    [Fact]
    public void GetHttpContext_OfARequest_IsTheRequests()
    {
        var http = new DefaultHttpContext();

        Assert.Same(http, ContextWith(items: new() { ["HttpRequestContext"] = http }).GetHttpContext());
    }

    [Fact]
    public void GetHttpContext_OfAnotherTrigger_IsNull() => Assert.Null(ContextWith(items: []).GetHttpContext());

    [Fact]
    public void GetInvocationResult_Replaced_IsReplacedForTheHost()
    {
        var result = new Result { Value = "as returned" };

        ContextWith(result: result).GetInvocationResult().Value = "replaced";

        Assert.Equal("replaced", result.Value);
    }

    [Fact]
    public void GetInvocationResult_OfItsType_ReadsAndReplacesIt()
    {
        var result = new Result { Value = "as returned" };

        var typed = ContextWith(result: result).GetInvocationResult<string>();
        var read = typed.Value;
        typed.Value = "replaced";

        Assert.Equal("as returned", read);
        Assert.Equal("replaced", result.Value);
    }

    [Fact]
    public void GetInvocationResult_OfAnotherType_IsRefused() =>
        Assert.Throws<InvalidOperationException>(() => ContextWith(result: new Result { Value = "text" }).GetInvocationResult<int>());

    [Theory]
    [InlineData(typeof(string), true)]
    [InlineData(typeof(int?), true)]
    [InlineData(typeof(int), false)]
    public void FunctionParameter_OfAType_KnowsWhetherNullFits(Type type, bool expected) =>
        Assert.Equal(expected, new FunctionParameter("input", type).IsReferenceOrNullableType);

    [Fact]
    public void HttpTrigger_WithoutALevel_WantsAFunctionsKeyUnlessItNamesMethods()
    {
        Assert.Equal(AuthorizationLevel.Function, new HttpTriggerAttribute().AuthLevel);
        Assert.Equal(AuthorizationLevel.Anonymous, new HttpTriggerAttribute("get").AuthLevel);
    }

    private static FunctionContext ContextWith(Dictionary<object, object>? items = null, InvocationResult? result = null) =>
        Mock.Of<FunctionContext>(context => context.Items == items && context.Features.Get<InvocationResult>() == result);

    private sealed class Result : InvocationResult
    {
        public override object? Value { get; set; }
    }
}
