using System.Text.RegularExpressions;

namespace AccountApplications.Functions.Applications;

/// <summary>Ids look like <c>application_6f9619ff-8b86-4011-b42d-00c04fc964ff</c>.</summary>
public static partial class AccountApplicationId
{
    /// <summary>Random, so that new applications spread over storage partitions and nobody can guess one.</summary>
    public static string New() => $"application_{Guid.NewGuid()}";

    public static bool IsValid(string? id) => id is not null && Shape().IsMatch(id);

    [GeneratedRegex(@"\Aapplication_[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\z")]
    private static partial Regex Shape();
}
