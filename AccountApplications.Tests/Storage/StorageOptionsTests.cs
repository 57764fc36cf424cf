using System.ComponentModel.DataAnnotations;
using AccountApplications.Functions.Storage;
using Microsoft.Extensions.Configuration;

namespace AccountApplications.Tests.Storage;

public class StorageOptionsTests
{
    [Fact]
    public void Options_OfAConnectionString_AreValid()
    {
        var options = Read(("AzureWebJobsStorage", "UseDevelopmentStorage=true"), ("AccountApplications:TablePrefix", "Test1"));

        Assert.Empty(ErrorsOf(options));
        Assert.Equal("http://127.0.0.1:10002/devstoreaccount1", options.CreateClient().Uri.ToString());
        Assert.Equal("Test1AccountApplications", new Tables(options.CreateClient(), options.TablePrefix).Applications.Name);
    }

    [Fact]
    public void Options_OfAManagedIdentity_AreValid()
    {
        var options = Read(
            ("AzureWebJobsStorage:tableServiceUri", "https://account.table.core.windows.net"), ("AzureWebJobsStorage:clientId", "me"));

        Assert.Empty(ErrorsOf(options));
        Assert.Equal("me", options.ClientId);
        Assert.Equal("https://account.table.core.windows.net/", options.CreateClient().Uri.ToString());
    }

    [Fact]
    public void Options_WithoutStorage_SayWhatIsMissing() =>
        Assert.Contains("AzureWebJobsStorage", Assert.Single(ErrorsOf(Read())), StringComparison.Ordinal);

    [Theory]
    [InlineData("AzureWebJobsStorage", "somewhere")]
    [InlineData("AzureWebJobsStorage", "AccountName=a;AccountKey=secret")]
    [InlineData("AzureWebJobsStorage:tableServiceUri", "http://account.table.core.windows.net")]
    [InlineData("AzureWebJobsStorage:tableServiceUri", "account")]
    public void Options_WithAStorageThatIsNone_SaySoWithoutRepeatingIt(string key, string value)
    {
        var error = Assert.Single(ErrorsOf(Read((key, value))));

        Assert.StartsWith("AzureWebJobsStorage is no connection string", error, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a-b")]
    [InlineData("1a")]
    [InlineData("ThisIsLongerThanTheNameOfATableMayBe36")]
    public void Options_WithABadPrefix_SayWhatIsWrong(string prefix)
    {
        var options = Read(("AzureWebJobsStorage", "UseDevelopmentStorage=true"), ("AccountApplications:TablePrefix", prefix));

        Assert.Contains("TablePrefix", Assert.Single(ErrorsOf(options)), StringComparison.Ordinal);
    }

    private static StorageOptions Read(params (string Key, string Value)[] settings)
    {
        var options = new StorageOptions();
        StorageOptions.Read(options, new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(setting => new KeyValuePair<string, string?>(setting.Key, setting.Value)))
            .Build());
        return options;
    }

    private static List<string?> ErrorsOf(StorageOptions options)
    {
        List<ValidationResult> errors = [];
        Validator.TryValidateObject(options, new ValidationContext(options), errors, validateAllProperties: true);
        return [.. errors.Select(error => error.ErrorMessage)];
    }
}
