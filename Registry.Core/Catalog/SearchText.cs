using System.Text;

namespace Registry.Core.Catalog;

/// <summary>The text that searches scan: one run of bytes for the entries of a chunk.</summary>
/// <param name="text">The texts of all entries in lower case, each followed by <see cref="End"/>.</param>
/// <param name="starts">The offset of each text.</param>
internal sealed class SearchText(byte[] text, int[] starts)
{
    /// <summary>Ends the text of an entry; no name contains it.</summary>
    public const byte End = (byte)'\n';

    /// <summary>Ends the names, and then the keywords, of a mention.</summary>
    public const byte PartEnd = (byte)'\t';

    /// <summary>Separates names, and keywords, of a mention.</summary>
    public const byte Next = (byte)'\v';

    /// <summary>Creates the text with the full names.</summary>
    public static SearchText OfNames(CatalogEntry[] entries)
    {
        var names = new byte[entries.Sum(entry => entry.Name.Value.Length + 1)];
        var starts = new int[entries.Length];
        var offset = 0;
        for (var i = 0; i < entries.Length; i++)
        {
            starts[i] = offset;
            var name = entries[i].Name.Value;
            Ascii.ToLower(name, names.AsSpan(offset), out var written);
            offset += written;
            names[offset++] = End;
        }

        return new SearchText(names, starts);
    }

    /// <summary>
    /// Creates the text with mentions: the names, the keywords and the description. Names and keywords with separators
    /// are also included without them, so that a search for <c>argocd</c> finds <c>argo-cd</c>.
    /// </summary>
    public static SearchText OfMentions(CatalogEntry[] entries)
    {
        var starts = new int[entries.Length];
        using var text = new MemoryStream();
        for (var i = 0; i < entries.Length; i++)
        {
            starts[i] = (int)text.Length;
            var mention = new StringBuilder(entries[i].Name.Value);
            AppendJoined(mention, entries[i].Name.Name);
            mention.Append((char)PartEnd);
            var chart = entries[i].Chart;
            foreach (var keyword in chart?.Keywords ?? [])
            {
                mention.Append(keyword);
                AppendJoined(mention, keyword);
                mention.Append((char)Next);
            }

            mention.Append((char)PartEnd).Append(chart?.Description);
            text.Write(Encoding.UTF8.GetBytes(mention.ToString().ToLowerInvariant()));
            text.WriteByte(End);
        }

        return new SearchText(text.ToArray(), starts);
    }

    /// <summary>Returns the text of an entry.</summary>
    public ReadOnlySpan<byte> Of(int index) =>
        text.AsSpan()[starts[index]..(index + 1 < starts.Length ? starts[index + 1] : text.Length)];

    /// <summary>
    /// Returns the index of the first entry at or after <paramref name="from"/> whose text contains a pattern; -1 when
    /// there is none.
    /// </summary>
    public int IndexOf(ReadOnlySpan<byte> pattern, int from)
    {
        var found = text.AsSpan(starts[from]).IndexOf(pattern);
        if (found < 0)
            return -1;
        var index = Array.BinarySearch(starts, starts[from] + found);
        return index >= 0 ? index : ~index - 1;
    }

    private static void AppendJoined(StringBuilder mention, string name)
    {
        var joined = SearchWords.Join(name);
        if (joined != name)
            mention.Append((char)Next).Append(joined);
    }
}
