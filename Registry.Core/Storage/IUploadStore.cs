namespace Registry.Core.Storage;

/// <summary>
/// Stages uploads that arrive in several requests, possibly at several replicas. A staged upload is not a blob: to
/// complete it, the caller reads the staged bytes, commits them through <see cref="IBlobStore"/>, and discards the
/// upload. Every backend implements this contract in full.
/// </summary>
/// <remarks>
/// # Behavior
/// <list type="bullet">
/// <item>An upload, its length and its bytes are visible to every replica as soon as a call has returned.</item>
/// <item>
/// An append counts as a whole or not at all. Of several concurrent appends at one offset, at most one is completed.
/// </item>
/// <item>
/// An upload survives the restart of a replica. It need not survive the loss of the storage's last writes: the client
/// then begins again. Its bytes are never torn: a lost append is not part of the length.
/// </item>
/// <item>
/// Memory use does not depend on the length of an upload or of an append. Buffers are reserved as in
/// <see cref="IBlobStore"/>.
/// </item>
/// <item>Failures, cancellation and concurrency are as in <see cref="IBlobStore"/>.</item>
/// </list>
/// </remarks>
public interface IUploadStore
{
    /// <summary>Begins an upload without bytes. It costs one small record.</summary>
    /// <param name="scope">The scope of the blob that it will become.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    ValueTask<UploadKey> BeginAsync(StoreKey scope, CancellationToken cancellationToken);

    /// <summary>Returns the number of bytes appended so far; null when there is no such upload.</summary>
    ValueTask<long?> LengthAsync(UploadKey upload, CancellationToken cancellationToken);

    /// <summary>Begins to append bytes at the end.</summary>
    /// <param name="upload">The upload.</param>
    /// <param name="offset">The length that the caller expects.</param>
    /// <param name="cancellationToken">Cancels the call. Writes take their own token.</param>
    /// <returns>
    /// A writer, which the caller owns. Null when there is no such upload, or it has another length now.
    /// </returns>
    ValueTask<UploadWriter?> AppendAsync(UploadKey upload, long offset, CancellationToken cancellationToken);

    /// <summary>
    /// Opens the bytes appended so far for reading, forward only. <see cref="Stream.Length"/> is their number. If the
    /// upload is discarded in the meantime, the stream returns every byte or throws; it never ends early. Returns null
    /// when there is no such upload.
    /// </summary>
    ValueTask<Stream?> OpenAsync(UploadKey upload, CancellationToken cancellationToken);

    /// <summary>Discards an upload and its bytes. Returns false when there was none.</summary>
    ValueTask<bool> DiscardAsync(UploadKey upload, CancellationToken cancellationToken);

    /// <summary>Counts the uploads of all scopes, but no further than <paramref name="limit"/>.</summary>
    ValueTask<int> CountAsync(int limit, CancellationToken cancellationToken);

    /// <summary>
    /// Discards the uploads to which nothing was appended for <paramref name="idle"/>, and bytes of appends that were
    /// abandoned for as long. A backend that can detect a dead writer reclaims its bytes at once.
    /// </summary>
    /// <returns>The number of discarded uploads.</returns>
    ValueTask<int> DiscardIdleAsync(TimeSpan idle, CancellationToken cancellationToken);
}
