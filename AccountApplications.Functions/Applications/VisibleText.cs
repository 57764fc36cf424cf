using System.Globalization;
using System.Text;

namespace AccountApplications.Functions.Applications;

/// <summary>Tells text that somebody can see from text that only seems to be there.</summary>
internal static class VisibleText
{
    private const int BlankBraille = 0x2800;

    // Default_Ignorable_Code_Point of Unicode's DerivedCoreProperties, without those that are of the category Format as well.
    private static readonly (int First, int Last)[] Ignorable =
    [
        (0x034F, 0x034F), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x2065, 0x2065), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFFA0, 0xFFA0),
        (0xFFF0, 0xFFF8), (0xE0000, 0xE0FFF),
    ];

    /// <summary>Whether nothing in the text, code point by code point, is to be seen.</summary>
    public static bool IsBlank(string text) => text.EnumerateRunes().All(IsInvisible);

    private static bool IsInvisible(Rune rune) =>
        Rune.IsWhiteSpace(rune)
        || Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format
        || rune.Value == BlankBraille
        || Array.Exists(Ignorable, range => rune.Value >= range.First && rune.Value <= range.Last);
}
