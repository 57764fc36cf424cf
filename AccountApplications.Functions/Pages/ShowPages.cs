using System.Text;
using System.Text.Encodings.Web;
using AccountApplications.Functions.Api;
using AccountApplications.Functions.Applications;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace AccountApplications.Functions.Pages;

/// <summary>
/// The pages for people. They hold no data: what they show they ask the API for, with the key of whoever looks at them; so anybody
/// may have the pages themselves.
/// </summary>
public sealed class ShowPages(Reviewers reviewers)
{
    // Where a page says who is signed in, and whether that is the caller's word.
    private const string SignedIn = "{signed-in}";
    private const string MayBeSaid = "{may-be-said}";

    /// <summary>The queue of applications that wait for a review.</summary>
    [Function("ReviewPage")]
    public IResult Review([HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "review")] HttpRequest request) =>
        Show("review.html", request);

    /// <summary>The form to apply with.</summary>
    [Function("ApplyPage")]
    public IResult Apply([HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "apply")] HttpRequest request) =>
        Show("apply.html", request);

    /// <summary>One application: how far it has come.</summary>
    [Function("ApplicationPage")]
    public IResult Application([HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "applications/{id}")] HttpRequest request) =>
        Show("application.html", request);

    /// <summary>What the pages are made of.</summary>
    [Function("PageAsset")]
    public static IResult Asset(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "assets/{name}")] HttpRequest request,
        string name) =>
        EmbeddedFile.Find($"Pages/{name}") is { IsPage: false } file
            ? file.Answer(request)
            : Problems.Of(StatusCodes.Status404NotFound, "There is no such file.");

    private IResult Show(string name, HttpRequest request)
    {
        var page = EmbeddedFile.Get($"Pages/{name}");
        var reviewer = reviewers.Of(request);
        var html = Encoding.UTF8.GetString(page.Content.Span)
            .Replace(SignedIn, reviewer == ReviewDecision.Anonymous ? "" : HtmlEncoder.Default.Encode(reviewer), StringComparison.Ordinal)
            .Replace(MayBeSaid, reviewers.MayBeSaid ? "yes" : "", StringComparison.Ordinal);
        return EmbeddedFile.Of(name, Encoding.UTF8.GetBytes(html)).Answer(request);
    }
}
