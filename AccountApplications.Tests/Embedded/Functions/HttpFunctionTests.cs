using System.Net;
using System.Text;
using System.Text.Json;
using AccountApplications.EmbeddedHost.Functions;
using AccountApplications.Tests.Fixtures;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AccountApplications.Tests.Embedded.Functions;

/// <summary>HTTP functions get their parameters and give their answers as under Azure's host and worker.</summary>
public sealed class HttpFunctionTests(HttpFunctionTests.Host host) : IClassFixture<HttpFunctionTests.Host>
{
    [Theory]
    [InlineData("/api/int/42", "42")]
    [InlineData("/api/int/-1", "-1")]
    [InlineData("/api/guid/6f9619ff-8b86-4011-b42d-00c04fc964ff", "6f9619ff-8b86-4011-b42d-00c04fc964ff")]
    [InlineData("/api/alpha/abc", "abc")]
    [InlineData("/api/default", "none")]
    [InlineData("/api/default/some", "some")]
    [InlineData("/api/optional", "null")]
    [InlineData("/api/optional/some", "some")]
    [InlineData("/api/optional/a%2Fb", "a%2Fb")]
    [InlineData("/api/optional/a%20%C3%A4%25", "a ä%")]
    [InlineData("/api/everything/a/b/c", "a/b/c")]
    [InlineData("/API/Int/42", "42")]
    [InlineData("/api/noRoute", "noRoute")]
    public async Task Route_ThatMatches_GivesItsValues(string path, string expected) =>
        Assert.Equal((HttpStatusCode.OK, expected), await host.GetAsync(path));

    [Theory]
    [InlineData("/api/int/x")]
    [InlineData("/api/int/99999999999")]
    [InlineData("/api/guid/42")]
    [InlineData("/api/alpha/42")]
    [InlineData("/api/nowhere")]
    [InlineData("/int/42")]
    public async Task Route_ThatDoesNotMatch_Is404AndEmpty(string path) =>
        Assert.Equal((HttpStatusCode.NotFound, ""), await host.GetAsync(path));

    [Theory]
    [InlineData("DELETE")]
    [InlineData("PATCH")]
    public async Task Method_ThatTheFunctionHasNot_Is404AndEmpty(string method)
    {
        using var request = new HttpRequestMessage(new(method), "/api/int/42");
        using var answer = await host.Http.SendAsync(request);
        Assert.Equal((HttpStatusCode.NotFound, ""), (answer.StatusCode, await answer.Content.ReadAsStringAsync()));
    }

    [Theory]
    [InlineData("DELETE")]
    [InlineData("GET")]
    public async Task Method_FunctionNamesNone_AnyWillDo(string method)
    {
        using var request = new HttpRequestMessage(new(method), "/api/noRoute");
        using var answer = await host.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Theory]
    [InlineData("", "null null null null null null 5")]
    [InlineData("?n=7&id=6f9619ff-8b86-4011-b42d-00c04fc964ff&flag=true&day=1&at=2026-11-22T13:00:00Z&x=1.5&m=6", "7 6f9619ff True Monday 2026-11-22T13:00:00 1.5 6")]
    [InlineData("?N=7", "7 null null null null null 5")]
    public async Task Query_ValuesThatFit_AreConverted(string query, string expected) =>
        Assert.Equal((HttpStatusCode.OK, expected), await host.GetAsync($"/api/query{query}"));

