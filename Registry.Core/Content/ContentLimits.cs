namespace Registry.Core.Content;

/// <summary>
/// The size limits of a pushed package. A package that exceeds one is rejected with 422 and the limit, and nothing of
/// it is stored.
/// </summary>
public sealed record ContentLimits
{
    /// <summary>No limits for content that was accepted once.</summary>
    internal static ContentLimits None { get; } = new()
    {
        MaxPackageBytes = long.MaxValue,
        MaxUnpackedBytes = long.MaxValue,
        MaxRatio = int.MaxValue,
        RatioFloorBytes = long.MaxValue,
        MaxTarEntries = int.MaxValue,
    };

    /// <summary>The maximum size of a package as it is stored (the gzip), in bytes.</summary>
    /// <value>512 MiB.</value>
    public long MaxPackageBytes { get; init; } = 512L << 20;

    /// <summary>The maximum size of the tar inside a package, in bytes.</summary>
    /// <value>2 GiB.</value>
    public long MaxUnpackedBytes { get; init; } = 2L << 30;

    /// <summary>
    /// The maximum ratio of unpacked to compressed size. It is checked while unpacking, against the bytes read so far,
    /// which stops a decompression bomb early. Deflate reaches about 1,030.
    /// </summary>
    /// <value>200.</value>
    public int MaxRatio { get; init; } = 200;

    /// <summary>
    /// The unpacked size up to which <see cref="MaxRatio"/> is not checked, in bytes: small archives of padding and
    /// repetition are normal.
    /// </summary>
    /// <value>16 MiB.</value>
    public long RatioFloorBytes { get; init; } = 16L << 20;

    /// <summary>The maximum number of entries of a tar, without headers that only extend another entry.</summary>
    /// <value>100,000.</value>
    public int MaxTarEntries { get; init; } = 100_000;

    /// <summary>The maximum size of the metadata of a manifest, in bytes of JSON.</summary>
    /// <value>64 KiB.</value>
    public int MaxMetadataBytes { get; init; } = 64 << 10;
}
