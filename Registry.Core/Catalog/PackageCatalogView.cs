using System.Buffers;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text;
using Registry.Core.Access;
using Registry.Core.Packages;

namespace Registry.Core.Catalog;

/// <summary>
/// An immutable snapshot of the catalog. It shares the chunks that did not change with the view before it.
/// </summary>
public sealed class PackageCatalogView
{
    /// <summary>The characters of a package's full name.</summary>
    private static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-/");

    private readonly ImmutableArray<CatalogChunk> chunks;

    /// <summary>The scopes that decide which packages are visible; null when all are.</summary>
    private readonly ScopeSet? visibleTo;

    /// <summary>What callers see of this view, by what they may pull; created on first use.</summary>
    private volatile VisibleViews? visible;

    /// <summary>Created on first use; concurrent callers may create it twice, with equal content.</summary>
    private volatile CatalogOverview? overview;

    private PackageCatalogView(ImmutableArray<CatalogChunk> chunks, int count, int releases, UInt128 fingerprint)
    {
        (this.chunks, Count, Releases, Fingerprint) = (chunks, count, releases, fingerprint);
        Whole = this;
    }

    private PackageCatalogView(PackageCatalogView whole, ScopeSet visibleTo)
    {
        (Whole, chunks, this.visibleTo) = (whole, whole.chunks, visibleTo);
        foreach (var entry in Entries)
        {
            Count++;
            Releases += entry.Releases.Length;
            Fingerprint = unchecked(Fingerprint + entry.Fingerprint);
        }
    }

    /// <summary>The view without packages.</summary>
    public static PackageCatalogView Empty { get; } = new([], 0, 0, 0);

    /// <summary>The number of packages.</summary>
    public int Count { get; }

    /// <summary>The number of releases of these packages.</summary>
    public int Releases { get; }

    /// <summary>The fingerprint of all packages together: equal for equal views only.</summary>
    public UInt128 Fingerprint { get; }

    /// <summary>The view of all packages that this one is a part of; itself when it has all.</summary>
    public PackageCatalogView Whole { get; }

    /// <summary>The totals of the packages.</summary>
    public CatalogOverview Overview => overview ??= CatalogOverview.Of(this);

    /// <summary>All packages, sorted by name in ordinal order.</summary>
    public IEnumerable<CatalogEntry> Entries => From("");

    /// <summary>Finds a package; null when it does not exist.</summary>
    public CatalogEntry? Find(PackageName name)
    {
        var (chunk, index) = LowerBound(name.Value);
        return chunk < chunks.Length
            && index < chunks[chunk].Entries.Length
            && chunks[chunk].Entries[index] is var entry
            && entry.Name == name
            && IsVisible(entry) ? entry : null;
    }

    /// <summary>
    /// Returns the view of the packages that a caller may pull. Its lists, counts and fingerprint leave out all others.
    /// Callers who may pull the same packages share one instance.
    /// </summary>
    public PackageCatalogView VisibleTo(ScopeSet scopes)
    {
        ArgumentNullException.ThrowIfNull(scopes);
        if (scopes.PullsAllPackages)
            return Whole;
        var views = Whole.visible ??= new VisibleViews();
        return views.GetOrAdd(scopes.PackagePulls, () => new PackageCatalogView(Whole, scopes));
    }

    /// <summary>
    /// Returns the packages whose names are not below <paramref name="name"/> in ordinal order, sorted by name.
    /// </summary>
    public IEnumerable<CatalogEntry> From(string name) => Visible(name, AllFrom, static entry => entry);

    private IEnumerable<CatalogEntry> AllFrom(string name, Func<string, bool> isPast)
    {
        var (chunk, index) = LowerBound(name);
        for (; chunk < chunks.Length && !isPast(chunks[chunk].First.Name.Value); chunk++, index = 0)
            for (; index < chunks[chunk].Entries.Length; index++)
                yield return chunks[chunk].Entries[index];
    }

    /// <summary>
    /// Returns the packages at or after the name <paramref name="from"/> whose names contain a text, compared without
    /// regard to case, sorted by name.
    /// </summary>
    public IEnumerable<CatalogEntry> Containing(string text, string from)
    {
        // Names are ASCII, and no character outside ASCII equals one of its letters in another case.
        if (text.AsSpan().ContainsAnyExcept(NameCharacters))
            yield break;
        var pattern = Encoding.ASCII.GetBytes(text.ToLowerInvariant());
        foreach (var entry in Visible(
            from, (start, isPast) => AllContaining(pattern, start, isPast), static entry => entry))
            yield return entry;
    }

    private IEnumerable<CatalogEntry> AllContaining(byte[] pattern, string from, Func<string, bool> isPast)
    {
        var (chunk, index) = LowerBound(from);
        for (; chunk < chunks.Length && !isPast(chunks[chunk].First.Name.Value); chunk++, index = 0)
            while ((index = chunks[chunk].IndexOf(pattern, index)) >= 0)
                yield return chunks[chunk].Entries[index++];
    }

