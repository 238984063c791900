using System.Numerics;
using System.Text;

namespace Registry.Core.Catalog;

/// <summary>Words of searches and of the text that they scan: runs of letters and digits.</summary>
internal static class SearchWords
{
    /// <summary>Returns the words of a text, in lower case and UTF-8.</summary>
    public static IEnumerable<byte[]> Of(string text)
    {
        var start = 0;
        for (var end = 0; end <= text.Length; end++)
            if (end == text.Length || !IsPart(text[end]))
            {
                if (end > start)
                    yield return Encoding.UTF8.GetBytes(text[start..end].ToLowerInvariant());
                start = end + 1;
            }
    }

    /// <summary>Returns a text without the separators of its words, such as <c>argocd</c> for <c>argo-cd</c>.</summary>
    public static string Join(string text) => text.All(IsPart) ? text : string.Concat(text.Where(IsPart));

    /// <summary>Whether a byte of a text in lower case is part of a word. Characters outside ASCII are.</summary>
    public static bool IsPart(byte letter) =>
        letter is (>= (byte)'a' and <= (byte)'z') or (>= (byte)'0' and <= (byte)'9') or >= 0x80;

    /// <summary>
    /// Returns the edit distance of two words: the insertions, removals, replacements and swaps of neighbors that turn
    /// one into the other.
    /// </summary>
    /// <param name="left">One word.</param>
    /// <param name="right">The other word, a short one: its length decides how much of the stack is used.</param>
    public static int DistanceOf(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        var width = right.Length + 1;
        Span<int> above = stackalloc int[width];
        Span<int> before = stackalloc int[width];
        Span<int> current = stackalloc int[width];
        for (var j = 0; j < width; j++)
            before[j] = j;
        for (var i = 0; i < left.Length; i++)
        {
            current[0] = i + 1;
            for (var j = 0; j < right.Length; j++)
            {
                var cost = Math.Min(
                    before[j] + (left[i] == right[j] ? 0 : 1), Math.Min(before[j + 1], current[j]) + 1);
                if (i > 0 && j > 0 && left[i] == right[j - 1] && left[i - 1] == right[j])
                    cost = Math.Min(cost, above[j - 1] + 1);
                current[j + 1] = cost;
            }

            var free = above;
            above = before;
            before = current;
            current = free;
        }

        return before[^1];
    }

    /// <summary>Returns a set with a letter. Different letters may share an element.</summary>
    public static uint SetOf(byte letter) => 1u << (letter & 31);

    /// <summary>
    /// Returns how many letters one of two sets has and the other lacks: at most the distance of their words, because
    /// each edit adds at most one letter and removes at most one.
    /// </summary>
    public static int DifferenceOf(uint left, uint right) =>
        Math.Max(BitOperations.PopCount(left & ~right), BitOperations.PopCount(right & ~left));

    // A letter outside the basic plane is two surrogates.
    private static bool IsPart(char letter) => char.IsLetterOrDigit(letter) || char.IsSurrogate(letter);
}
