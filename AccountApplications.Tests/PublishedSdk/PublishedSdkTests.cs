using System.Runtime.CompilerServices;
using Microsoft.DurableTask;
using Xunit.Abstractions;

namespace AccountApplications.Tests.PublishedSdk;

/// <summary>What the app is compiled against here must be what it is compiled against for Azure.</summary>
public sealed class PublishedSdkTests(ITestOutputHelper output)
{
    private const string Namespaces = "Microsoft.";

    private static readonly Lazy<IReadOnlyList<string>> Listings = new(ReadListings);

    private static readonly Lazy<IReadOnlyList<ApiLine>> Carried = new(() =>
        [.. HostTypes().Where(type => type.IsVisible).SelectMany(ApiRenderer.Render)]);

    [Fact]
    public void EmbeddedHost_PublicApi_IsAsListed()
    {
        var types = Carried.Value.Count(line => line.Member == ApiLine.TypeItself);
        output.WriteLine($"Compared {types} types and {Carried.Value.Count - types} members with {Listings.Value.Count} lines.");

        var differences = CompareWith(Listings.Value);
        Assert.True(differences is [], string.Join('\n', differences)); // Assert.Empty would cut it short
        Assert.Equal(HostTypes().Count(type => type.IsVisible), types);
    }

    [Fact]
    public void EmbeddedHost_HasNothingOfItsOwnInThePackagesNamespaces()
    {
        var listed = Listings.Value.Select(line => ApiLine.Parse(line).Type).ToHashSet();

        Assert.All(HostTypes().Where(type => !type.IsNested).Select(ApiRenderer.Name), name => Assert.Contains(name, listed));
    }

    [Theory]
    [InlineData("a parameter has another name", "CreateTimer(System.DateTime fireAt,", "CreateTimer(System.DateTime at,", "CreateTimer")]
    [InlineData("a parameter has another type",
        "RetryPolicy(int maxNumberOfAttempts", "RetryPolicy(long maxNumberOfAttempts", "RetryPolicy")]
    [InlineData("a default value is another", "double backoffCoefficient = 1,", "double backoffCoefficient = 2,", "RetryPolicy")]
    [InlineData("a default value is gone",
        "<T> values, string? continuationToken = null)", "<T> values, string? continuationToken)", "Page")]
    [InlineData("a parameter may be null", "object? eventPayload = null", "object eventPayload = null", "RaiseEventAsync")]
    [InlineData("a type argument may be null",
        "?> GetInstanceAsync(string instanceId, bool", "> GetInstanceAsync(string instanceId, bool", "GetInstanceAsync")]
    [InlineData("a generic result may be null", "abstract T? GetInput<T>()", "abstract T GetInput<T>()", "GetInput")]
    [InlineData("a result has another type", "public abstract System.Guid NewGuid()", "public abstract string NewGuid()", "NewGuid")]
    [InlineData("a constraint is gone", "IsCausedBy<T>() where T : System.Exception", "IsCausedBy<T>()", "IsCausedBy")]
    [InlineData("a member is not virtual",
        "virtual System.Threading.Tasks.Task Rewind", "System.Threading.Tasks.Task Rewind", "RewindInstanceAsync")]
    [InlineData("a member is less accessible",
        "protected abstract Microsoft.Extensions.Logging.I", "public abstract Microsoft.Extensions.Logging.I", "LoggerFactory")]
    [InlineData("an accessor is another",
        "string? SerializedOutput { get; init; }", "string? SerializedOutput { get; set; }", "SerializedOutput")]
    [InlineData("a parameter is no params array",
        "HttpTriggerAttribute(params string[] methods)", "HttpTriggerAttribute(string[] methods)", "HttpTriggerAttribute")]
    [InlineData("an extension method is none", "GetHttpContext(this Microsoft", "GetHttpContext(Microsoft", "GetHttpContext")]
    [InlineData("a constant has another value",
        "OrchestrationQuery :: public const int DefaultPageSize = 100",
        "OrchestrationQuery :: public const int DefaultPageSize = 50", "DefaultPageSize")]
    [InlineData("an enum's value is another", ":: Suspended = 7", ":: Suspended = 8", "Suspended")]
    [InlineData("an obsolete message is another", "Refer to TaskVersion instead.", "Do not.", "Version")]
    [InlineData("an obsolete member is not", "[System.Obsolete(\"Refer to TaskVersion instead.\")] ", "", "Version")]
    [InlineData("a null promise is gone", "[return: System.Diagnostics.CodeAnalysis.NotNullIfNotNull(\"value\")] ", "", "Serialize")]
    [InlineData("an attribute goes elsewhere",
        "Method)] public class Microsoft.Azure.Functions.Worker.FunctionAttribute",
        "Class)] public class Microsoft.Azure.Functions.Worker.FunctionAttribute", ApiLine.TypeItself)]
    [InlineData("a type is not sealed",
        "public sealed class Microsoft.DurableTask.TaskRetryOptions",
        "public class Microsoft.DurableTask.TaskRetryOptions", ApiLine.TypeItself)]
    [InlineData("a type is no record",
        "public record Microsoft.DurableTask.Client.PurgeInstanceO",
        "public class Microsoft.DurableTask.Client.PurgeInstanceO", ApiLine.TypeItself)]
    [InlineData("a struct is not readonly",
        "public readonly struct Microsoft.DurableTask.TaskName", "public struct Microsoft.DurableTask.TaskName", ApiLine.TypeItself)]
    [InlineData("a base type is another", " : Microsoft.Azure.Functions.Worker.InvocationResult<object>", "", ApiLine.TypeItself)]
    [InlineData("an interface is missing", " : Microsoft.DurableTask.Internal.IOrchestrationSubmitter, ", " : ", ApiLine.TypeItself)]
    [InlineData("a delegate is another",
        "delegate bool Microsoft.DurableTask.RetryHandler", "delegate int Microsoft.DurableTask.RetryHandler", ApiLine.TypeItself)]
    public void Comparison_ListedLineIsAnother_IsReportedWithBoth(string what, string text, string other, string member)
    {
        var line = Assert.Single(Listings.Value, line => line.Contains(text, StringComparison.Ordinal));
        var changed = line.Replace(text, other, StringComparison.Ordinal);

        var difference = Assert.Single(CompareWith(Listings.Value.Select(l => l == line ? changed : l)));

        Assert.True(difference.Member == member, $"{what}: reported as {difference}");
        Assert.Equal(ApiLine.Parse(changed).Signature, Assert.Single(difference.Listed));
        Assert.Equal(ApiLine.Parse(line).Signature, Assert.Single(difference.Carried));
    }

