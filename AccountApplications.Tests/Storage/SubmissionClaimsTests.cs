using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using AccountApplications.Functions.Applications;
using AccountApplications.Tests.Fixtures;
using Azure.Data.Tables;
using Microsoft.Extensions.Time.Testing;

namespace AccountApplications.Tests.Storage;

public class SubmissionClaimsTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 22, 13, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task Claim_ByManyAtOnce_IsNewForOne()
    {
        var app = await TestApp.StartAsync(azurite, _time);

        var claims = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => app.Claims.ClaimAsync("key", "Spock", "1 Way", default)));

        Assert.Single(claims, claim => claim.IsNew);
        Assert.Single(claims.Select(claim => (claim.ApplicationId, claim.SubmittedAt)).Distinct());
    }

    [Theory]
    [InlineData("Spock", "2 Way")]
    [InlineData("Kirk", "1 Way")]
    public async Task Claim_ForSomethingElse_IsRefused(string name, string address)
    {
        var app = await TestApp.StartAsync(azurite, _time);
        await app.Claims.ClaimAsync("key", "Spock", "1 Way", default);

        Assert.False((await app.Claims.ClaimAsync("key", name, address, default)).IsSame);
        Assert.True((await app.Claims.ClaimAsync("KEY", name, address, default)).IsNew);
    }

    [Fact]
    public async Task Claim_After24Hours_IsAnothers()
    {
        var app = await TestApp.StartAsync(azurite, _time);
        var first = await app.Claims.ClaimAsync("key", "Spock", "1 Way", default);

        _time.Advance(TimeSpan.FromHours(24) - TimeSpan.FromSeconds(1));
        Assert.Equal(first.ApplicationId, (await app.Claims.ClaimAsync("key", "Spock", "1 Way", default)).ApplicationId);
        _time.Advance(TimeSpan.FromSeconds(1));
        var later = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => app.Claims.ClaimAsync("key", "Kirk", "1 Way", default)));

        Assert.Single(later, claim => claim.IsNew);
        Assert.NotEqual(first.ApplicationId, Assert.Single(later.Select(claim => claim.ApplicationId).Distinct()));
    }

    [Fact]
    public async Task TakeOver_OfADeadSubmission_FallsToOne()
    {
        var app = await TestApp.StartAsync(azurite, _time);
        await app.Claims.ClaimAsync("key", "Spock", "1 Way", default);
        var claim = await app.Claims.ClaimAsync("key", "Spock", "1 Way", default);

        Assert.False(await app.Claims.TryTakeOverAsync(claim, default));
        _time.Advance(TimeSpan.FromSeconds(2));
        var taken = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => app.Claims.TryTakeOverAsync(claim, default)));

        Assert.Single(taken, won => won);
        var after = await app.Claims.ClaimAsync("key", "Spock", "1 Way", default);
        Assert.Equal((claim.ApplicationId, claim.SubmittedAt, false), (after.ApplicationId, after.SubmittedAt, after.IsNew));
    }

    [Fact]
    public async Task Sweep_RemovesWhatIsOverAndNothingElse()
    {
        // Storage tells how old a row is by its own clock.
        _time.AdjustTime(DateTimeOffset.UtcNow);
        var app = await TestApp.StartAsync(azurite, _time);
        var old = await app.Claims.ClaimAsync("key", "Spock", "1 Way", default);
        await app.Claims.SweepAsync(default);
        Assert.Equal(old.ApplicationId, (await app.Claims.ClaimAsync("key", "Spock", "1 Way", default)).ApplicationId);

        _time.Advance(TimeSpan.FromHours(25));
        await app.Claims.SweepAsync(default);

        Assert.Empty(await RowsAsync(app));
    }

    private static async Task<IReadOnlyList<TableEntity>> RowsAsync(TestApp app)
    {
        List<TableEntity> rows = [];
        await foreach (var row in (await app.Tables.Claims.GetAsync(default)).QueryAsync<TableEntity>())
            rows.Add(row);
        return rows;
    }

    [Fact]
    public async Task Claim_OfAnEarlierRelease_IsKnown()
    {
        var app = await TestApp.StartAsync(azurite, _time);
        var id = AccountApplicationId.New();
        var table = await app.Tables.Claims.GetAsync(default);
        await app.Claims.ClaimAsync("key", "Spock", "1 Way", default);
        var row = Assert.Single(await RowsAsync(app));
        var hash = Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.ASCII.GetBytes(id), "Spock\n1 Way"u8));
        row["Json"] = JsonSerializer.Serialize(new { applicationId = id, hash, submittedAt = _time.GetUtcNow().UtcDateTime, takenAt = _time.GetUtcNow().UtcDateTime });
        await table.UpdateEntityAsync(row, row.ETag);

        Assert.Equal((id, true, false), await SeenAsync("Spock"));
        Assert.Equal((id, false, false), await SeenAsync("Kirk"));

        async Task<(string Id, bool IsSame, bool IsNew)> SeenAsync(string name)
        {
            var claim = await app.Claims.ClaimAsync("key", name, "1 Way", default);
            return (claim.ApplicationId, claim.IsSame, claim.IsNew);
        }
    }
}
