using Microsoft.DurableTask;

namespace AccountApplications.Tests.Embedded.Sdk;

public sealed class PageableTests
{
    private readonly List<string?> _asked = [];

    [Fact]
    public async Task Pageable_Enumerated_YieldsEveryValueOfEveryPage()
    {
        List<int> values = [];

        await foreach (var value in Numbers()) values.Add(value);

        Assert.Equal([1, 2, 3, 4, 5], values);
        Assert.Equal([null, "3", "5"], _asked);
    }

    [Fact]
    public async Task Pageable_LeftEarly_FetchesNoFurtherPage()
    {
        await foreach (var value in Numbers())
        {
            if (value == 3) break;
        }

        Assert.Equal([null, "3"], _asked);
    }

    [Fact]
    public async Task AsPages_FromAToken_GoesOnThere()
    {
        List<Page<int>> pages = [];

        await foreach (var page in Numbers().AsPages("5", pageSizeHint: 10)) pages.Add(page);

        Assert.Equal([5], Assert.Single(pages).Values);
    }

    [Fact]
    public async Task AsPages_WithASize_HandsItOn()
    {
        int? handedOn = null;
        var pageable = Pageable.Create<int>((_, size, _) =>
        {
            handedOn = size;
            return Task.FromResult(new Page<int>([]));
        });

        await foreach (var page in pageable.AsPages(pageSizeHint: 7)) Assert.Empty(page.Values);

        Assert.Equal(7, handedOn);
    }

    [Fact]
    public async Task Pageable_Cancelled_TellsTheOneWhoFetches()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        var pageable = Pageable.Create<int>((_, cancellation) => Task.FromCanceled<Page<int>>(cancellation));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => pageable.GetAsyncEnumerator(cancelled.Token).MoveNextAsync().AsTask());
    }

    // 1 to 5, two a page; the token is the page's first number.
    private AsyncPageable<int> Numbers() => Pageable.Create<int>((token, _) =>
    {
        _asked.Add(token);
        var first = token is null ? 1 : int.Parse(token);
        return Task.FromResult(first < 5 ? new Page<int>([first, first + 1], $"{first + 2}") : new Page<int>([first]));
    });
}
