namespace AccountApplications.Tests.Fixtures;

public sealed class SmokeTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    [Fact]
    public async Task App_Starts_IsHealthy()
    {
        await using var app = await TestHost.StartAppAsync(azurite.ConnectionString, TestHost.NewHub());
        Assert.Contains("Healthy", await app.Http.GetStringAsync("/api/health"), StringComparison.Ordinal);
        Console.WriteLine($"start took {app.StartTook}");
        await app.StopAsync();
    }
}
