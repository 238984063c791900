using System.Collections.Immutable;
using Registry.Core.Packages;
using Registry.Core.Versions;

namespace Registry.Core.Catalog;

/// <summary>The entries of one package in the index of a Helm repository.</summary>
public sealed class ChartEntries
{
    /// <summary>The overhead of the entries, in bytes: the objects, the key, and the entry in the cache.</summary>
    private const int OverheadBytes = 600;

    /// <summary>The memory of an entry or a channel, in bytes, without its JSON.</summary>
    private const int ItemBytes = 100;

    private readonly ReadOnlyMemory<byte> json;
    private readonly ImmutableArray<(Release Release, int Start, int End)> entries;
    private readonly ImmutableDictionary<ChannelName, Release> channels;

    internal ChartEntries(
        PackageName package,
        UInt128 fingerprint,
        ImmutableArray<CatalogEntry> shadows,
        ReadOnlyMemory<byte> json,
        ImmutableArray<(Release Release, int Start, int End)> entries,
        ImmutableDictionary<ChannelName, Release> channels,
        ImmutableArray<UnlistedChart> unlisted)
    {
        (Package, Fingerprint, Shadows, Unlisted) = (package, fingerprint, shadows, unlisted);
        (this.json, this.entries, this.channels) = (json, entries, channels);
        foreach (var shadow in shadows)
            ShadowFingerprint = unchecked(ShadowFingerprint + shadow.Fingerprint);
    }

    /// <summary>The package.</summary>
    public PackageName Package { get; }

    /// <summary>The fingerprint of the package's index.</summary>
    public UInt128 Fingerprint { get; }

    /// <summary>
    /// The fingerprint of the packages that decide which releases are not listed. Callers who may pull different
    /// packages get different entries of one and the same package index.
    /// </summary>
    public UInt128 ShadowFingerprint { get; }

    /// <summary>
    /// The entries as JSON objects, newest first, with commas between them; empty when there are none.
    /// </summary>
    public ReadOnlyMemory<byte> All => json;

    /// <summary>The releases that no index lists, and why.</summary>
    public ImmutableArray<UnlistedChart> Unlisted { get; }

    /// <summary>The packages whose releases may own archives of this one.</summary>
    internal ImmutableArray<CatalogEntry> Shadows { get; }

    /// <summary>The estimated memory, in bytes.</summary>
    internal long Bytes =>
        OverheadBytes
        + json.Length
        + (ItemBytes * (entries.Length + channels.Count))
        + Unlisted.Sum(static chart => ItemBytes + (2L * chart.Reason.Length));

    /// <summary>Returns the entry of a release; null when it is not listed.</summary>
    public ReadOnlyMemory<byte>? Find(Release release)
    {
        foreach (var (listed, start, end) in entries)
            if (listed == release)
                return json[start..end];
        return null;
    }

    /// <summary>
    /// Returns the entry of the release that a channel points at; null when there is no such channel, or it is not
    /// listed.
    /// </summary>
    public ReadOnlyMemory<byte>? Find(ChannelName channel) =>
        channels.TryGetValue(channel, out var release) ? Find(release) : null;
}

/// <summary>A release in media type helm that no index lists.</summary>
/// <param name="Release">The release.</param>
/// <param name="Reason">Why, as a sentence.</param>
public sealed record UnlistedChart(Release Release, string Reason);
