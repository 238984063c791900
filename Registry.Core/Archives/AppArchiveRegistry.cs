using System.Buffers;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Registry.Core.Errors;
using Registry.Core.Storage;

namespace Registry.Core.Archives;

/// <summary>
/// What people do with app archives. An archive is any bytes but none at all; nobody looks inside. The blob is the
/// whole truth: there is no document beside it.
/// </summary>
/// <param name="blobs">Where they are.</param>
/// <param name="limits">How large one may be.</param>
/// <param name="logger">Told of every change.</param>
public sealed partial class AppArchiveRegistry(
    IBlobStore blobs, ArchiveLimits limits, ILogger<AppArchiveRegistry> logger)
{
    /// <summary>The memory of one upload, beside that of the storage, in bytes.</summary>
    public const int BufferBytes = 64 * 1024;

    /// <summary>How large an archive may be.</summary>
    public ArchiveLimits Limits { get; } = limits;

    /// <summary>
    /// Stores an archive under the sha256 of its bytes. The same bytes again renew its time. Refused or cancelled, it
    /// leaves nothing.
    /// </summary>
    /// <param name="workspace">Where it belongs.</param>
    /// <param name="content">The bytes, read forward once.</param>
    /// <param name="cancellationToken">Cancels the upload.</param>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.InvalidUsage"/>: no bytes, or too many parts in the workspace.
    /// <see cref="ErrorCode.RequestTooLarge"/>: more than the limit.
    /// </exception>
    public async Task<AppArchive> UploadAsync(Workspace workspace, Stream content, CancellationToken cancellationToken)
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
            LogUploaded(archive.Id, archive.Size, workspace.Name);
            return archive;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>
    /// Lists the archives of a workspace and of every workspace below it, each once, in the order of their stored keys.
    /// </summary>
    public async IAsyncEnumerable<AppArchive> ListAsync(
        Workspace workspace, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var blob in blobs.ListAsync(workspace.Scope, ScopeDepth.Subtree, after: null, cancellationToken))
            yield return AppArchive.From(blob);
    }

    /// <summary>Looks an archive up: null when there is none.</summary>
    public async Task<AppArchive?> FindAsync(Workspace workspace, Digest id, CancellationToken cancellationToken) =>
        await blobs.StatAsync(new BlobKey(workspace.Scope, id), cancellationToken) is { } blob
            ? AppArchive.From(blob)
            : null;

    /// <summary>Opens an archive, or a part of one; the caller disposes the reader.</summary>
    /// <exception cref="RegistryException"><see cref="ErrorCode.ArchiveNotFound"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The range reaches past the end.</exception>
    public async ValueTask<BlobReader> OpenAsync(
        Workspace workspace, Digest id, ByteRange range, CancellationToken cancellationToken) =>
        await blobs.OpenAsync(new BlobKey(workspace.Scope, id), range, cancellationToken)
            ?? throw NotFound(workspace, id.Value);

    /// <summary>Deletes an archive.</summary>
    /// <exception cref="RegistryException"><see cref="ErrorCode.ArchiveNotFound"/>.</exception>
    public async Task DeleteAsync(Workspace workspace, Digest id, CancellationToken cancellationToken)
    {
        if (!await blobs.TryDeleteAsync(new BlobKey(workspace.Scope, id), Precondition.None, cancellationToken))
            throw NotFound(workspace, id.Value);
        LogDeleted(id, workspace.Name);
    }

    /// <summary>The refusal of an archive that is not there.</summary>
    /// <param name="workspace">Where it was looked for.</param>
    /// <param name="id">What was asked for: possibly no id at all.</param>
    public static RegistryException NotFound(Workspace workspace, string id) => new(
        ErrorCode.ArchiveNotFound, "There is no such app archive in this workspace.", (
            "app_archive_id",
            id), ("workspace", workspace.Name));

    /// <summary>
    /// The refusal of an archive that is over the limit, told before its bytes where its length is known.
    /// </summary>
    public RegistryException TooLarge() => new(
        ErrorCode.RequestTooLarge, $"An archive has at most {Limits.MaxArchiveBytes} bytes.", (
            "limit",
            Limits.MaxArchiveBytes));

    private RegistryException TooDeep(Workspace workspace) => new(
        ErrorCode.InvalidUsage,
        $"The workspace has {workspace.Parts} parts, host included; uploads may use at most "
            + $"{Limits.MaxWorkspaceParts}.",
        ("field", "workspace"), ("parts", workspace.Parts), ("limit", Limits.MaxWorkspaceParts));

    // A workspace's name holds neither user nor password of its URL.
    [LoggerMessage(
        Level = LogLevel.Information, Message = "Uploaded app archive {Id} of {Bytes} bytes to workspace {Workspace}")]
    private partial void LogUploaded(Digest id, long bytes, string workspace);

    [LoggerMessage(Level = LogLevel.Information, Message = "Deleted app archive {Id} of workspace {Workspace}")]
    private partial void LogDeleted(Digest id, string workspace);
}
