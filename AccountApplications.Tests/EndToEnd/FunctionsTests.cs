using System.Net;
using System.Reflection;
using AccountApplications.EmbeddedHost.Functions;
using AccountApplications.Functions;
using AccountApplications.Tests.Embedded;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;

namespace AccountApplications.Tests.EndToEnd;

public sealed class FunctionsTests(AppFixture fixture) : IClassFixture<AppFixture>
{
    private TestHost App => fixture.App;

    [Fact]
    public void Functions_OfTheAssembly_AreAllFound()
    {
        var declared = typeof(AccountApplicationsBuilderExtensions).Assembly.GetTypes()
            .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly))
            .Select(method => method.GetCustomAttribute<FunctionAttribute>()?.Name)
            .OfType<string>();

        var found = App.Services.GetRequiredService<FunctionCatalog>().All.Select(function => function.Name).ToList();

        Assert.Equal(declared.Order(), found.Order());
        Assert.Contains("SubmitApplication", found);
        Assert.Contains("ProcessApplication", found);
    }

    [Fact]
    public async Task HttpFunctions_OfTheAssembly_AreAllRouted()
    {
        var functions = App.Services.GetRequiredService<FunctionCatalog>().All.Where(function => function.Kind == TriggerKind.Http).ToList();

        Assert.NotEmpty(functions);
        foreach (var function in functions)
        {
            Assert.NotEmpty(function.Methods);
            var path = "/" + function.Route!.RawText!.Replace("{id}", "x", StringComparison.Ordinal);
            foreach (var method in function.Methods)
            {
                var answer = await App.Http.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));
                // What nobody serves is an empty 404.
                Assert.True(answer.StatusCode != HttpStatusCode.NotFound || answer.Content.Headers.ContentType is not null, function.Name);
            }
        }
    }
}
