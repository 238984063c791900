namespace Registry.Core.Storage;

/// <summary>A staged write of one blob. Disposing it without a commit discards the bytes. Not thread-safe.</summary>
/// <remarks>
/// After a commit, or a call that failed or was cancelled while it ran, a writer can only be disposed: other calls
/// throw an <see cref="InvalidOperationException"/>. A call that is cancelled before it starts changes nothing. A
/// backend derives its writer from <see cref="StagedBlobWriter"/>, which ensures this.
/// </remarks>
public abstract class BlobWriter : IAsyncDisposable
{
    /// <summary>Appends bytes. The caller may reuse the buffer after the call.</summary>
    /// <exception cref="StorageException">The bytes could not be staged. The writer can only be disposed.</exception>
    public abstract ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);

    /// <summary>
    /// Makes the whole blob visible and durable in the writer's scope. A blob that exists already is touched: see
    /// <see cref="IBlobStore"/>. A writer commits at most once.
    /// </summary>
    /// <param name="digest">
    /// The sha256 of all bytes written. It is not verified: the caller computed it while writing.
    /// </param>
    /// <param name="uploadedAt">
    /// The upload time; null for the current time. A time that is given, as the original one by a migration, is stored
    /// even if the existing blob has a later one.
    /// </param>
    /// <param name="cancellationToken">Cancels the call. The blob is then committed whole or not at all.</param>
    /// <returns>
    /// The blob, and whether this commit created it. Of several concurrent commits of the same bytes, exactly one
    /// creates it.
    /// </returns>
    /// <exception cref="StorageException">The outcome is unknown, or the staged bytes had been discarded.</exception>
    public abstract ValueTask<CommittedBlob> CommitAsync(
        Digest digest, DateTimeOffset? uploadedAt, CancellationToken cancellationToken);

    /// <summary>
    /// Discards the staged bytes unless they were committed. Does not throw when the storage is unavailable: what
    /// remains is reclaimed as abandoned.
    /// </summary>
    public abstract ValueTask DisposeAsync();
}
