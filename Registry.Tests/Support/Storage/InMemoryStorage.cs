using Registry.Core.Storage;

namespace Registry.Tests.Support.Storage;

/// <summary>
/// The reference model of both ports: the contract in its simplest form, with dictionaries under one lock.
/// </summary>
public sealed class InMemoryStorage
{
    private long lastRevision;

    public InMemoryStorage(TimeProvider? time = null)
    {
        Time = time ?? TimeProvider.System;
        Documents = new InMemoryDocumentStore(this);
        Blobs = new InMemoryBlobStore(this);
    }

    public IDocumentStore Documents { get; }

    public IBlobStore Blobs { get; }

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

    internal void RequireEpoch(Precondition precondition)
    {
        if (Epoch is { } present && precondition.Epoch is { } required && required != present)
            throw StorageEpoch.Ended();
    }

    internal Revision NextRevision() => new($"r{++lastRevision}");
}

/// <summary>A committed blob; its chunks never change.</summary>
internal sealed record StoredBlob(BlobInfo Info, IReadOnlyList<ReadOnlyMemory<byte>> Chunks);
