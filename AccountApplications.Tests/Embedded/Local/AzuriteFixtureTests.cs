using AccountApplications.Tests.Fixtures;
using Azure.Data.Tables;

namespace AccountApplications.Tests.Embedded.Local;

public class AzuriteFixtureTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    [Fact]
    public async Task Fixture_TablesOfTwoTests_AreApart()
    {
        var mine = new TableClient(azurite.ConnectionString, AzuriteFixture.NewTableName());
        var yours = new TableClient(azurite.ConnectionString, AzuriteFixture.NewTableName());
        await Task.WhenAll(mine.CreateAsync(), yours.CreateAsync());

        await mine.AddEntityAsync(new TableEntity("Enterprise", "1"));

        Assert.True((await mine.GetEntityIfExistsAsync<TableEntity>("Enterprise", "1")).HasValue);
        Assert.False((await yours.GetEntityIfExistsAsync<TableEntity>("Enterprise", "1")).HasValue);
    }

    [Fact]
    public async Task Fixture_OfAnotherClass_SharesItsAzurite()
    {
        var another = new AzuriteFixture();

        await another.InitializeAsync();

        Assert.Equal(azurite.ConnectionString, another.ConnectionString);
    }
}
