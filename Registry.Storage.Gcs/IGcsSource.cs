namespace Registry.Storage.Gcs;

/// <summary>The bytes of a blob to be committed, which create its object unless the blob exists.</summary>
internal interface IGcsSource
{
    /// <summary>The number of bytes.</summary>
    long Length { get; }

    /// <summary>The checksum of the bytes; null when it is not known.</summary>
    string? Crc32C { get; }

    /// <summary>True when creating the object is expensive: it is worth checking first whether it exists.</summary>
    bool IsLarge { get; }

    /// <summary>True when the bytes are known to match their digest: they may replace a damaged object.</summary>
    bool IsVerified { get; }

    /// <summary>True when <see cref="CreateAsync"/> found that the bytes do not exist any more.</summary>
    bool IsGone { get; }

    /// <summary>Creates or replaces an object.</summary>
    /// <param name="name">The name of the object.</param>
    /// <param name="metadata">The metadata of the object.</param>
    /// <param name="generation">The generation to replace; 0 if the object must not exist.</param>
    /// <param name="repeatsUnknown">Whether an attempt that may have been applied is followed by another.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    Task<GcsWrite> CreateAsync(
        string name,
        GcsObject metadata,
        long generation,
        bool repeatsUnknown,
        CancellationToken cancellationToken);
}
