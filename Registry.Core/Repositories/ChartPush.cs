using Registry.Core.Access;
using Registry.Core.Charts;
using Registry.Core.Content;
using Registry.Core.Errors;
using Registry.Core.Packages;
using Registry.Core.Storage;

namespace Registry.Core.Repositories;

/// <summary>
/// A push of a chart whose name and version are in its archive: the bytes are staged, and pushed when both are known.
/// Disposing it discards the staged bytes. Not thread-safe.
/// </summary>
public sealed class ChartPush : IAsyncDisposable
{
    private readonly ChartRepository repository;
    private readonly UploadKey upload;
    private readonly UploadWriter writer;
    private readonly ContentInspection inspection;
    private readonly long maxBytes;

    internal ChartPush(
        ChartRepository repository, string @namespace, UploadKey upload, UploadWriter writer, ContentLimits limits)
    {
        (this.repository, Namespace, this.upload, this.writer) = (repository, @namespace, upload, writer);
        maxBytes = limits.MaxPackageBytes;
        inspection = new ContentInspection(limits, ChartReader.File);
    }

    /// <summary>The memory of a push, in bytes, in addition to that of the storage.</summary>
    public static int BufferBytes => ContentInspection.MemoryBytes + PackagePush.BufferBytes;

    /// <summary>The namespace.</summary>
    public string Namespace { get; }

    /// <summary>The number of bytes so far.</summary>
    public long Length { get; private set; }

    /// <summary>Writes the next bytes of the archive. The memory may be reused when the call completes.</summary>
    /// <exception cref="RegistryException"><see cref="ErrorCode.RequestTooLarge"/>.</exception>
    /// <exception cref="StorageException">The storage failed; the push can only be disposed.</exception>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        Length += bytes.Length;
        if (Length > maxBytes)
            throw ChartErrors.TooLarge(maxBytes);
        if (inspection.HasEnded)
            return;
        await inspection.WriteAsync(bytes, cancellationToken);
        await writer.WriteAsync(bytes, cancellationToken);
    }

    /// <summary>Stores the chart as a release of the package that it names. Call it once.</summary>
    /// <param name="force">Whether to replace an existing release.</param>
    /// <param name="provenance">Its provenance file; null for none.</param>
    /// <param name="caller">Who pushes.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.InvalidParameters"/>: it is not a chart, or the provenance file is not that of the chart;
    /// <see cref="ErrorCode.InvalidName"/>; <see cref="ErrorCode.PackageExists"/>; and as <see cref="PackagePush"/>.
    /// </exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async Task CompleteAsync(
        bool force, ReadOnlyMemory<byte>? provenance, Caller caller, CancellationToken cancellationToken)
    {
        var inspected = await inspection.CompleteAsync(cancellationToken);
        if (inspected.Refusal is { } refusal)
            throw ChartErrors.Invalid(refusal);
        if (!ChartReader.TryRead(inspected.File!, out var chart, out var reason))
            throw ChartErrors.Invalid(reason);
        if (await writer.CompleteAsync(cancellationToken) != Length)
            throw new StorageException(StorageFault.Unavailable, "The staged chart was discarded in the meantime.");
        await repository.PushAsync(
            this, chart, inspected.File!.IsRootless, force, provenance, caller, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await inspection.DisposeAsync();
        await writer.DisposeAsync();
        await repository.DiscardAsync(upload);
    }

    /// <summary>Opens the staged archive.</summary>
    internal async ValueTask<Stream> OpenAsync(IUploadStore uploads, CancellationToken cancellationToken) =>
        await uploads.OpenAsync(upload, cancellationToken)
        ?? throw new StorageException(StorageFault.Unavailable, "The staged chart was discarded in the meantime.");
}