    [Theory]
    [InlineData("an overload", "Microsoft.DurableTask.TaskName", "public TaskName(string name, string version)")]
    [InlineData("an abstract member", "Microsoft.DurableTask.TaskOrchestrationContext", "public abstract void Fork()")]
    [InlineData("an abstract obsolete member",
        "Microsoft.DurableTask.DataConverter", "[System.Obsolete(\"No [more].\")] public abstract int Size { get; }")]
    [InlineData("an interface's member", "Microsoft.Azure.Functions.Worker.IInvocationFeatures", "void Clear()")]
    [InlineData("an enum's value", "Microsoft.Azure.Functions.Worker.BindingDirection", "InOut = 2")]
    public void Comparison_ListingHasMoreOfWhatIsCarried_IsReported(string what, string type, string signature)
    {
        var difference = Assert.Single(CompareWith(Listings.Value.Append($"{type} :: {signature}")));

        Assert.True(difference.Type == type, $"{what}: reported as {difference}");
        Assert.Equal(signature, Assert.Single(difference.Listed));
        Assert.Empty(difference.Carried);
    }

    [Theory]
    [InlineData("public abstract T? GetInput<T>()")]
    [InlineData("public virtual string Version { get; }")]
    [InlineData("public virtual int CompareVersionTo(string version)")]
    public void Comparison_MemberIsNotListed_IsReported(string signature)
    {
        var line = $"{typeof(TaskOrchestrationContext)} :: {signature}";

        var difference = Assert.Single(CompareWith(Listings.Value.Where(l => l != line)));

        Assert.Empty(difference.Listed);
        Assert.Equal(signature, Assert.Single(difference.Carried));
    }

    [Fact]
    public void Comparison_TypeIsNotListed_IsReportedWhole()
    {
        var type = typeof(TaskRetryOptions).FullName!;

        var differences = CompareWith(Listings.Value.Where(line => !line.StartsWith(type + " ", StringComparison.Ordinal)));

        Assert.All(differences, difference => Assert.Equal(type, difference.Type));
        Assert.Equal(Carried.Value.Count(line => line.Type == type), differences.Sum(difference => difference.Carried.Count));
    }

    [Theory]
    [InlineData("Microsoft.DurableTask.TaskOrchestrationContext :: public virtual void Fork()")]
    [InlineData("Microsoft.DurableTask.TaskOrchestrator :: type public abstract class Microsoft.DurableTask.TaskOrchestrator")]
    [InlineData("Microsoft.DurableTask.TaskOrchestrator :: public abstract void Fork()")]
    public void Comparison_ListingHasWhatIsNotCarried_IsNoDifference(string line) =>
        Assert.Empty(CompareWith(Listings.Value.Append(line)));

    private static IReadOnlyList<ApiDifference> CompareWith(IEnumerable<string> listing) =>
        ApiComparison.Compare(listing.Select(ApiLine.Parse), Carried.Value);

    private static IEnumerable<Type> HostTypes() => typeof(TaskOrchestrationContext).Assembly.GetTypes().Where(type =>
        type.Namespace?.StartsWith(Namespaces, StringComparison.Ordinal) == true
        && !type.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false));

    private static IReadOnlyList<string> ReadListings()
    {
        var assembly = typeof(PublishedSdkTests).Assembly;
        return [.. assembly.GetManifestResourceNames().Where(name => name.Contains(".Listings.", StringComparison.Ordinal)).SelectMany(Lines)];

        IEnumerable<string> Lines(string name)
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            while (reader.ReadLine() is { } line) yield return line;
        }
    }
}
