using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using Registry.Core.Packages;

namespace Registry.Core.Catalog;

/// <summary>
/// The catalog at one moment; never changes. What did not change since the view before is shared with it.
/// </summary>
public sealed class PackageCatalogView
{
    /// <summary>What a name is made of.</summary>
    private static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-/");

    private readonly ImmutableArray<CatalogChunk> chunks;

    private PackageCatalogView(ImmutableArray<CatalogChunk> chunks, int count, UInt128 fingerprint) =>
        (this.chunks, Count, Fingerprint) = (chunks, count, fingerprint);

    /// <summary>No packages.</summary>
    public static PackageCatalogView Empty { get; } = new([], 0, 0);

    /// <summary>How many packages there are.</summary>
    public int Count { get; }

    /// <summary>Of all packages together: equal views, and only those, have equal ones.</summary>
    public UInt128 Fingerprint { get; }

    /// <summary>Every package, by name in ordinal order.</summary>
    public IEnumerable<CatalogEntry> Entries => From("");

    /// <summary>A package; null when there is none of this name.</summary>
    public CatalogEntry? Find(PackageName name)
    {
        var (chunk, at) = LowerBound(name.Value);
        return chunk < chunks.Length
            && at < chunks[chunk].Entries.Length
            && chunks[chunk].Entries[at] is var entry
            && entry.Name == name ? entry : null;
    }

    /// <summary>The packages whose names are not below a text in ordinal order, by name.</summary>
    public IEnumerable<CatalogEntry> From(string name)
    {
        var (chunk, at) = LowerBound(name);
        for (; chunk < chunks.Length; chunk++, at = 0)
            for (; at < chunks[chunk].Entries.Length; at++)
                yield return chunks[chunk].Entries[at];
    }

    /// <summary>Of the packages from a name on, those whose names contain a text, whatever its case, by name.</summary>
    public IEnumerable<CatalogEntry> Containing(string text, string from)
    {
        // No sign outside ASCII is the other case of one within, and names have none.
        if (text.AsSpan().ContainsAnyExcept(NameCharacters))
            yield break;
        var pattern = Encoding.ASCII.GetBytes(text.ToLowerInvariant());
        var (chunk, at) = LowerBound(from);
        for (; chunk < chunks.Length; chunk++, at = 0)
            while ((at = chunks[chunk].IndexOf(pattern, at)) >= 0)
                yield return chunks[chunk].Entries[at++];
    }

    /// <summary>The view after some changes.</summary>
    internal PackageCatalogView With(IEnumerable<CatalogChange> changes)
    {
        var (count, fingerprint) = (Count, Fingerprint);
        CatalogChange[] sorted = [.. changes];
        Array.Sort(sorted, static (left, right) => left.Name.CompareTo(right.Name));
        foreach (var (name, entry) in sorted)
        {
            var known = Find(name);
            count += (entry is null ? 0 : 1) - (known is null ? 0 : 1);
            fingerprint = unchecked(fingerprint - (known?.Fingerprint ?? 0) + (entry?.Fingerprint ?? 0));
        }

        if (chunks.IsEmpty)
            return new PackageCatalogView(
                [.. CatalogChunk.Of([.. sorted.Select(static change => change.Entry).OfType<CatalogEntry>()])],
                count,
                fingerprint);
        var next = ImmutableArray.CreateBuilder<CatalogChunk>(chunks.Length + 1);
        var (start, end) = (0, 0);
        for (var i = 0; i < chunks.Length; i++, start = end)
        {
            while (end < sorted.Length && (i + 1 == chunks.Length || sorted[end].Name < chunks[i + 1].First.Name))
                end++;
            if (start == end)
                next.Add(chunks[i]);
            else
                next.AddRange(chunks[i].With(sorted.AsSpan(start..end)));
        }

        return new PackageCatalogView(next.DrainToImmutable(), count, fingerprint);
    }

    /// <summary>
    /// Where the first name lies that is not below a text: a chunk, and an index in it, which may be its end where the
    /// next chunk begins.
    /// </summary>
    private (int Chunk, int At) LowerBound(string name)
    {
        var (low, high) = (0, chunks.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (string.CompareOrdinal(chunks[middle].First.Name.Value, name) <= 0)
                low = middle + 1;
            else
                high = middle;
        }

        return low == 0 ? (0, 0) : (low - 1, chunks[low - 1].LowerBound(name));
    }
}
