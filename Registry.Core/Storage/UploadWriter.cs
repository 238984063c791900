namespace Registry.Core.Storage;

/// <summary>
/// Appends bytes to a staged upload. Disposing it before it is completed drops the bytes. Not thread-safe.
/// </summary>
/// <remarks>
/// It becomes unusable as a <see cref="BlobWriter"/> does. A backend derives its writer from
/// <see cref="StagedUploadWriter"/>, which ensures this.
/// </remarks>
public abstract class UploadWriter : IAsyncDisposable
{
    /// <summary>Appends bytes. The caller may reuse the buffer after the call.</summary>
    /// <exception cref="StorageException">The bytes could not be staged. The writer can only be disposed.</exception>
    public abstract ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);

    /// <summary>Makes the appended bytes part of the upload.</summary>
    /// <returns>
    /// The new length of the upload. Null when another append was completed at this offset, or the upload or the bytes
    /// were discarded: the bytes are then dropped.
    /// </returns>
    /// <exception cref="StorageException">
    /// The outcome is unknown: <see cref="IUploadStore.LengthAsync"/> tells.
    /// </exception>
    public abstract ValueTask<long?> CompleteAsync(CancellationToken cancellationToken);

    /// <summary>Drops the bytes unless they were completed. Does not throw when the storage is unavailable.</summary>
    public abstract ValueTask DisposeAsync();
}
