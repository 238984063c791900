using Registry.Core.Storage;

namespace Registry.Tests.Support.Storage;

/// <summary>
/// The reference model of the ports: the contract in its simplest form, with dictionaries under one lock.
/// </summary>
public sealed class InMemoryStorage
{
    private long lastRevision;

    public InMemoryStorage(TimeProvider? time = null)
    {
        Time = time ?? TimeProvider.System;
        Documents = new InMemoryDocumentStore(this);
        Blobs = new InMemoryBlobStore(this);
        Uploads = new InMemoryUploadStore(this);
    }

    public IDocumentStore Documents { get; }

    public IBlobStore Blobs { get; }

    public IUploadStore Uploads { get; }

    /// <summary>See <see cref="IDocumentStore.SharesChecks"/>. Set before the first read.</summary>
    public bool SharesChecks { get; init; }

    /// <summary>The epoch; null if the storage has none.</summary>
    public StorageEpoch? Epoch { get; set; }

    internal TimeProvider Time { get; }

    /// <summary>Guards all members below.</summary>
    internal Lock Gate { get; } = new();

    internal Dictionary<StoreKey, Document> StoredDocuments { get; } = [];

    /// <summary>The keys of all document writes, in order.</summary>
    internal List<StoreKey> Written { get; } = [];

    internal Dictionary<BlobKey, StoredBlob> StoredBlobs { get; } = [];

    internal HashSet<InMemoryBlobWriter> Staged { get; } = [];

    internal Dictionary<UploadKey, StagedUpload> StagedUploads { get; } = [];

    internal void RequireEpoch(Precondition precondition)
    {
        if (Epoch is { } present && precondition.Epoch is { } required && required != present)
            throw StorageEpoch.Ended();
    }

    internal Revision NextRevision() => new($"r{++lastRevision}");

    /// <summary>Stores a blob, or touches it. Requires the lock.</summary>
    internal CommittedBlob Commit(
        BlobKey key, IReadOnlyList<ReadOnlyMemory<byte>> chunks, DateTimeOffset? uploadedAt)
    {
        var uploaded = WholeMicroseconds(uploadedAt ?? Time.GetUtcNow());
        if (uploadedAt is null
            && StoredBlobs.TryGetValue(key, out var replaced)
            && uploaded <= replaced.Info.UploadedAt)
            uploaded = replaced.Info.UploadedAt.AddMicroseconds(1);
        var info = new BlobInfo(key, chunks.Sum(chunk => (long)chunk.Length), uploaded, NextRevision());
        var isNew = !StoredBlobs.ContainsKey(key);
        StoredBlobs[key] = new StoredBlob(info, chunks);
        return new CommittedBlob(info, isNew, Epoch);
    }

    private static DateTimeOffset WholeMicroseconds(DateTimeOffset time) =>
        new(time.UtcTicks - (time.UtcTicks % TimeSpan.TicksPerMicrosecond), TimeSpan.Zero);
}

/// <summary>A committed blob; its chunks never change.</summary>
internal sealed record StoredBlob(BlobInfo Info, IReadOnlyList<ReadOnlyMemory<byte>> Chunks);

/// <summary>A staged upload; guarded by the storage's lock.</summary>
internal sealed class StagedUpload(DateTimeOffset began)
{
    /// <summary>The completed appends; their bytes never change.</summary>
    public List<ReadOnlyMemory<byte>> Chunks { get; } = [];

    public long Length { get; set; }

    public DateTimeOffset LastAppend { get; set; } = began;
}