    /// <summary>
    /// Returns the packages at or after the name <paramref name="from"/> that a search finds, sorted by name.
    /// </summary>
    /// <param name="ranking">The search.</param>
    /// <param name="from">The name.</param>
    internal IEnumerable<RankedEntry> Ranked(ISearchRanking ranking, string from) =>
        Visible(from, (start, isPast) => AllRanked(ranking, start, isPast), static ranked => ranked.Entry);

    private IEnumerable<RankedEntry> AllRanked(ISearchRanking ranking, string from, Func<string, bool> isPast)
    {
        var (chunk, index) = LowerBound(from);
        for (; chunk < chunks.Length && !isPast(chunks[chunk].First.Name.Value); chunk++, index = 0)
            for (; (index = chunks[chunk].IndexOfMention(ranking.Required, index)) >= 0; index++)
                if (ranking.RankOf(chunks[chunk].MentionOf(index)) is { } rank)
                    yield return new RankedEntry(chunks[chunk].Entries[index], rank);
    }

    private bool IsVisible(CatalogEntry entry) =>
        visibleTo?.Allows(AccessActions.Pull, AccessResource.Package(entry.Name.Value)) != false;

    /// <summary>
    /// Returns the visible packages of a sorted enumeration, which is read only where there may be some.
    /// </summary>
    /// <param name="from">The name at which the enumeration starts.</param>
    /// <param name="enumerate">
    /// Enumerates all packages from a name on, in steps of a chunk until one begins past the end. A search yields only
    /// what it finds, so it would otherwise go on among packages that the caller does not see.
    /// </param>
    /// <param name="entryOf">Returns the package of an element.</param>
    private IEnumerable<T> Visible<T>(
        string from, Func<string, Func<string, bool>, IEnumerable<T>> enumerate, Func<T, CatalogEntry> entryOf) =>
        visibleTo is null ? enumerate(from, static _ => false) : visibleTo.PackageRanges
            .Where(range => !range.EndsBefore(from))
            .SelectMany(range =>
                enumerate(string.CompareOrdinal(from, range.From) < 0 ? range.From : from, range.EndsBefore)
                    .TakeWhile(element => !range.EndsBefore(entryOf(element).Name.Value))
                    .Where(element => range.IsWhole || IsVisible(entryOf(element))));

    /// <summary>Returns the view after some changes.</summary>
    internal PackageCatalogView With(IEnumerable<CatalogChange> changes)
    {
        var (count, releases, fingerprint) = (Count, Releases, Fingerprint);
        CatalogChange[] sorted = [.. changes];
        Array.Sort(sorted, static (left, right) => left.Name.CompareTo(right.Name));
        foreach (var (name, entry) in sorted)
        {
            var known = Find(name);
            count += (entry is null ? 0 : 1) - (known is null ? 0 : 1);
            releases += (entry?.Releases.Length ?? 0) - (known?.Releases.Length ?? 0);
            fingerprint = unchecked(fingerprint - (known?.Fingerprint ?? 0) + (entry?.Fingerprint ?? 0));
        }

        if (chunks.IsEmpty)
            return new PackageCatalogView(
                [.. CatalogChunk.Split([.. sorted.Select(static change => change.Entry).OfType<CatalogEntry>()])],
                count,
                releases,
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

        return new PackageCatalogView(next.DrainToImmutable(), count, releases, fingerprint);
    }

    /// <summary>
    /// Returns the position of the first name that is not below <paramref name="name"/>: a chunk, and an index in it.
    /// The index is the length of the chunk when the position is the beginning of the next chunk.
    /// </summary>
    private (int Chunk, int Index) LowerBound(string name)
    {
        var next = SortedSpan.LowerBound(
            chunks.AsSpan(), name, static (chunk, name) => string.CompareOrdinal(chunk.First.Name.Value, name) <= 0);
        return next == 0 ? (0, 0) : (next - 1, chunks[next - 1].LowerBound(name));
    }
}

/// <summary>The parts of one view that callers see.</summary>
internal sealed class VisibleViews
{
    /// <summary>
    /// The maximum number of parts in memory. When it is exceeded, all are dropped; those in use are soon created
    /// again.
    /// </summary>
    private const int MaxCount = 256;

    private readonly ConcurrentDictionary<string, PackageCatalogView> views = new(StringComparer.Ordinal);

    public PackageCatalogView GetOrAdd(string pulls, Func<PackageCatalogView> create)
    {
        if (views.TryGetValue(pulls, out var known))
            return known;
        if (views.Count >= MaxCount)
            views.Clear();
        return views.GetOrAdd(pulls, _ => create());
    }
}
