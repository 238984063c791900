using System.Text;

namespace Registry.Core.Catalog;

/// <summary>
/// An immutable run of neighbouring entries. A change rebuilds only the chunks of the packages that changed, and shares
/// the others together with their search text.
/// </summary>
/// <param name="entries">The entries, sorted by name. Never empty, and never modified afterwards.</param>
internal sealed class CatalogChunk(CatalogEntry[] entries)
{
    /// <summary>
    /// Small enough to rebuild a chunk in about ten microseconds, and large enough to keep the list of chunks short.
    /// </summary>
    public const int MaxEntries = 512;

    /// <summary>Separates names in the search text; no name contains it.</summary>
    private const byte Separator = (byte)'\n';

    /// <summary>
    /// Created by the first search, or by several concurrent ones. A reference, so that it is published whole.
    /// </summary>
    private SearchText? names;

    /// <summary>As <see cref="names"/>, with the descriptions and keywords of charts.</summary>
    private SearchText? mentions;

    public ReadOnlySpan<CatalogEntry> Entries => entries;

    public CatalogEntry First => entries[0];

    /// <summary>Splits sorted entries into chunks that leave room to grow.</summary>
    public static IEnumerable<CatalogChunk> Split(List<CatalogEntry> sorted)
    {
        var size = sorted.Count <= MaxEntries ? MaxEntries : MaxEntries / 2;
        for (var start = 0; start < sorted.Count; start += size)
            yield return new CatalogChunk([.. sorted.GetRange(start, Math.Min(size, sorted.Count - start))]);
    }

    /// <summary>
    /// Returns the index of the first entry whose name is not below <paramref name="name"/> in ordinal order; the
    /// number of entries when there is none.
    /// </summary>
    public int LowerBound(string name) =>
        SortedSpan.LowerBound(
            Entries, name, static (entry, name) => string.CompareOrdinal(entry.Name.Value, name) < 0);

    /// <summary>
    /// Returns the index of the first entry at or after <paramref name="from"/> whose name contains a lower-case
    /// pattern; -1 when there is none.
    /// </summary>
    public int IndexOf(ReadOnlySpan<byte> pattern, int from) =>
        from < entries.Length ? (names ??= SearchText.OfNames(entries)).IndexOf(pattern, from) : -1;

    /// <summary>
    /// Returns the index of the first entry at or after <paramref name="from"/> whose name, description or keywords
    /// contain a lower-case pattern without white space; -1 when there is none.
    /// </summary>
    public int IndexOfMention(ReadOnlySpan<byte> pattern, int from) =>
        from < entries.Length ? (mentions ??= SearchText.OfMentions(entries)).IndexOf(pattern, from) : -1;

    /// <summary>
    /// Whether the name, description and keywords of an entry contain all of some lower-case patterns.
    /// </summary>
    public bool Mentions(int index, ReadOnlySpan<byte[]> patterns)
    {
        var text = (mentions ??= SearchText.OfMentions(entries)).Of(index);
        foreach (var pattern in patterns)
            if (text.IndexOf(pattern) < 0)
                return false;
        return true;
    }

    /// <summary>Returns the chunks that replace this one after some changes.</summary>
    /// <param name="changes">The changes, sorted by name.</param>
    public IEnumerable<CatalogChunk> With(ReadOnlySpan<CatalogChange> changes)
    {
        var merged = new List<CatalogEntry>(entries.Length + changes.Length);
        var index = 0;
        foreach (var change in changes)
        {
            for (; index < entries.Length && entries[index].Name < change.Name; index++)
                merged.Add(entries[index]);
            if (index < entries.Length && entries[index].Name == change.Name)
                index++;
            if (change.Entry is { } entry)
                merged.Add(entry);
        }

        merged.AddRange(entries.AsSpan(index));
        return Split(merged);
    }

    /// <summary>The text that searches scan.</summary>
    /// <param name="text">The texts of all entries in lower case, each followed by a separator.</param>
    /// <param name="starts">The offset of each text.</param>
    private sealed class SearchText(byte[] text, int[] starts)
    {
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
                names[offset++] = Separator;
            }

            return new SearchText(names, starts);
        }

        public static SearchText OfMentions(CatalogEntry[] entries)
        {
            var starts = new int[entries.Length];
            using var text = new MemoryStream();
            for (var i = 0; i < entries.Length; i++)
            {
                starts[i] = (int)text.Length;
                var mention = entries[i].Chart is { } chart
                    ? $"{entries[i].Name} {chart.Description} {string.Join(' ', chart.Keywords)}"
                    : entries[i].Name.Value;
                text.Write(Encoding.UTF8.GetBytes(mention.ToLowerInvariant()));
                text.WriteByte(Separator);
            }

            return new SearchText(text.ToArray(), starts);
        }

        public ReadOnlySpan<byte> Of(int index) =>
            text.AsSpan()[starts[index]..(index + 1 < starts.Length ? starts[index + 1] : text.Length)];

        public int IndexOf(ReadOnlySpan<byte> pattern, int from)
        {
            var found = text.AsSpan(starts[from]).IndexOf(pattern);
            if (found < 0)
                return -1;
            var index = Array.BinarySearch(starts, starts[from] + found);
            return index >= 0 ? index : ~index - 1;
        }
    }
}

/// <summary>The new entry of a package; null when the package no longer exists.</summary>
internal readonly record struct CatalogChange(Packages.PackageName Name, CatalogEntry? Entry);
