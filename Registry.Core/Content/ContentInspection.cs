using System.Buffers;
using System.IO.Compression;
using System.IO.Pipelines;
using System.Security.Cryptography;
using Registry.Core.Storage;

namespace Registry.Core.Content;

/// <summary>
/// Gunzips a package beside its upload: hashes the tar and walks its structure. Whoever writes waits when it falls
/// behind, so that memory is bounded by <see cref="MaxWaitingBytes"/>. A small one is inspected where it ends, in one
/// go: to wake another thread for it takes longer.
/// </summary>
internal sealed class ContentInspection : IAsyncDisposable
{
    private const int MaxWaitingBytes = 128 << 10;
    private const int BufferBytes = 64 << 10;

    /// <summary>What inflating takes: its window and the buffer of its stream.</summary>
    private const int InflateBytes = 64 << 10;

    /// <summary>The memory of one inspection, in bytes.</summary>
    public const int MemoryBytes = MaxWaitingBytes + BufferBytes + InflateBytes;

    /// <summary>Contents up to here are small.</summary>
    private const int SmallBytes = 64 << 10;

    private readonly ContentLimits limits;
    private readonly CancellationTokenSource stop = new();
    private readonly Pipe pipe = new(new PipeOptions(
        pauseWriterThreshold: MaxWaitingBytes,
        resumeWriterThreshold: MaxWaitingBytes / 2,
        minimumSegmentSize: BufferBytes,
        useSynchronizationContext: false));

    private long written;

    /// <summary>The inspection; null before it has begun.</summary>
    private Task<Verdict>? inspecting;

    public ContentInspection(ContentLimits limits)
    {
        if (!AppContext.TryGetSwitch("System.IO.Compression.UseStrictValidation", out var strict) || !strict)
            throw new InvalidOperationException(
                "The host must set System.IO.Compression.UseStrictValidation: without it a truncated gzip passes "
                    + "for a whole one.");
        this.limits = limits;
    }

    /// <summary>
    /// True once nothing more needs to be written: before <see cref="CompleteAsync"/> that means that the content is
    /// refused, or the inspection failed.
    /// </summary>
    public bool HasEnded => inspecting is { IsCompleted: true };

    /// <summary>Hands over a copy of the next bytes.</summary>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        written += bytes.Length;
        if (written > SmallBytes)
            inspecting ??= InspectAsync(stop.Token);
        await pipe.Writer.WriteAsync(bytes, cancellationToken);
    }

    /// <summary>Says that all bytes were written, and gives the verdict.</summary>
    public async ValueTask<Verdict> CompleteAsync(CancellationToken cancellationToken)
    {
        await pipe.Writer.CompleteAsync();
        return await (inspecting ??= InspectAsync(stop.Token)).WaitAsync(cancellationToken);
    }

    /// <summary>Stops, whatever is under way.</summary>
    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        // Its outcome belongs to CompleteAsync; here it only has to be over before its buffers go.
        if (inspecting is not null)
            await ((Task)inspecting).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        else
            await pipe.Reader.CompleteAsync();
        await pipe.Writer.CompleteAsync();
        stop.Dispose();
    }

    private async Task<Verdict> InspectAsync(CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        await using var source = new GzipSource(pipe.Reader);
        try
        {
            return await GunzipAsync(source, buffer, cancellationToken);
        }
        catch (InvalidDataException)
        {
            return Verdict.Refused(
                source.BeginsAsGzip ? "The blob is a gzip that is damaged or cut short."
                : FileKind.Find(source.Head) is { } kind
                    ? $"The blob is {kind}; a gzipped tar (.tar.gz, .tgz) is expected."
                : "The blob is not a gzip.");
        }
        finally
        {
            await pipe.Reader.CompleteAsync();
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async ValueTask<Verdict> GunzipAsync(GzipSource source, byte[] buffer, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using var gzip = new GZipStream(source, CompressionMode.Decompress, leaveOpen: true);
        var tar = new TarWalker(limits.MaxTarEntries);
        var unpacked = 0L;
        int read;
        while ((read = await gzip.ReadAsync(buffer, cancellationToken)) > 0)
        {
            unpacked += read;
            if (unpacked > limits.MaxUnpackedBytes)
                return Verdict.Refused(
                    $"The package unpacks to more than {limits.MaxUnpackedBytes} bytes, the limit of this registry.");
            if (unpacked > limits.RatioFloorBytes && (unpacked - 1) / limits.MaxRatio >= source.BytesRead)
                return Verdict.Refused(
                    $"The package unpacks to more than {limits.MaxRatio} times its size, the limit of this registry.");
            if (tar.Feed(buffer.AsSpan(0, read)) is { } damage)
                return Verdict.Refused(damage);
            hash.AppendData(buffer, 0, read);
        }

        // At the end of a member GZipStream looks for another one: it stops without having met the end of its input
        // only at bytes that begin none. NULs up to the end are padding, which gzip and tar pass over too.
        if (source is { EndSeen: false, PaddingSeen: false })
            return Verdict.Refused("Bytes follow the end of the gzip.");
        if (source.BytesRead == 0)
            return Verdict.Refused("The blob is empty.");
        return tar.End() is { } refusal
            ? Verdict.Refused(refusal)
            : new Verdict(Digest.FromHash(hash.GetHashAndReset()), null);
    }

    /// <summary>What the inspection found.</summary>
    /// <param name="TarDigest">The sha256 of the tar; no digest where the content is refused.</param>
    /// <param name="Refusal">Why the content is refused, one sentence for people; null when it is accepted.</param>
    public readonly record struct Verdict(Digest TarDigest, string? Refusal)
    {
        public static Verdict Refused(string reason) => new(default, reason);
    }
}
