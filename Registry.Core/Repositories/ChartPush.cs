using System.Buffers;
using Registry.Core.Access;
using Registry.Core.Charts;
using Registry.Core.Content;
using Registry.Core.Errors;
using Registry.Core.Packages;
using Registry.Core.Storage;

namespace Registry.Core.Repositories;

/// <summary>
/// A push of a chart whose name and version are in its archive: the bytes are kept, and pushed when both are known.
/// Those of a small chart are held in memory, those of a large one are staged. Disposing it discards them. Not
/// thread-safe.
/// </summary>
public sealed class ChartPush : IAsyncDisposable
{
    /// <summary>
    /// The maximum size of an archive in memory, in bytes. Staging costs several round trips to the storage, and most
    /// charts are smaller.
    /// </summary>
    private const int MaxHeldBytes = 128 << 10;

    private readonly ChartRepository repository;
    private readonly PooledBytes held = new(MaxHeldBytes);
    private readonly ContentInspection inspection;
    private readonly long maxBytes;
    private StagedChart? staged;

    internal ChartPush(ChartRepository repository, string @namespace, ContentLimits limits)
    {
        (this.repository, Namespace, maxBytes) = (repository, @namespace, limits.MaxPackageBytes);
        inspection = new ContentInspection(limits, ChartReader.File);
    }

    /// <summary>The memory of a push, in bytes, in addition to that of the storage.</summary>
    public static int BufferBytes => MaxHeldBytes + ContentInspection.MemoryBytes + PackagePush.BufferBytes;

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
        if (staged is null && held.WrittenCount + bytes.Length <= MaxHeldBytes)
        {
            held.Write(bytes.Span);
            return;
        }

        if (staged is null)
        {
            staged = await repository.StageAsync(Namespace, cancellationToken);
            await staged.Writer.WriteAsync(held.WrittenMemory, cancellationToken);
        }

        await staged.Writer.WriteAsync(bytes, cancellationToken);
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
        if (staged is not null && await staged.Writer.CompleteAsync(cancellationToken) != Length)
            throw Discarded();
        await repository.PushAsync(
            this, chart, inspected.File!.IsRootless, force, provenance, caller, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await inspection.DisposeAsync();
        held.Dispose();
        if (staged is null)
            return;
        await staged.Writer.DisposeAsync();
        await repository.DiscardAsync(staged.Upload);
    }

    /// <summary>The error when a staged archive is gone.</summary>
    internal static StorageException Discarded() =>
        new(StorageFault.Unavailable, "The staged chart was discarded in the meantime.");

    /// <summary>Opens the archive.</summary>
    internal async ValueTask<Stream> OpenAsync(IUploadStore uploads, CancellationToken cancellationToken) =>
        staged is null
            ? held.OpenRead()
            : await uploads.OpenAsync(staged.Upload, cancellationToken) ?? throw Discarded();

    /// <summary>A staged archive.</summary>
    /// <param name="Upload">Where it is staged.</param>
    /// <param name="Writer">Writes it.</param>
    internal sealed record StagedChart(UploadKey Upload, UploadWriter Writer);
}
