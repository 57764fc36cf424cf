using System.Text.Json;
using AccountApplications.Tests.Fixtures;

namespace AccountApplications.Tests.LocalHost;

public sealed class VersionTests
{
    [Fact]
    public void DurableExtension_OfTheLocalHost_IsTheOneThatTheAppsBuildNamesForAzure()
    {
        var deps = Path.Combine(TestHost.FolderOf("AccountApplications.Functions"), ".azurefunctions", "function.deps.json");
        var named = JsonSerializer.Deserialize<JsonElement>(File.ReadAllText(deps)).GetProperty("libraries").EnumerateObject()
            .Select(library => library.Name.Split('/')).Single(library => library[0] == "Microsoft.Azure.WebJobs.Extensions.DurableTask")[1];

        var ours = JsonSerializer.Deserialize<JsonElement>(File.ReadAllText(Path.Combine(TestHost.Folder, "AccountApplications.LocalHost.deps.json")))
            .GetProperty("libraries").EnumerateObject()
            .Select(library => library.Name.Split('/')).Single(library => library[0] == "Microsoft.Azure.WebJobs.Extensions.DurableTask")[1];

        Assert.Equal(named, ours);
    }
}
