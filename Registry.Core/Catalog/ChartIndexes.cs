using System.Buffers;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Registry.Core.Access;
using Registry.Core.Charts;
using Registry.Core.Content;
using Registry.Core.Documents;
using Registry.Core.Errors;
using Registry.Core.Packages;
using Registry.Core.Storage;
using Registry.Core.Versions;

namespace Registry.Core.Catalog;

/// <summary>
/// The indexes of Helm repositories: one for each namespace, made from the package indexes. The entries of a package
/// are cached until it changes, so a push costs the entries of one package. Memory does not grow with a namespace.
/// </summary>
/// <param name="catalog">The packages.</param>
/// <param name="indexes">The indexes of the packages.</param>
/// <param name="releases">Reads the metadata of charts.</param>
/// <param name="completion">Requests the completion of releases that an earlier version stored.</param>
/// <param name="options">The memory of the cache.</param>
public sealed class ChartIndexes(
    PackageCatalog catalog,
    PackageIndexes indexes,
    DerivedReleases releases,
    CompletionRequests completion,
    ChartIndexOptions options)
{
    private const int MaxConcurrentReads = 8;

    /// <summary>The maximum memory for namespaces, in bytes. Callers with other rights have others.</summary>
    private const long MaxNamespaceBytes = 8L << 20;

    /// <summary>The memory of a namespace without its packages, in bytes, with its entry in the cache.</summary>
    private const int NamespaceBytes = 500;

    /// <summary>The memory of a package in a namespace, in bytes: a reference.</summary>
    private const int ReferenceBytes = 8;

    private readonly SecondChanceCache<PackageName, ChartEntries> cache = new(options.MaxEntryBytes);
    private volatile ViewNamespaces current = new(PackageCatalogView.Empty);

    /// <summary>How the cache of entries has been used.</summary>
    public CacheUsage Usage => cache.Usage;

    /// <summary>
    /// Returns the packages of a namespace that a caller may pull. It includes every change acknowledged before.
    /// </summary>
    /// <param name="namespace">The namespace; empty for packages without one.</param>
    /// <param name="scopes">What the caller may do.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="Errors.RegistryException">
    /// <see cref="Errors.ErrorCode.Unavailable"/>: releases of an earlier version are still being completed.
    /// </exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async Task<ChartNamespace> GetAsync(
        string @namespace, ScopeSet scopes, CancellationToken cancellationToken)
    {
        var view = (await catalog.GetAsync(cancellationToken)).VisibleTo(scopes);
        var known = current;
        if (!ReferenceEquals(known.View, view.Whole))
            current = known = new ViewNamespaces(view.Whole);
        var charts = known.Of(view, @namespace);
        return charts.IsIncomplete ? throw Incomplete(@namespace) : charts;
    }

    /// <summary>
    /// Reads the entries of packages, in order, several at a time. A package that changes in the meantime is newer than
    /// the namespace, never older; one that was deleted in the meantime is left out.
    /// </summary>
    /// <param name="charts">The namespace.</param>
    /// <param name="packages">The packages: some of <see cref="ChartNamespace.Entries"/>.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async IAsyncEnumerable<ChartEntries> ReadAsync(
        ChartNamespace charts,
        IEnumerable<CatalogEntry> packages,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var reading = new Queue<Task<ChartEntries?>>();
        try
        {
            using var rest = packages.GetEnumerator();
            for (var hasMore = true; hasMore || reading.Count > 0;)
            {
                while (hasMore && reading.Count < MaxConcurrentReads && (hasMore = rest.MoveNext()))
                    reading.Enqueue(GetAsync(charts, rest.Current, cancellationToken).AsTask());
                if (reading.Count > 0 && await reading.Dequeue() is { } entries)
                    yield return entries;
            }
        }
        finally
        {
            // The caller no longer waits for these packages, so their failures do not matter.
            foreach (var unread in reading)
                await ((Task)unread).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Returns the entries of one package; null when it does not exist.</summary>
    /// <param name="package">The package, which the caller may pull.</param>
    /// <param name="scopes">What the caller may do.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="Errors.RegistryException">
    /// <see cref="Errors.ErrorCode.Unavailable"/>: releases of an earlier version are still being completed.
    /// </exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async Task<ChartEntries?> FindAsync(
        PackageName package, ScopeSet scopes, CancellationToken cancellationToken)
    {
        var charts = await GetAsync(package.Namespace, scopes, cancellationToken);
        return charts.Entries.FirstOrDefault(entry => entry.Name == package) is { } found
            ? await GetAsync(charts, found, cancellationToken)
            : null;
    }

    private RegistryException Incomplete(string @namespace)
    {
        completion.Request();
        return ChartIndexErrors.Incomplete(@namespace);
    }

    private async ValueTask<ChartEntries?> GetAsync(
        ChartNamespace charts, CatalogEntry package, CancellationToken cancellationToken)
    {
        ImmutableArray<CatalogEntry> shadows = [.. ChartListing.ShadowsOf(package.Name, charts.View)];
        var known = cache.Peek(package.Name);
        var isCurrent = known is not null
            && known.Fingerprint == package.Fingerprint
            && known.Shadows.SequenceEqual(shadows);
        cache.Count(isCurrent);
        if (isCurrent)
            return known;
        if (await indexes.FindAsync(package.Name, cancellationToken) is not { } snapshot)
            return null;
        var entries = await MakeAsync(snapshot, shadows, cancellationToken);
        cache.Set(package.Name, entries, entries.Bytes);
        return entries;
    }

    private async Task<ChartEntries> MakeAsync(
        DocumentSnapshot<PackageIndex> snapshot,
        ImmutableArray<CatalogEntry> shadows,
        CancellationToken cancellationToken)
    {
        var index = snapshot.State;
        var json = new ArrayBufferWriter<byte>();
        var entries = ImmutableArray.CreateBuilder<(Release, int, int)>();
        var unlisted = ImmutableArray.CreateBuilder<UnlistedChart>();
        using var reader = new ReleaseMetadataReader();
        foreach (var manifest in index.Manifests.Where(static manifest => manifest.MediaType == MediaType.Helm))
        {
            var artifact = manifest.Artifact ?? throw Incomplete(index.Name.Namespace);
            if (ChartListing.ReasonUnlisted(index.Name, manifest, shadows) is { } reason)
            {
                unlisted.Add(new UnlistedChart(manifest.Release, reason));
                continue;
            }

            var chart = artifact.Chart!;
            var metadata = reader.Read(chart.Metadata)?.Utf8
                ?? await releases.ReadMetadataAsync(index.Name, chart, cancellationToken);
            if (json.WrittenCount > 0)
                json.Write(","u8);
            var start = json.WrittenCount;
            json.Write(IndexEntry.Write(
                metadata,
                index.Name.Name,
                manifest.Release,
                artifact.ContentAt,
                chart.Wrapped?.Digest ?? manifest.Content.StoredDigest));
            entries.Add((manifest.Release, start, json.WrittenCount));
        }

        return new ChartEntries(
            index.Name,
            snapshot.Fingerprint,
            shadows,
            json.WrittenSpan.ToArray(),
            entries.DrainToImmutable(),
            index.Channels.ToImmutableDictionary(static channel => channel.Name, static channel => channel.Current),
            unlisted.DrainToImmutable());
    }

    /// <summary>The namespaces of one view that were requested, as their callers see them.</summary>
    private sealed class ViewNamespaces(PackageCatalogView whole)
    {
        private readonly SecondChanceCache<(PackageCatalogView, string), ChartNamespace> namespaces =
            new(MaxNamespaceBytes);

        public PackageCatalogView View => whole;

        public ChartNamespace Of(PackageCatalogView view, string @namespace)
        {
            if (namespaces.Find((view, @namespace)) is { } known)
                return known;
            var charts = ChartNamespace.Of(view, @namespace);

            // Clients may request any name, so only namespaces that exist are kept in memory.
            if (charts.Exists)
                namespaces.Set(
                    (view, @namespace), charts, NamespaceBytes + (ReferenceBytes * (long)charts.Entries.Length));
            return charts;
        }
    }
}
