using AccountApplications.Functions.Applications;
using AccountApplications.Functions.Storage;
using Microsoft.Extensions.Configuration;

namespace AccountApplications.Tests.Infra;

public sealed class SettingsTests(Deployment deployment) : IClassFixture<Deployment>
{
    /// <summary>What the code reads and the deployment does not set, and what holds then.</summary>
    private static readonly Dictionary<string, string> NotSet = new()
    {
        ["AzureWebJobsStorage"] = "A connection string holds a key: the account is reached by its addresses and an identity.",
        ["AccountApplications:TablePrefix"] = "The account has one app: none.",
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "Telemetry goes to Application Insights.",
        ["WEBSITE_AUTH_ENABLED"] = "Set by the platform where App Service authentication is on.",
    };

    /// <summary>What is for the Functions host alone.</summary>
    private static readonly string[] OfTheHost =
    [
        "AzureWebJobsStorage:blobServiceUri", "AzureWebJobsStorage:credential",
    ];

    private static readonly SortedSet<string> Read = SettingsInCode.In(Path.Combine(Bicep.Root, "AccountApplications.Functions"));

    [Fact]
    public void Settings_ThatTheCodeReads_AreSetOrKnownNotToBe()
    {
        Assert.Contains("AccountApplications:RetentionSchedule", Read);
        foreach (var set in deployment.Both.Select(Deployment.Settings))
        {
            Assert.Equal(Read.Union(OfTheHost).Except(NotSet.Keys).Order(StringComparer.Ordinal), set.Keys.Order(StringComparer.Ordinal));
            Assert.DoesNotContain("FUNCTIONS_WORKER_RUNTIME", set.Keys);
        }
        Assert.Subset(Read, NotSet.Keys.ToHashSet());
    }

    [Fact]
    public void Settings_OfAPlainDeployment_SayWhatTheAppDoesWithoutThem()
    {
        var set = Deployment.Settings(deployment.Plain);
        foreach (var address in set.Keys.Where(name => name.EndsWith("ServiceUri", StringComparison.Ordinal)).ToList())
            set[address] = "https://account.core.windows.net/";
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(set).Build();

        Assert.Equivalent(new ReviewOptions(), ReadInto<ReviewOptions>(ReviewOptions.Read), strict: true);
        Assert.Equivalent(new RetentionOptions(), ReadInto<RetentionOptions>(RetentionOptions.Read), strict: true);
        Assert.Equal(RetentionOptions.DefaultSchedule, RetentionOptions.ScheduleIn(configuration));
        var storage = ReadInto<StorageOptions>(StorageOptions.Read);
        Assert.Empty(storage.Validate(new(storage)));
        Assert.Null(storage.CreateEventsClient());

        T ReadInto<T>(Action<T, IConfiguration> read) where T : new()
        {
            var options = new T();
            read(options, configuration);
            return options;
        }
    }

    [Theory]
    [InlineData("""configuration["A:B"]""", "A:B")]
    [InlineData("""builder.Configuration["A__B"]""", "A:B")]
    [InlineData("""configuration.GetValue<int>(Name)""", "Named:Here")]
    [InlineData("""configuration.GetValue<Uri>($"{Name}:c")""", "Named:Here:c")]
    [InlineData("""new Settings(configuration, Name).Duration(nameof(System.DateTime))""", "Named:Here:DateTime")]
    [InlineData("""Environment.GetEnvironmentVariable("E")""", "E")]
    [InlineData("""Trigger("%T:S%")""", "T:S")]
    [InlineData("""configuration[Mine]""", "Readers")]
    [InlineData("""configuration[name]""", null)]
    [InlineData("""configuration.Bind(this)""", null)]
    [InlineData("""somebody.Bind(configuration)""", null)]
    [InlineData("""services.AddOptions<Options>().BindConfiguration("Section")""", null)]
    [InlineData("""provider.GetRequiredService<IConfiguration>()["A"]""", null)]
    public void SettingsInCode_OfOneRead_IsItsNameOrAnError(string read, string? name)
    {
        string[] sources =
        [
            $$"""class Reader { const string Mine = "Readers"; void Read() { _ = {{read}}; } }""",
            """class Names { public const string Name = "Named:" + "Here", Mine = "Others"; }""",
        ];

        if (name is null)
            Assert.Throws<InvalidOperationException>(() => SettingsInCode.In(sources));
        else
            Assert.Equal([name], SettingsInCode.In(sources));
    }
}
