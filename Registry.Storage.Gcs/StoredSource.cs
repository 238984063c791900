namespace Registry.Storage.Gcs;

/// <summary>The bytes of another object in the bucket, which the service copies.</summary>
/// <param name="client">The client.</param>
/// <param name="source">The name of the other object.</param>
/// <param name="found">The other object. Only this generation is copied.</param>
internal sealed class StoredSource(GcsClient client, string source, GcsObject found) : IGcsSource
{
    public long Length => GcsBlobs.SizeOf(found);

    public string? Crc32C => found.Crc32c;

    /// <summary>False: within a bucket, the service usually copies without moving bytes.</summary>
    public bool IsLarge => false;

    public bool IsVerified => false;

    public bool IsGone { get; private set; }

    public async Task<GcsWrite> CreateAsync(
        string name,
        GcsObject metadata,
        long generation,
        bool repeatsUnknown,
        CancellationToken cancellationToken)
    {
        var write = await client.RewriteAsync(
            source, found.Generation ?? 0, name, metadata, generation, repeatsUnknown, cancellationToken);
        IsGone = write is null;
        return write ?? default;
    }
}