    [Theory]
    [InlineData("?n=x")]
    [InlineData("?n=")]
    [InlineData("?id=7")]
    [InlineData("?flag=yes")]
    [InlineData("?day=Monday")] // enums travel as numbers
    [InlineData("?at=tomorrow")]
    public async Task Query_ValueThatDoesNotFit_Is500AsTheWorkerHasIt(string query)
    {
        Assert.Equal((HttpStatusCode.InternalServerError, ""), await host.GetAsync($"/api/query{query}"));
        Assert.Contains(host.Log, line => line.StartsWith("Error", StringComparison.Ordinal)
            && line.Contains("Take a string, and answer 400 yourself.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Query_ValueThatIsNeededAndMissing_Is500AsTheWorkerHasIt()
    {
        Assert.Equal((HttpStatusCode.OK, "3"), await host.GetAsync("/api/needed?n=3"));
        Assert.Equal((HttpStatusCode.InternalServerError, ""), await host.GetAsync("/api/needed"));
    }

    [Fact]
    public async Task Services_AreBoundAndScoped()
    {
        var (status, body) = await host.GetAsync("/api/services/7");
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal("Services True True True 7 httpTrigger request", body);
    }

    [Fact]
    public async Task Result_HeaderOnTheResponse_GoesOut()
    {
        using var answer = await host.Http.GetAsync("/api/header");
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.Equal("7", answer.Headers.GetValues("X-Own").Single());
    }

    [Fact]
    public async Task Result_Problem_IsProblemJson()
    {
        using var answer = await host.Http.GetAsync("/api/problem");
        Assert.Equal((HttpStatusCode.Conflict, "application/problem+json"), (answer.StatusCode, answer.Content.Headers.ContentType!.MediaType));
        var problem = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
        Assert.Equal("no", problem.GetProperty("detail").GetString());
    }

    [Theory]
    [InlineData("/api/valueTask", "value task")]
    [InlineData("/api/nothing", "written by hand")]
    public async Task Result_OfOtherKinds_IsAnswered(string path, string expected) =>
        Assert.Equal((HttpStatusCode.OK, expected), await host.GetAsync(path));

    [Fact]
    public async Task Exception_Unhandled_IsAnEmpty500AndLogged()
    {
        Assert.Equal((HttpStatusCode.InternalServerError, ""), await host.GetAsync("/api/throws"));
        Assert.Contains(host.Log, line => line.StartsWith("Error", StringComparison.Ordinal)
            && line.Contains("Function Throws failed: InvalidTimeZoneException", StringComparison.Ordinal) && line.Contains("secret reason", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Middleware_ExceptionCaught_AnswersInTheFunctionsPlace() =>
        Assert.Equal(((HttpStatusCode)StatusCodes.Status418ImATeapot, "caught secret reason"), await host.GetAsync("/api/throws?handle=true"));

    [Fact]
    public async Task Middleware_ResultReplaced_AnswersWithTheNewOne() =>
        Assert.Equal((HttpStatusCode.OK, "replaced 42"), await host.GetAsync("/api/int/42?replace=true"));

    [Fact]
    public async Task Middleware_ResultThatIsNone_AnswersNothingAndSaysSo()
    {
        Assert.Equal((HttpStatusCode.OK, ""), await host.GetAsync("/api/int/42?object=true"));
        Assert.Contains(host.Log, line => line.Contains(
            "Function Number returned System.Uri, which is not written to the response", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Middleware_FirstAddedIsOutermost()
    {
        using var answer = await host.Http.GetAsync("/api/int/42");
        Assert.Equal(["outer in", "inner in", "inner out", "outer out"], answer.Headers.GetValues("X-Trace"));
    }

    [Fact]
    public async Task Body_ReadByTheFunction_IsWhatWasSent()
    {
        using var content = new StringContent("Käthe", Encoding.UTF8, "text/plain");
        using var answer = await host.Http.PostAsync("/api/body", content);
        Assert.Equal("Käthe", await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Function_DisabledBySetting_IsNotThere() =>
        Assert.Equal(HttpStatusCode.NotFound, (await host.GetAsync("/api/disabled")).Status);

    [Theory]
    [InlineData("", "/int/42")]
    [InlineData("v1/things", "/v1/things/int/42")]
    public async Task RoutePrefix_OfTheSettings_IsInFrontOfEveryRoute(string prefix, string path)
    {
        await using var other = await TestHost.StartAsync(
            host.ConnectionString, TestHost.NewHub(), new FunctionSource([typeof(Http)]), configure: null,
            $"--AzureFunctionsJobHost:extensions:http:routePrefix={prefix}", "--AzureFunctionsJobHost:extensions:http:dynamicThrottlesEnabled=false",
            "--FUNCTIONS_WORKER_RUNTIME=dotnet-isolated", "--Some:Unknown=setting");
        Assert.Equal("42", await other.Http.GetStringAsync(path));
        Assert.Equal(HttpStatusCode.NotFound, (await other.Http.GetAsync("/api/int/42")).StatusCode);
    }

    public sealed class Host : IAsyncLifetime
    {
        private readonly AzuriteFixture _azurite = new();
        private TestHost? _host;

        public string ConnectionString => _azurite.ConnectionString;

        public HttpClient Http => _host!.Http;

        public IReadOnlyCollection<string> Log => _host!.Log;

        public async Task InitializeAsync()
        {
            await _azurite.InitializeAsync();
            _host = await TestHost.StartAsync(
                ConnectionString, TestHost.NewHub(), new FunctionSource([typeof(Http)]),
                builder =>
                {
                    builder.Services.AddScoped<Scoped>();
                    builder.UseMiddleware((context, next) => TraceAsync(context, next, "outer"));
                    builder.UseMiddleware((context, next) => TraceAsync(context, next, "inner"));
                    builder.UseMiddleware(ReplaceAsync);
                },
                "--AzureFunctionsJobHost:extensions:http:routePrefix=api", "--AzureWebJobs.Disabled.Disabled=true");
        }

        public async Task DisposeAsync() => await _host!.DisposeAsync();

        public async Task<(HttpStatusCode Status, string Body)> GetAsync(string path)
        {
            using var answer = await Http.GetAsync(path);
            return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
        }

        private static async Task TraceAsync(FunctionContext context, Func<Task> next, string name)
        {
            var headers = context.GetHttpContext()!.Response.Headers;
            headers.Append("X-Trace", $"{name} in");
            await next();
            headers.Append("X-Trace", $"{name} out");
        }

        private static async Task ReplaceAsync(FunctionContext context, Func<Task> next)
        {
            var query = context.GetHttpContext()!.Request.Query;
            var result = context.GetInvocationResult();
            try
            {
                await next();
            }
            catch (InvalidTimeZoneException e) when (query.ContainsKey("handle"))
            {
                result.Value = TypedResults.Text($"caught {e.Message}", statusCode: StatusCodes.Status418ImATeapot);
            }

            if (query.ContainsKey("replace"))
                result.Value = TypedResults.Text($"replaced {((ContentHttpResult)result.Value!).ResponseContent}");
            if (query.ContainsKey("object"))
                result.Value = new Uri("urn:object");
        }
    }

    public sealed class Scoped;

    public sealed class Http(Scoped scoped)
    {
        [Function(nameof(Number))]
        public static IResult Number([HttpTrigger("get", Route = "int/{n:int}")] HttpRequest request, int n) => Text(n);

        [Function(nameof(Identify))]
        public static IResult Identify([HttpTrigger("get", Route = "guid/{id:guid}")] HttpRequest request, Guid id) => Text(id);

        [Function(nameof(Alpha))]
        public static IResult Alpha([HttpTrigger("get", Route = "alpha/{x:alpha}")] HttpRequest request, string x) => Text(x);

        [Function(nameof(Default))]
        public static IResult Default([HttpTrigger("get", Route = "default/{x=none}")] HttpRequest request, string x) => Text(x);

        [Function(nameof(Optional))]
        public static IResult Optional([HttpTrigger("get", Route = "optional/{x?}")] HttpRequest request, string? x) => Text(x);

        [Function(nameof(Everything))]
        public static IResult Everything([HttpTrigger("get", Route = "everything/{*path}")] HttpRequest request, string path) => Text(path);

        [Function("noRoute")]
        public static IResult NoRoute([HttpTrigger] HttpRequest request, FunctionContext context) => Text(context.FunctionDefinition.Name);

        [Function(nameof(Query))]
        public static IResult Query(
            [HttpTrigger("get", Route = "query")] HttpRequest request,
            int? n, Guid? id, bool? flag, DayOfWeek? day, DateTimeOffset? at, double? x, int m = 5) =>
            Text(string.Join(' ', Show(n), Show(id)[..Math.Min(8, Show(id).Length)], Show(flag), Show(day), at?.ToString("s") ?? "null", Show(x), m));

        [Function(nameof(Needed))]
        public static IResult Needed([HttpTrigger("get", Route = "needed")] HttpRequest request, int n) => Text(n);

        [Function(nameof(Services))]
        public IResult Services(
            [HttpTrigger("get", Route = "services/{id}")] HttpRequest request, FunctionContext context, [DurableClient] DurableTaskClient client,
            CancellationToken cancellation)
        {
            var binding = context.FunctionDefinition.InputBindings.Single();
            return Text(string.Join(
                ' ', context.FunctionDefinition.Name, scoped == context.InstanceServices.GetRequiredService<Scoped>(),
                client == context.InstanceServices.GetRequiredService<DurableTaskClient>(),
                cancellation.CanBeCanceled && context.GetHttpContext() == request.HttpContext,
                context.BindingContext.BindingData["id"], binding.Value.Type, binding.Key));
        }

        [Function(nameof(Header))]
        public static IResult Header([HttpTrigger("get", Route = "header")] HttpRequest request)
        {
            request.HttpContext.Response.Headers["X-Own"] = "7";
            return TypedResults.StatusCode(StatusCodes.Status202Accepted);
        }

        [Function(nameof(Problem))]
        public static IResult Problem([HttpTrigger("get", Route = "problem")] HttpRequest request) =>
            TypedResults.Problem("no", statusCode: StatusCodes.Status409Conflict);

        [Function(nameof(InAValueTask))]
        public static async ValueTask<IResult> InAValueTask([HttpTrigger("get", Route = "valueTask")] HttpRequest request)
        {
            await Task.Yield();
            return Text("value task");
        }

        [Function(nameof(Nothing))]
        public static Task Nothing([HttpTrigger("get", Route = "nothing")] HttpRequest request) =>
            request.HttpContext.Response.WriteAsync("written by hand");

        [Function(nameof(Throws))]
        public static async Task<IResult> Throws([HttpTrigger("get", Route = "throws")] HttpRequest request)
        {
            await Task.Yield();
            throw new InvalidTimeZoneException("secret reason");
        }

        [Function(nameof(Body))]
        public static async Task<IResult> Body([HttpTrigger("post", Route = "body")] HttpRequest request)
        {
            using var reader = new StreamReader(request.Body);
            return Text(await reader.ReadToEndAsync());
        }

        [Function(nameof(Disabled))]
        public static IResult Disabled([HttpTrigger("get", Route = "disabled")] HttpRequest request) => Text("here");

        private static ContentHttpResult Text(object? value) => TypedResults.Text(Show(value));

        private static string Show(object? value) => value is null ? "null" : FormattableString.Invariant($"{value}");
    }
}
