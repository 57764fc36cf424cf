using AccountApplications.EmbeddedHost;
using AccountApplications.EmbeddedHost.Functions;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Extensions.Abstractions;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace AccountApplications.Tests.Embedded.Functions;

/// <summary>What Azure's runtime would drop, refuse or leave unbound is refused at start, with what to do about it.</summary>
public sealed class FunctionCatalogTests
{
    [Theory]
    [InlineData(typeof(PrivateMethod), "Function 'F' (*+PrivateMethod.F): it is not a public method of a public type, so the Azure build would drop it without a word; make both public.")]
    [InlineData(typeof(InternalType), "Function 'F' (*+InternalType.F): it is not a public method of a public type, so the Azure build would drop it without a word; make both public.")]
    [InlineData(typeof(GenericMethod), "Function 'F' (*+GenericMethod.F): it is generic; write one function for each type.")]
    [InlineData(typeof(AsyncVoid), "Function 'F' (*+AsyncVoid.F): it is async void, so nobody could wait for it; return Task.")]
    [InlineData(typeof(NoTrigger), "Function 'F' (*+NoTrigger.F): it has 0 triggers; mark exactly one parameter with a trigger attribute.")]
    [InlineData(typeof(TwoTriggers), "Function 'F' (*+TwoTriggers.F): it has 2 triggers; mark exactly one parameter with a trigger attribute.")]
    [InlineData(typeof(Entity), "Function 'F' (*+Entity.F): EntityTriggerAttribute: the embedded host runs HTTP, orchestration and activity triggers only; run the Azure build (FunctionsRuntime=Azure).")]
    [InlineData(typeof(OwnTrigger), "Function 'F' (*+OwnTrigger.F): QueueTriggerAttribute: the embedded host runs HTTP, orchestration and activity triggers only; run the Azure build (FunctionsRuntime=Azure).")]
    [InlineData(typeof(BadName), "Function '1st': a function's name begins with a letter and has up to 128 letters, digits, - and _; rename it.")]
    [InlineData(typeof(OrchestratorWithClient), "Function 'F' (*+OrchestratorWithClient.F): it takes a DurableTaskClient, which an orchestrator must not use; do that in an activity.")]
    [InlineData(typeof(OrchestratorWithTwoInputs), "Function 'F' (*+OrchestratorWithTwoInputs.F): it has 2 parameters for its input; make one record of them.")]
    [InlineData(typeof(OrchestratorOfSomethingElse), "Function 'F' (*+OrchestratorOfSomethingElse.F): parameter 'context' is a String; an orchestration trigger's is TaskOrchestrationContext.")]
    [InlineData(typeof(ActivityWithTwoInputs), "Function 'F' (*+ActivityWithTwoInputs.F): parameter 'second' of type Int32 cannot be bound; an activity has one input, make a record of them.")]
    [InlineData(typeof(HttpOfSomethingElse), "Function 'F' (*+HttpOfSomethingElse.F): parameter 'request' is a String; an HTTP trigger's is Microsoft.AspNetCore.Http.HttpRequest.")]
    [InlineData(typeof(HttpWithAnObject), "Function 'F' (*+HttpWithAnObject.F): parameter 'body' of type FunctionCatalogTests cannot be bound; take the HttpRequest and read it.")]
    [InlineData(typeof(HttpWithBadRoute), "Function 'F' (*+HttpWithBadRoute.F): route 'a/{id': ")]
    [InlineData(typeof(HttpWithUnmarkedClient), "Function 'F' (*+HttpWithUnmarkedClient.F): parameter 'client' has no [DurableClient], so it would be null on Azure; mark it.")]
    [InlineData(typeof(HttpWithObjectResult), "Function 'F' (*+HttpWithObjectResult.F): it returns String, which would not be written to the response on Azure; return IResult (TypedResults.Ok(…)).")]
    public void Catalog_WrongFunction_SaysWhichWhatAndWhatToDo(Type type, string message) =>
        Assert.StartsWith(
            message.Replace("*", $"{typeof(FunctionCatalogTests).FullName}", StringComparison.Ordinal), Refusal(type));

