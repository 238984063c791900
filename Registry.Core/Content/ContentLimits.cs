namespace Registry.Core.Content;

/// <summary>
/// How large a pushed package may be. What passes a limit is refused with 422 and the limit's number, and nothing of it
/// is kept.
/// </summary>
public sealed record ContentLimits
{
    /// <summary>The largest package as it is stored (the gzip), in bytes.</summary>
    /// <value>512 MiB.</value>
    public long MaxPackageBytes { get; init; } = 512L << 20;

    /// <summary>The largest tar inside a package, in bytes.</summary>
    /// <value>2 GiB.</value>
    public long MaxUnpackedBytes { get; init; } = 2L << 30;

    /// <summary>
    /// How many times its own size a gzip may unpack to. Judged while it unpacks, against the bytes read so far, so
    /// that a decompression bomb ends early; deflate itself reaches about 1,030.
    /// </summary>
    /// <value>200.</value>
    public int MaxRatio { get; init; } = 200;

    /// <summary>
    /// The unpacked bytes up to which <see cref="MaxRatio"/> is not judged: small archives of padding and repetition
    /// are normal.
    /// </summary>
    /// <value>16 MiB.</value>
    public long RatioFloorBytes { get; init; } = 16L << 20;

    /// <summary>The most entries of a tar; headers that only extend another entry do not count.</summary>
    /// <value>100,000.</value>
    public int MaxTarEntries { get; init; } = 100_000;

    /// <summary>The largest metadata of a manifest, in bytes of its JSON text.</summary>
    /// <value>64 KiB.</value>
    public int MaxMetadataBytes { get; init; } = 64 << 10;
}
