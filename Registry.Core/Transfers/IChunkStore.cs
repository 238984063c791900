using Registry.Core.Storage;

namespace Registry.Core.Transfers;

/// <summary>
/// Stores the chunks of one write: of a blob, or of an append to a staged upload. True means that the call succeeded.
/// False means that the upload was discarded, or the append overtaken by another: the storage accepts no more of it. A
/// storage that can tell throws a <see cref="StorageException"/> when only the bytes were discarded as abandoned.
/// </summary>
public interface IChunkStore
{
    /// <summary>
    /// Registers the write in the storage. The storage rejects a chunk of a write that is not registered.
    /// </summary>
    /// <param name="first">The first chunk. A call that stores it as well takes it.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    ValueTask<bool> BeginAsync(ChunkBuffer first, CancellationToken cancellationToken);

    /// <summary>Stores a chunk, and records that the write is active.</summary>
    /// <param name="number">The number of the chunk, from 0.</param>
    /// <param name="chunk">The chunk. The callee recycles or abandons it.</param>
    /// <param name="cancellationToken">Cancelled when the writer is disposed.</param>
    Task<bool> SendAsync(int number, Chunk chunk, CancellationToken cancellationToken);

    /// <summary>Records that the write is active, although no chunk has been sent for a while.</summary>
    ValueTask<bool> RefreshAsync(CancellationToken cancellationToken);

    /// <summary>Discards the write unless it was committed. Later, the storage rejects every chunk of it.</summary>
    Task DiscardAsync(CancellationToken cancellationToken);
}
