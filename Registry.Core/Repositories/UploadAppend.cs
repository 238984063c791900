using Registry.Core.Errors;
using Registry.Core.Packages;
using Registry.Core.Storage;

namespace Registry.Core.Repositories;

/// <summary>
/// Bytes that are appended to a staged upload. Disposing it before it is completed drops them. Not thread-safe.
/// </summary>
public sealed class UploadAppend : IAsyncDisposable
{
    private readonly PackageName package;
    private readonly UploadWriter writer;
    private readonly long maxBytes;

    internal UploadAppend(PackageName package, UploadWriter writer, long offset, long maxBytes) =>
        (this.package, this.writer, Offset, Length, this.maxBytes) = (package, writer, offset, offset, maxBytes);

    /// <summary>The length of the upload before these bytes.</summary>
    public long Offset { get; }

    /// <summary>The length of the upload with the bytes so far.</summary>
    public long Length { get; private set; }

    /// <summary>Writes the next bytes. The memory may be reused when the call completes.</summary>
    /// <exception cref="RegistryException"><see cref="ErrorCode.RequestTooLarge"/>.</exception>
    /// <exception cref="StorageException">The storage failed; the append can only be disposed.</exception>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        Length += bytes.Length;
        return Length > maxBytes
            ? throw RepositoryErrors.BlobTooLarge(package, maxBytes)
            : writer.WriteAsync(bytes, cancellationToken);
    }

    /// <summary>Makes the bytes part of the upload.</summary>
    /// <returns>The length of the upload.</returns>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.UploadOutOfOrder"/>: another request has appended bytes in the meantime, or the upload is
    /// gone.
    /// </exception>
    /// <exception cref="StorageException">The outcome is unknown.</exception>
    public async Task<long> CompleteAsync(CancellationToken cancellationToken) =>
        await writer.CompleteAsync(cancellationToken) ?? throw RepositoryErrors.UploadChanged(package);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => writer.DisposeAsync();
}
