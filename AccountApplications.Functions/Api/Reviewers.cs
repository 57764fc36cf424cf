using AccountApplications.Functions.Applications;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace AccountApplications.Functions.Api;

/// <summary>Who is reviewing.</summary>
public sealed class Reviewers(IConfiguration configuration, IHostEnvironment environment)
{
    private const string NameHeader = "X-MS-CLIENT-PRINCIPAL-NAME";

    // App Service authentication sets the header itself and drops a caller's; without it the header is anybody's invention.
    private bool NamesAreVouchedFor => IsAuthOn || environment.IsDevelopment();

    private bool IsAuthOn => string.Equals(configuration["WEBSITE_AUTH_ENABLED"], "True", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether callers are who they say they are, in development.</summary>
    public bool MayBeSaid => NamesAreVouchedFor && !IsAuthOn;

    /// <summary>The signed-in user's name, or <see cref="ReviewDecision.Anonymous"/>.</summary>
    public string Of(HttpRequest request) =>
        ReviewDecision.ReviewerNamed(NamesAreVouchedFor && request.Headers[NameHeader] is [{ } name] ? name : null);
}
