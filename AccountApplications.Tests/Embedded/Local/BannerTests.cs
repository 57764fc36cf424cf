using AccountApplications.EmbeddedHost.Local;

namespace AccountApplications.Tests.Embedded.Local;

public class BannerTests
{
    private static readonly Uri BaseAddress = new("http://localhost:7071/");

    [Fact]
    public void Banner_HttpAndOtherFunctions_ListsThemAsTheCoreToolsDo()
    {
        var text = Write(
            [new("GetApplication", ["get"], "api/applications/{id}"), new("SubmitApplication", ["post"], "api/applications")],
            [new("ApproveApplication", "activityTrigger"), new("ProcessApplication", "orchestrationTrigger")]);

        Assert.Equal(
            """

            Functions:

            	GetApplication: [GET] http://localhost:7071/api/applications/{id}

            	SubmitApplication: [POST] http://localhost:7071/api/applications

            	ApproveApplication: activityTrigger

            	ProcessApplication: orchestrationTrigger

            Try: curl -i -H 'Content-Type: application/json' -d '{"name":"Spock","address":"123 Enterprise Street"}' http://localhost:7071/api/applications

            """,
            text);
    }

    [Theory]
    [InlineData(new string[0], "\tPages: http://localhost:7071/review\n")]
    [InlineData(new[] { "get", "POST" }, "\tPages: [GET,POST] http://localhost:7071/review\n")]
    public void Banner_FunctionWithSomeMethods_ListsThoseItHas(string[] methods, string line) =>
        Assert.Contains(line, Write([new("Pages", methods, "review")], []), StringComparison.Ordinal);

    [Fact]
    public void Banner_NoFunctionThatSubmits_SuggestsNothing() =>
        Assert.DoesNotContain("curl", Write([new("Health", ["get"], "api/health")], []), StringComparison.Ordinal);

    private static string Write(IReadOnlyList<HttpFunctionLine> http, IReadOnlyList<TriggeredFunctionLine> others)
    {
        using var console = new StringWriter { NewLine = "\n" };
        Banner.Write(console, BaseAddress, http, others);
        return console.ToString();
    }
}