    [Fact]
    public void Catalog_NamesThatDifferInCaseOnly_AreOneName() =>
        Assert.Equal(
            "Function 'Check': 2 functions have this name; give each its own in [Function(\"…\")].", Refusal(typeof(SameName)));

    [Fact]
    public void Catalog_TwoFunctionsOnOneRoute_NamesBoth() =>
        Assert.Equal("Functions 'A' and 'B': both have the route GET /things/{id}; change one.", Refusal(typeof(SameRoute)));

    [Fact]
    public void Catalog_RoutesThatDifferInMethodOrConstraint_AreFine() =>
        Assert.Equal(["A", "B", "C"], Catalog(typeof(OtherRoutes)).All.Select(function => function.Name));

    [Fact]
    public void Catalog_SeveralWrongFunctions_TellsOfAllAtOnce() =>
        Assert.Equal(2, Refusal(typeof(AsyncVoid), typeof(NoTrigger)).Split(Environment.NewLine).Length);

    [Fact]
    public void Catalog_DisabledFunction_IsLeftOut()
    {
        var catalog = new FunctionCatalog(new FunctionSource([typeof(OtherRoutes)]), name => name == "B");
        Assert.Equal(["A", "C"], catalog.All.Select(function => function.Name));
    }

    [Fact]
    public void Catalog_RightFunctions_AreDescribed()
    {
        var catalog = Catalog(typeof(Right));
        Assert.Equal(
            [("Http", TriggerKind.Http), ("Orchestrate", TriggerKind.Orchestration), ("Act", TriggerKind.Activity), ("ActToo", TriggerKind.Activity)],
            catalog.All.Select(function => (function.Name, function.Kind)));
        Assert.Equal(["GET", "PUT"], catalog.All[0].Methods);
        Assert.NotNull(catalog.FindOrchestrator("orchestrATE"));
        Assert.Null(catalog.FindOrchestrator("Act"));
        Assert.Equal("Act", catalog.GetActivity("ACT").Name);
        Assert.Equal(
            "The function 'Orchestrate' does not exist, is disabled, or is not an activity. Activities: Act, ActToo.",
            Assert.Throws<ArgumentException>(() => catalog.GetActivity("Orchestrate")).Message);
    }

    [Fact]
    public void Catalog_ManyBuiltAtOnce_KnowTheirTriggers()
    {
        // Reflection makes a method's parameters when it is first asked, for each that asks at that moment.
        Type[] fresh = [typeof(Fresh<int>), typeof(Fresh<long>), typeof(Fresh<byte>), typeof(Fresh<char>), typeof(Fresh<bool>), typeof(Fresh<float>)];
        foreach (var type in fresh)
        {
            Parallel.For(0, 32, _ =>
            {
                var function = Catalog(type).GetActivity("F");
                Assert.Contains(function.Parameters, parameter => parameter == function.Trigger);
            });
        }
    }

    private static FunctionCatalog Catalog(params Type[] types) => new(new FunctionSource(types));

    private static string Refusal(params Type[] types) => Assert.Throws<HostStartException>(() => Catalog(types)).Message;

    public static class Right
    {
        [Function("Http")]
        public static ValueTask<IResult> Http(
            [HttpTrigger(AuthorizationLevel.Anonymous, "get", "put", Route = "http/{id:guid}")] HttpRequest request, Guid id, int? n,
            [DurableClient] DurableTaskClient client, FunctionContext context, CancellationToken cancellation) => default;

        [Function("Orchestrate")]
        public static string Orchestrate([OrchestrationTrigger] TaskOrchestrationContext context, string input, CancellationToken cancellation) => input;

        [Function("Act")]
        public static void Act([ActivityTrigger] string? input, string instanceId, FunctionContext context, [DurableClient] DurableTaskClient client)
        {
        }

        [Function("ActToo")]
        public static void NamedOtherwise([ActivityTrigger] FunctionContext context)
        {
        }
    }

