using System.Text.Json;
using System.Text.RegularExpressions;

namespace AccountApplications.Tests.Infra;

public sealed partial class DeploymentTests(Deployment deployment) : IClassFixture<Deployment>
{
    private const string Account = "Microsoft.Storage/storageAccounts";

    [Fact]
    public void Roles_AreTheseAndNoOthers()
    {
        foreach (var deployed in deployment.Both)
        {
            var roles = Deployment.All(deployed, "Microsoft.Authorization/roleAssignments").Select(role =>
            {
                var id = role.GetProperty("id").GetString()!.Split('/');
                var properties = role.GetProperty("properties");
                Assert.Contains("userAssignedIdentities", properties.GetProperty("principalId").GetString(), StringComparison.Ordinal);
                return (Role: properties.GetProperty("roleDefinitionId").GetString()!.Split('/')[^1], On: $"{id[6]}/{id[7]}");
            });

            Assert.Equal(
                [
                    ("0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3", Account), // Storage Table Data Contributor
                    ("3913510d-42f4-4e42-8a64-420c390055eb", "Microsoft.Insights/components"), // Monitoring Metrics Publisher
                    ("974c5e8b-45b9-4653-ba55-5f855dd0fb88", Account), // Storage Queue Data Contributor
                    ("b7e6dc6d-f1e8-4753-8033-0f276bb0955b", Account), // Storage Blob Data Owner
                ],
                roles.Order());
            var app = Assert.Single(Deployment.All(deployed, "Microsoft.Web/sites"));
            Assert.Equal("UserAssigned", app.GetProperty("identity").GetProperty("type").GetString());
        }
    }

