using System.Buffers;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Registry.Core.Access;
using Registry.Core.Errors;
using Registry.Core.Events;
using Registry.Core.Storage;

namespace Registry.Core.Archives;

/// <summary>
/// The use cases of app archives. An archive is at least one byte of any content, which is not inspected. It is stored
/// as a blob without a document.
/// </summary>
/// <param name="blobs">The storage of the archives.</param>
/// <param name="limits">The limits of uploads.</param>
/// <param name="events">Raises an event for every change.</param>
public sealed class AppArchiveRegistry(IBlobStore blobs, ArchiveLimits limits, RegistryEvents events)
{
    /// <summary>The memory of one upload, in bytes, in addition to that of the storage.</summary>
    public const int BufferBytes = 64 * 1024;

    /// <summary>The limits of uploads.</summary>
    public ArchiveLimits Limits { get; } = limits;

    /// <summary>
    /// Stores an archive under the sha256 of its bytes. Uploading the same bytes again renews its time. A rejected or
    /// cancelled upload leaves nothing behind.
    /// </summary>
    /// <param name="workspace">The workspace.</param>
    /// <param name="content">The bytes, which are read once.</param>
    /// <param name="caller">Who uploads.</param>
    /// <param name="cancellationToken">Cancels the upload.</param>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.InvalidUsage"/>: no bytes, or too many parts in the workspace.
    /// <see cref="ErrorCode.RequestTooLarge"/>: more than the limit.
    /// </exception>
    public async Task<AppArchive> UploadAsync(
        Workspace workspace, Stream content, Caller caller, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(content);
        if (workspace.Parts > Limits.MaxWorkspaceParts)
            throw TooDeep(workspace);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            var read =
                await content.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
            if (read == 0)
                throw new RegistryException(
                    ErrorCode.InvalidUsage, "The request has no body: an archive has at least one byte.");

            await using var writer = await blobs.CreateAsync(workspace.Scope, cancellationToken);
            for (var total = 0L;
                 read > 0;
                 read = await content.ReadAtLeastAsync(
                     buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken))
            {
                total += read;
                if (total > Limits.MaxArchiveBytes)
                    throw TooLarge();
                hash.AppendData(buffer, 0, read);
                await writer.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            }

            var committed =
                await writer.CommitAsync(Digest.FromHash(hash.GetHashAndReset()), uploadedAt: null, cancellationToken);
            var archive = AppArchive.From(committed.Info);
            Raise(RegistryAction.ArchiveUploaded, workspace, archive.Id, archive.Size, caller);
            return archive;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>
    /// Lists the archives of a workspace and of every workspace below it, as far as the caller may pull them, once
    /// each, in the order of their keys.
    /// </summary>
    /// <param name="workspace">The workspace; null for all.</param>
    /// <param name="caller">The caller.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async IAsyncEnumerable<AppArchive> ListAsync(
        Workspace? workspace, Caller caller, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var blob in blobs.ListAsync(
            workspace?.Scope ?? StoreKeys.Archives, ScopeDepth.Subtree, after: null, cancellationToken))
            if (AppArchive.From(blob) is var archive
                && caller.May(AccessActions.Pull, AccessResource.Workspace(archive.Workspace.Name)))
                yield return archive;
    }

    /// <summary>Returns an archive; null when it does not exist.</summary>
    public async Task<AppArchive?> FindAsync(Workspace workspace, Digest id, CancellationToken cancellationToken) =>
        await blobs.StatAsync(new BlobKey(workspace.Scope, id), cancellationToken) is { } blob
            ? AppArchive.From(blob)
            : null;

    /// <summary>Opens an archive or a part of it; the caller disposes the reader.</summary>
    /// <exception cref="RegistryException"><see cref="ErrorCode.ArchiveNotFound"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The range exceeds the archive.</exception>
    public async ValueTask<BlobReader> OpenAsync(
        Workspace workspace, Digest id, ByteRange range, CancellationToken cancellationToken) =>
        await blobs.OpenAsync(new BlobKey(workspace.Scope, id), range, cancellationToken)
            ?? throw NotFound(workspace, id.Value);

    /// <summary>Deletes an archive.</summary>
    /// <exception cref="RegistryException"><see cref="ErrorCode.ArchiveNotFound"/>.</exception>
    public async Task DeleteAsync(
        Workspace workspace, Digest id, Caller caller, CancellationToken cancellationToken)
    {
        if (!await blobs.TryDeleteAsync(new BlobKey(workspace.Scope, id), Precondition.None, cancellationToken))
            throw NotFound(workspace, id.Value);
        Raise(RegistryAction.ArchiveDeleted, workspace, id, size: null, caller);
    }

    /// <summary>Creates the error for an archive that does not exist.</summary>
    /// <param name="workspace">The workspace.</param>
    /// <param name="id">The requested id, which may be invalid.</param>
    public static RegistryException NotFound(Workspace workspace, string id) => new(
        ErrorCode.ArchiveNotFound,
        "There is no such app archive in this workspace.",
        ("app_archive_id", id),
        ("workspace", workspace.Name));

    /// <summary>
    /// Creates the error for an archive over the limit. When the length is known beforehand, it is checked before any
    /// bytes are read.
    /// </summary>
    public RegistryException TooLarge() => new(
        ErrorCode.RequestTooLarge,
        $"The archive is larger than {Limits.MaxArchiveBytes} bytes, the limit of this registry.",
        ("limit", Limits.MaxArchiveBytes));

    private RegistryException TooDeep(Workspace workspace) => new(
        ErrorCode.InvalidUsage,
        $"The workspace has {workspace.Parts} parts, host included; uploads may use at most "
            + $"{Limits.MaxWorkspaceParts}.",
        ("field", "workspace"), ("parts", workspace.Parts), ("limit", Limits.MaxWorkspaceParts));

    private void Raise(RegistryAction action, Workspace workspace, Digest id, long? size, Caller caller) =>
        events.Raise(new RegistryEvent(events.Now, caller, action, workspace.Name)
        {
            StoredDigest = id,
            Size = size,
        });
}
