using System.Text;

namespace Registry.Core.Catalog;

/// <summary>
/// A run of neighbouring entries, never changed: a change of some packages makes anew the few chunks that they are in,
/// and shares the others, each with the text that a search runs over.
/// </summary>
/// <param name="entries">By name; never empty, and not written to any more.</param>
internal sealed class CatalogChunk(CatalogEntry[] entries)
{
    /// <summary>
    /// Few enough that a changed one is made anew in some ten microseconds, and that a list of all of them is short.
    /// </summary>
    public const int MaxEntries = 512;

    /// <summary>Between names; no name holds it.</summary>
    private const byte Separator = (byte)'\n';

    /// <summary>
    /// Made by the first search; by several, where they come at once. A reference, so that it is there whole or not at
    /// all.
    /// </summary>
    private SearchText? text;

    public ReadOnlySpan<CatalogEntry> Entries => entries;

    public CatalogEntry First => entries[0];

    /// <summary>Splits sorted entries into chunks that leave room to grow.</summary>
    public static IEnumerable<CatalogChunk> Of(List<CatalogEntry> sorted)
    {
        var size = sorted.Count <= MaxEntries ? MaxEntries : MaxEntries / 2;
        for (var start = 0; start < sorted.Count; start += size)
            yield return new CatalogChunk([.. sorted.GetRange(start, Math.Min(size, sorted.Count - start))]);
    }

    /// <summary>
    /// The first entry whose name is not below a text in ordinal order; their number where there is none.
    /// </summary>
    public int LowerBound(string name)
    {
        var (low, high) = (0, entries.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (string.CompareOrdinal(entries[middle].Name.Value, name) < 0)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }

    /// <summary>The first entry from an index on whose name contains a pattern in lower case; -1 for none.</summary>
    public int IndexOf(ReadOnlySpan<byte> pattern, int from)
    {
        if (from >= entries.Length)
            return -1;
        var (names, starts) = text ??= SearchText.Of(entries);
        var found = names.AsSpan(starts[from]).IndexOf(pattern);
        if (found < 0)
            return -1;
        var at = Array.BinarySearch(starts, starts[from] + found);
        return at >= 0 ? at : ~at - 1;
    }

    /// <summary>The entries after some changes.</summary>
    /// <param name="changes">By name; null for a package that went.</param>
    public IEnumerable<CatalogChunk> With(ReadOnlySpan<CatalogChange> changes)
    {
        var merged = new List<CatalogEntry>(entries.Length + changes.Length);
        var at = 0;
        foreach (var change in changes)
        {
            for (; at < entries.Length && entries[at].Name < change.Name; at++)
                merged.Add(entries[at]);
            if (at < entries.Length && entries[at].Name == change.Name)
                at++;
            if (change.Entry is { } entry)
                merged.Add(entry);
        }

        merged.AddRange(entries.AsSpan(at));
        return Of(merged);
    }

    /// <summary>What a search runs over.</summary>
    /// <param name="Names">All names in lower case, each followed by a separator.</param>
    /// <param name="Starts">Where each begins.</param>
    private sealed record SearchText(byte[] Names, int[] Starts)
    {
        public static SearchText Of(CatalogEntry[] entries)
        {
            var names = new byte[entries.Sum(entry => entry.Name.Value.Length + 1)];
            var starts = new int[entries.Length];
            var at = 0;
            for (var i = 0; i < entries.Length; i++)
            {
                starts[i] = at;
                var name = entries[i].Name.Value;
                Ascii.ToLower(name, names.AsSpan(at), out var written);
                at += written;
                names[at++] = Separator;
            }

            return new SearchText(names, starts);
        }
    }
}

/// <summary>A package as it is now; null where it went.</summary>
internal readonly record struct CatalogChange(Packages.PackageName Name, CatalogEntry? Entry);
