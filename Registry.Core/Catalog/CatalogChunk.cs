namespace Registry.Core.Catalog;

/// <summary>
/// An immutable run of neighboring entries. A change rebuilds only the chunks of the packages that changed, and shares
/// the others together with their search text.
/// </summary>
/// <param name="entries">The entries, sorted by name. Never empty, and never modified afterwards.</param>
internal sealed class CatalogChunk(CatalogEntry[] entries)
{
    /// <summary>
    /// Small enough to rebuild a chunk in about ten microseconds, and large enough to keep the list of chunks short.
    /// </summary>
    public const int MaxEntries = 512;

    /// <summary>
    /// Created by the first search; concurrent searches may create it twice. A class, so that it is published
    /// atomically.
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
    /// contain a lower-case pattern of letters and digits; -1 when there is none.
    /// </summary>
    public int IndexOfMention(ReadOnlySpan<byte> pattern, int from) =>
        from < entries.Length ? (mentions ??= SearchText.OfMentions(entries)).IndexOf(pattern, from) : -1;

    /// <summary>Returns the mention of an entry: see <see cref="SearchText.OfMentions"/>.</summary>
    public ReadOnlySpan<byte> MentionOf(int index) => (mentions ??= SearchText.OfMentions(entries)).Of(index);

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
}

/// <summary>The new entry of a package; null when the package no longer exists.</summary>
internal readonly record struct CatalogChange(Packages.PackageName Name, CatalogEntry? Entry);