    public sealed class Fresh<T>
    {
        [Function("F")]
        public string F([ActivityTrigger] T input, string instanceId) => $"{this} {input} {instanceId}";
    }

    public static class PrivateMethod
    {
        [Function("F")]
        internal static void F([ActivityTrigger] string input)
        {
        }
    }

    internal static class InternalType
    {
        [Function("F")]
        public static void F([ActivityTrigger] string input)
        {
        }
    }

    public static class GenericMethod
    {
        [Function("F")]
        public static void F<T>([ActivityTrigger] T input)
        {
        }
    }

    public static class AsyncVoid
    {
        [Function("F")]
        public static async void F([ActivityTrigger] string input) => await Task.Yield();
    }

    public static class NoTrigger
    {
        [Function("F")]
        public static void F(string input)
        {
        }
    }

    public static class TwoTriggers
    {
        [Function("F")]
        public static void F([ActivityTrigger] string input, [HttpTrigger] HttpRequest request)
        {
        }
    }

    public static class Entity
    {
        [Function("F")]
        public static void F([EntityTrigger] string input)
        {
        }
    }

    [AttributeUsage(AttributeTargets.Parameter)]
    public sealed class QueueTriggerAttribute : TriggerBindingAttribute;

    public static class OwnTrigger
    {
        [Function("F")]
        public static void F([QueueTrigger] string input)
        {
        }
    }

    public static class BadName
    {
        [Function("1st")]
        public static void F([ActivityTrigger] string input)
        {
        }
    }

    public static class OrchestratorWithClient
    {
        [Function("F")]
        public static void F([OrchestrationTrigger] TaskOrchestrationContext context, [DurableClient] DurableTaskClient client)
        {
        }
    }

    public static class OrchestratorWithTwoInputs
    {
        [Function("F")]
        public static void F([OrchestrationTrigger] TaskOrchestrationContext context, string first, int second)
        {
        }
    }

    public static class OrchestratorOfSomethingElse
    {
        [Function("F")]
        public static void F([OrchestrationTrigger] string context)
        {
        }
    }

    public static class ActivityWithTwoInputs
    {
        [Function("F")]
        public static void F([ActivityTrigger] string first, int second)
        {
        }
    }

    public static class HttpOfSomethingElse
    {
        [Function("F")]
        public static void F([HttpTrigger] string request)
        {
        }
    }

    public static class HttpWithAnObject
    {
        [Function("F")]
        public static void F([HttpTrigger] HttpRequest request, FunctionCatalogTests body)
        {
        }
    }

    public static class HttpWithBadRoute
    {
        [Function("F")]
        public static void F([HttpTrigger(Route = "a/{id")] HttpRequest request)
        {
        }
    }

    public static class HttpWithUnmarkedClient
    {
        [Function("F")]
        public static void F([HttpTrigger] HttpRequest request, DurableTaskClient client)
        {
        }
    }

    public static class HttpWithObjectResult
    {
        [Function("F")]
        public static Task<string> F([HttpTrigger] HttpRequest request) => Task.FromResult("text");
    }

    public static class SameName
    {
        [Function("Check")]
        public static void First([ActivityTrigger] string input)
        {
        }

        [Function("CHECK")]
        public static void Second([OrchestrationTrigger] TaskOrchestrationContext context)
        {
        }
    }

    public static class SameRoute
    {
        [Function("A")]
        public static void First([HttpTrigger("get", "post", Route = "things/{id}")] HttpRequest request)
        {
        }

        [Function("B")]
        public static void Second([HttpTrigger("get", Route = "Things/{name}")] HttpRequest request)
        {
        }
    }

    public static class OtherRoutes
    {
        [Function("A")]
        public static void First([HttpTrigger("get", Route = "things/{id}")] HttpRequest request)
        {
        }

        [Function("B")]
        public static void Second([HttpTrigger("get", Route = "things/{id:int}")] HttpRequest request)
        {
        }

        [Function("C")]
        public static void Third([HttpTrigger("post", Route = "things/{id}")] HttpRequest request)
        {
        }
    }
}
