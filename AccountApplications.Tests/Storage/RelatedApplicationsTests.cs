using AccountApplications.Functions.Api;
using AccountApplications.Functions.Applications;
using AccountApplications.Functions.Storage;
using AccountApplications.Tests.Fixtures;
using static AccountApplications.Functions.Applications.ApplicationState;

namespace AccountApplications.Tests.Storage;

public class RelatedApplicationsTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private static readonly DateTime Start = new(2026, 11, 22, 13, 0, 0, DateTimeKind.Utc);

    [Theory]
    [InlineData("José Ñandú", "1, Main Street", "jose nandu", "1 MAIN STREET!", true)]
    [InlineData("Jose\u0301", "1 Way", "Jos\u00e9", "1 Way", true)]
    [InlineData("\uff2a\uff4f\uff45", "\u2460 Way", "Joe", "1 Way", true)]
    [InlineData("O'Brien", "1-2 Way", "OBrien", "12 Way", true)]
    [InlineData("Ægir", "1 Way", "aegir", "1 Way", false)]
    [InlineData("A B", "C", "A", "B C", false)]
    [InlineData("Spock", "1 Way", "Spock", "2 Way", false)]
    [InlineData("李小龍", "1 Way", "李小龍", "1 way", true)]
    [InlineData("…", "1 Way", "…", "1 Way", false)]
    [InlineData("Spock", "\ud83d\ude00", "Spock", "\ud83d\ude00", false)]
    public void Persons_AreTheSame_WhateverCaseAccentsAndPunctuation(string name, string address, string otherName, string otherAddress, bool areSame)
    {
        var key = RelatedApplications.KeyOf(AccountApplication.Submitted(AccountApplicationId.New(), name, address, Start));
        var other = RelatedApplications.KeyOf(AccountApplication.Submitted(AccountApplicationId.New(), otherName, otherAddress, Start));

        Assert.Equal(areSame, key is not null && key == other);
    }

    [Fact]
    public async Task Related_AreTheTenNewestOthersThatAreThere()
    {
        var app = await TestApp.StartAsync(azurite);
        List<AccountApplication> all = [];
        for (var i = 0; i < 14; i++)
        {
            var application = app.NewApplication(at: Start.AddMinutes(i));
            await app.Store.SubmitAsync(application, default);
            all.Insert(0, application);
        }

        await app.Store.SubmitAsync(app.NewApplication("Kirk"), default);
        await app.Store.ChangeAsync(all[1], current => current.Approve([], [], Start.AddHours(1)));
        await app.EraseAsync(all[3].Id);
        app.Probe.Reset();

        var related = await app.Store.FindRelatedAsync(all[0].Id, 10, default);

        var expected = all.Where((_, i) => i is not (0 or 3)).Take(10).Select(other => (other.Id, other == all[1] ? Approved : Submitted));
        Assert.Equal(expected, related!.Select(other => (other.Id, other.State)));
        // The application, a portion of the rows, and those that they name.
        Assert.Equal(1 + 1 + 10, app.Probe.Requests);
        Assert.Null(await app.Store.FindRelatedAsync(AccountApplicationId.New(), 10, default));
        await Assert.ThrowsAsync<ApplicationErasedException>(() => app.Store.FindRelatedAsync(all[3].Id, 10, default));
    }

    [Fact]
    public async Task Related_AreNotAskedForByWhoReadsAnApplication()
    {
        var app = await TestApp.StartAsync(azurite);
        var application = app.NewApplication();
        await app.Store.ChangeAsync(application, current => current.Approve([], [], Start));
        app.Probe.Reset();

        await new GetApplication(app.Store, app.Queue, app.Time).Run(Http.Get(), app.Client, application.Id, default);

        Assert.Equal(1, app.Probe.Requests);
    }
}
