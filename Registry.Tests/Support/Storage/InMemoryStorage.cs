using Registry.Core.Storage;

namespace Registry.Tests.Support.Storage;

/// <summary>
/// The reference model of both ports: what the contract says, in the plainest form. Everything lies in dictionaries
/// under one lock.
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

    /// <summary>The epoch; null as long as the storage has none.</summary>
    public StorageEpoch? Epoch { get; set; }

    internal TimeProvider Time { get; }

    /// <summary>Held by whoever looks at or changes what follows.</summary>
    internal Lock Gate { get; } = new();

    internal Dictionary<StoreKey, Document> StoredDocuments { get; } = [];

    /// <summary>The key of every write of a document, in order.</summary>
    internal List<StoreKey> Written { get; } = [];

    internal Dictionary<BlobKey, StoredBlob> StoredBlobs { get; } = [];

    internal HashSet<InMemoryBlobWriter> Staged { get; } = [];

    internal void DemandEpoch(Precondition precondition)
    {
        if (Epoch is { } present && precondition.Epoch is { } demanded && demanded != present)
            throw StorageEpoch.Ended();
    }

    internal Revision NextRevision() => new($"r{++lastRevision}");
}

/// <summary>A blob at rest: nobody changes its chunks.</summary>
internal sealed record StoredBlob(BlobInfo Info, IReadOnlyList<ReadOnlyMemory<byte>> Chunks);