    [Fact]
    public void Storage_IsOpenToNobodyWithoutAnIdentity()
    {
        foreach (var deployed in deployment.Both)
        {
            Assert.Equal(JsonValueKind.False, Deployment.Property(deployed, Account, "allowSharedKeyAccess").ValueKind);
            Assert.Equal(JsonValueKind.False, Deployment.Property(deployed, Account, "allowBlobPublicAccess").ValueKind);
            Assert.Equal(JsonValueKind.True, Deployment.Property(deployed, Account, "supportsHttpsTrafficOnly").ValueKind);
            Assert.Equal("TLS1_2", Deployment.Property(deployed, Account, "minimumTlsVersion").GetString());
            Assert.All(
                Deployment.All(deployed, $"{Account}/blobServices/containers"),
                container => Assert.DoesNotContain("publicAccess", container.GetRawText(), StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Deployment_HasNoSecret()
    {
        foreach (var deployed in deployment.Both)
        {
            Assert.Equal(JsonValueKind.True, Deployment.Property(deployed, "Microsoft.Insights/components", "DisableLocalAuth").ValueKind);
            Assert.All(
                Deployment.All(deployed, "Microsoft.Web/sites/basicPublishingCredentialsPolicies"),
                policy => Assert.Equal(JsonValueKind.False, policy.GetProperty("properties").GetProperty("allow").ValueKind));
            Assert.Equal(2, Deployment.All(deployed, "Microsoft.Web/sites/basicPublishingCredentialsPolicies").Count());
            var all = string.Concat(deployed.Select(resource => resource.GetRawText()));
            foreach (var secret in (string[])["AccountKey", "listKeys", "SharedAccessSignature", "clientSecret"])
                Assert.DoesNotContain(secret, all, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public void PrivateNetwork_LeavesStorageByItsEndpointsOnly()
    {
        Assert.Equal("Enabled", Deployment.Property(deployment.Plain, Account, "publicNetworkAccess").GetString());
        Assert.Empty(Deployment.All(deployment.Plain, "Microsoft.Network/virtualNetworks"));

        Assert.Equal("Disabled", Deployment.Property(deployment.Full, Account, "publicNetworkAccess").GetString());
        Assert.Equal("Deny", Deployment.Property(deployment.Full, Account, "networkAcls.defaultAction").GetString());
        Assert.Equal(
            ["blob", "queue", "table"],
            Deployment.All(deployment.Full, "Microsoft.Network/privateEndpoints").SelectMany(endpoint => endpoint.GetProperty("properties")
                .GetProperty("privateLinkServiceConnections")[0].GetProperty("properties").GetProperty("groupIds").EnumerateArray())
                .Select(group => group.GetString()).Order());
        Assert.Equal(3, Deployment.All(deployment.Full, "Microsoft.Network/privateDnsZones/virtualNetworkLinks").Count());
    }

    [Fact]
    public void Authentication_SendsNobodyToSignIn()
    {
        const string config = "Microsoft.Web/sites/config";
        Assert.Empty(Deployment.All(deployment.Plain, config));

        Assert.Equal(JsonValueKind.True, Deployment.Property(deployment.Full, config, "platform.enabled").ValueKind);
        Assert.Equal("AllowAnonymous", Deployment.Property(deployment.Full, config, "globalValidation.unauthenticatedClientAction").GetString());
        Assert.Equal(JsonValueKind.False, Deployment.Property(deployment.Full, config, "globalValidation.requireAuthentication").ValueKind);
    }

    [Fact]
    public void Alerts_AreTheFourAndTellWhoeverIsOnDuty()
    {
        var alerts = Deployment.All(deployment.Full, "Microsoft.Insights/scheduledQueryRules")
            .Concat(Deployment.All(deployment.Full, "Microsoft.Insights/metricAlerts")).ToList();

        Assert.Equal(
            ["no-progress", "orchestration-failed", "overdue", "storage-throttled"],
            alerts.Select(alert => alert.GetProperty("name").GetString()).Order());
        Assert.All(alerts, alert => Assert.Contains("/actionGroups/on-duty", alert.GetRawText(), StringComparison.Ordinal));
    }

    [Fact]
    public void Dashboard_IsAWorkbookOfTheQueriesThatAreNotForAlertsOnly()
    {
        var workbook = Deployment.Property(deployment.Plain, "Microsoft.Insights/workbooks", "serializedData").GetString()!;
        var queries = JsonSerializer.Deserialize<JsonElement>(workbook).GetProperty("items").EnumerateArray()
            .Where(item => item.GetProperty("name").GetString() != "period")
            .Select(item => item.GetProperty("content").GetProperty("query").GetString()!).ToList();

        var files = Directory.EnumerateFiles(Path.Combine(Bicep.Infra, "queries"))
            .Where(file => Path.GetFileName(file) is not ("no-progress.kql" or "overdue.kql")).ToList();
        Assert.Equal(files.Count, queries.Count);
        Assert.All(files, file => Assert.Contains(queries, query => query.StartsWith(File.ReadAllText(file), StringComparison.Ordinal)));
    }

    [Fact]
    public void Queries_AskForWhatTheAppWrites()
    {
        var code = string.Concat(Directory.EnumerateFiles(Path.Combine(Bicep.Root, "AccountApplications.Functions"), "*.cs", SearchOption.AllDirectories)
            .Select(File.ReadAllText));
        var asked = Directory.EnumerateFiles(Path.Combine(Bicep.Infra, "queries")).Select(File.ReadAllText)
            .SelectMany(query => Written().Matches(query).Select(name => name.Value)).ToHashSet();

        Assert.Equal(11, asked.Count);
        Assert.All(asked, name => Assert.Contains(name, code, StringComparison.Ordinal));
    }

    [GeneratedRegex(@"(?<=')(account_applications\.\w[\w.]+|failed for good|[A-Z]+(_[A-Z]+)*)(?=')")]
    private static partial Regex Written();

    [Fact]
    public void Service_OfAzureYaml_IsTheAppWithItsTag()
    {
        var azure = File.ReadAllLines(Path.Combine(Bicep.Root, "azure.yaml"));
        var service = azure[Array.IndexOf(azure, "services:") + 1].Trim(' ', ':');
        var project = azure.Single(line => line.Contains("project:", StringComparison.Ordinal)).Split(':')[1].Trim();

        var app = Assert.Single(Deployment.All(deployment.Plain, "Microsoft.Web/sites"));
        Assert.Equal(service, app.GetProperty("tags").GetProperty("azd-service-name").GetString());
        Assert.True(File.Exists(Path.Combine(Bicep.Root, project, "AccountApplications.Functions.csproj")));
    }
}
