using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using AccountApplications.Tests.Fixtures;

namespace AccountApplications.Tests.Infra;

/// <summary>What README's table says of <c>host.json</c>, and the file that is deployed.</summary>
public sealed partial class HostJsonTests
{
    private static readonly List<(string Path, string Value)> Deployed = [.. Leaves(
        JsonSerializer.Deserialize<JsonElement>(File.ReadAllText(Path.Combine(TestHost.FolderOf("AccountApplications.Functions"), "host.json"))), "")];

    /// <summary>Names, or the ends of names, and their value where the table has one.</summary>
    private static readonly List<(string Path, string? Value)> Said = [.. File.ReadLines(Path.Combine(Bicep.Root, "README.md"))
        .SkipWhile(line => !line.StartsWith("`host.json` carries", StringComparison.Ordinal)).Skip(4)
        .TakeWhile(line => line.StartsWith('|')).Select(line => line.Split('|')[1].Split('='))
        .SelectMany(cell => Code().Matches(cell[0]).Select(name => (name.Groups[1].Value, cell.ElementAtOrDefault(1)?.Trim(' ', '`'))))];

    [Fact]
    public void Table_OfTheReadme_SaysWhatIsInTheFile()
    {
        Assert.NotEmpty(Said);
        Assert.All(Said, said =>
        {
            var found = Deployed.Where(setting => Names(said.Path, setting.Path)).ToList();
            Assert.True(found.Count > 0, $"host.json has no {said.Path}.");
            if (said.Value is { } value)
                Assert.Equal(Written(value), Assert.Single(found).Value);
        });
    }

    [Fact]
    public void DurableSettings_OfTheFile_AreInTheReadme() => Assert.All(
        Deployed.Where(setting => setting.Path.StartsWith("extensions.", StringComparison.Ordinal)),
        setting => Assert.True(Said.Exists(said => Names(said.Path, setting.Path)), $"README's table has no {setting.Path}."));

    // A section's name stands for all that is in it.
    private static bool Names(string said, string path) => $".{path}.".Contains($".{said}.", StringComparison.Ordinal);

    /// <summary>A value as host.json has it.</summary>
    private static string Written(string value) => Time().Match(value) is { Success: true } time
        ? TimeSpan.FromSeconds(int.Parse(time.Groups[1].Value, CultureInfo.InvariantCulture) * (time.Groups[2].Value == "min" ? 60 : 1)).ToString()
        : value.Trim('"');

    private static IEnumerable<(string Path, string Value)> Leaves(JsonElement json, string path) => json.ValueKind == JsonValueKind.Object
        ? json.EnumerateObject().SelectMany(member => Leaves(member.Value, path.Length == 0 ? member.Name : $"{path}.{member.Name}"))
        : [(path, json.ToString())];

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Code();

    [GeneratedRegex("^([0-9]+) (s|min)$")]
    private static partial Regex Time();
}
