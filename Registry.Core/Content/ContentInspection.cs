using System.Buffers;
using System.IO.Compression;
using System.IO.Pipelines;
using System.Security.Cryptography;
using Registry.Core.Storage;

namespace Registry.Core.Content;

/// <summary>
/// Gunzips a package while it is uploaded: hashes the tar and checks its structure. Writers wait when it falls behind,
/// so memory is bounded by <see cref="MaxWaitingBytes"/>. A small package is inspected at its end, since waking another
/// thread would take longer.
/// </summary>
internal sealed class ContentInspection : IAsyncDisposable
{
    private const int MaxWaitingBytes = 128 << 10;
    private const int BufferBytes = 64 << 10;

    /// <summary>The memory of inflating: its window and the buffer of its stream.</summary>
    private const int InflateBytes = 64 << 10;

    /// <summary>The memory of one inspection, in bytes.</summary>
    public const int MemoryBytes = MaxWaitingBytes + BufferBytes + InflateBytes;

    /// <summary>The maximum size of a small content.</summary>
    private const int SmallBytes = 64 << 10;

    private readonly ContentLimits limits;
    private readonly FileSearch? search;
    private readonly CancellationTokenSource stop = new();
    private readonly Pipe pipe = new(new PipeOptions(
        pauseWriterThreshold: MaxWaitingBytes,
        resumeWriterThreshold: MaxWaitingBytes / 2,
        minimumSegmentSize: BufferBytes,
        useSynchronizationContext: false));

    private long written;

    /// <summary>The inspection; null before it has begun.</summary>
    private Task<InspectionResult>? inspecting;

    /// <summary>Creates an inspection, which the caller disposes.</summary>
    /// <param name="limits">The size limits.</param>
    /// <param name="search">A file to look for; null for none.</param>
    public ContentInspection(ContentLimits limits, FileSearch? search = null)
    {
        if (!AppContext.TryGetSwitch("System.IO.Compression.UseStrictValidation", out var strict) || !strict)
            throw new InvalidOperationException(
                "The host must set System.IO.Compression.UseStrictValidation: otherwise a truncated gzip is accepted.");
        this.limits = limits;
        this.search = search;
    }

    /// <summary>
    /// Whether no more bytes are needed: before <see cref="CompleteAsync"/> this means that the content is rejected, or
    /// the inspection failed.
    /// </summary>
    public bool HasEnded => inspecting is { IsCompleted: true };

    /// <summary>Copies the next bytes for inspection.</summary>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        written += bytes.Length;
        if (written > SmallBytes)
            inspecting ??= InspectAsync(stop.Token);
        await pipe.Writer.WriteAsync(bytes, cancellationToken);
    }

    /// <summary>Ends the content and returns the result.</summary>
    public async ValueTask<InspectionResult> CompleteAsync(CancellationToken cancellationToken)
    {
        await pipe.Writer.CompleteAsync();
        return await (inspecting ??= InspectAsync(stop.Token)).WaitAsync(cancellationToken);
    }

    /// <summary>Stops the inspection.</summary>
    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        // CompleteAsync reports its outcome; here it only has to end before its buffers are returned.
        if (inspecting is not null)
            await ((Task)inspecting).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        else
            await pipe.Reader.CompleteAsync();
        await pipe.Writer.CompleteAsync();
        stop.Dispose();
    }

    private async Task<InspectionResult> InspectAsync(CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        await using var source = new GzipSource(pipe.Reader);
        try
        {
            return await GunzipAsync(source, buffer, cancellationToken);
        }
        catch (InvalidDataException)
        {
            return InspectionResult.Refused(
                source.BeginsAsGzip ? "The archive is a damaged or truncated gzip file."
                : FileKind.Find(source.Head) is { } kind
                    ? $"The archive is {kind}; expected a gzipped tar (.tar.gz, .tgz)."
                : "The archive is not a gzip file.");
        }
        finally
        {
            await pipe.Reader.CompleteAsync();
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async ValueTask<InspectionResult> GunzipAsync(
        GzipSource source, byte[] buffer, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using var gzip = new GZipStream(source, CompressionMode.Decompress, leaveOpen: true);
        using var finder = search is null ? null : new TarFileFinder(search);
        var tar = new TarWalker(limits.MaxTarEntries, finder);
        var unpacked = 0L;
        int read;
        while ((read = await gzip.ReadAsync(buffer, cancellationToken)) > 0)
        {
            unpacked += read;
            if (unpacked > limits.MaxUnpackedBytes)
                return InspectionResult.Refused(
                    $"The package unpacks to more than {limits.MaxUnpackedBytes} bytes, the limit of this registry.");
            if (unpacked > limits.RatioFloorBytes && (unpacked - 1) / limits.MaxRatio >= source.BytesRead)
                return InspectionResult.Refused(
                    $"The package unpacks to more than {limits.MaxRatio} times its size, the limit of this registry.");
            if (tar.Feed(buffer.AsSpan(0, read)) is { } damage)
                return InspectionResult.Refused(damage);
            hash.AppendData(buffer, 0, read);
        }

        // At the end of a member GZipStream looks for another one. It stops before the end of its input only at bytes
        // that do not start one. NULs up to the end are padding, which gzip and tar ignore too.
        if (source is { EndSeen: false, PaddingSeen: false })
            return InspectionResult.Refused("The archive has trailing data after the gzip stream.");
        if (source.BytesRead == 0)
            return InspectionResult.Refused("The archive is empty.");
        return tar.End() is { } refusal
            ? InspectionResult.Refused(refusal)
            : new InspectionResult(Digest.FromHash(hash.GetHashAndReset()), finder?.Result, null);
    }

    /// <summary>The result of an inspection.</summary>
    /// <param name="TarDigest">The sha256 of the tar; the default value when the content is rejected.</param>
    /// <param name="File">
    /// The file that was looked for; null when none was, or the content is rejected.
    /// </param>
    /// <param name="Refusal">Why the content is rejected, as a sentence; null when it is accepted.</param>
    public readonly record struct InspectionResult(Digest TarDigest, FoundFile? File, string? Refusal)
    {
        public static InspectionResult Refused(string reason) => new(default, null, reason);
    }
}
