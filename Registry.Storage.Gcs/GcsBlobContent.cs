using System.Buffers;
using Registry.Core.Content;
using Registry.Core.Storage;
using Registry.Core.Transfers;

namespace Registry.Storage.Gcs;

/// <summary>
/// Reads a range of one generation of an object. A broken connection is replaced, and reading continues where it broke;
/// if that fails, the read throws and never ends early. When the whole object is read, its checksum is verified before
/// the last bytes are returned.
/// </summary>
internal sealed class GcsBlobContent(
    GcsClient client, string name, GcsObject blob, long offset, long length, TransferBudget budget)
        : FixedLengthStream(length)
{
    /// <summary>The memory that an HTTP connection buffers, including TLS, in bytes.</summary>
    private const int ConnectionBytes = 64 * 1024;

    /// <summary>The size of the buffer for skipping, in bytes. Included in <see cref="ConnectionBytes"/>.</summary>
    private const int SkipBytes = 16 * 1024;

    private readonly bool isWhole = offset == 0 && length == GcsBlobs.SizeOf(blob) && blob.Crc32c is not null;
    private HttpResponseMessage? response;
    private Stream? body;
    private Crc32C crc;
    private bool isReserved;
    private bool isDisposed;

    public override bool CanRead => !isDisposed;

    /// <summary>
    /// Connects, so that errors surface before the caller sends a status. Returns false when the generation no longer
    /// exists.
    /// </summary>
    public async Task<bool> TryBeginAsync(CancellationToken cancellationToken)
    {
        if (Remaining == 0)
            return true;
        await budget.ReserveAsync(ConnectionBytes, cancellationToken);
        isReserved = true;
        return await client.Retry().RunAsync(attempt => TryConnectAsync(attempt), cancellationToken);
    }

    protected override async ValueTask<int> ReadCoreAsync(Memory<byte> buffer, CancellationToken cancellationToken) =>
        await client.TransferRetry().RunAsync(attempt => ReadOnceAsync(buffer, attempt), cancellationToken);

    protected override void Dispose(bool disposing)
    {
        isDisposed = true;
        if (disposing)
            Disconnect();
        if (isReserved)
            budget.Release(ConnectionBytes);
        isReserved = false;
        base.Dispose(disposing);
    }

    private async Task<int> ReadOnceAsync(Memory<byte> buffer, GcsAttempt attempt)
    {
        try
        {
            if (body is null && !await TryConnectAsync(attempt))
                throw new StorageException(
                    StorageFault.Unavailable,
                    $"'{name}' was deleted while it was read, {Remaining} bytes before the end.");
            var read =
                await GcsException.GuardAsync(
                    name, async () => await body!.ReadAsync(buffer, attempt.Token), attempt.Token);
            if (read == 0)
                throw GcsException.OfConnection(
                    name, sent: true, new EndOfStreamException($"{Remaining} bytes are missing."));
            Check(buffer.Span[..read]);
            return read;
        }
        catch
        {
            // Also after a cancellation: the position of the connection is then unknown.
            Disconnect();
            throw;
        }
    }

    private void Check(ReadOnlySpan<byte> bytes)
    {
        crc.Append(bytes);
        if (bytes.Length == Remaining && isWhole && crc.Text != blob.Crc32c)
            throw new StorageException(
                StorageFault.Corrupt, $"The checksum of the received bytes of '{name}' is wrong.");
    }

    private async Task<bool> TryConnectAsync(GcsAttempt attempt)
    {
        if (await client.TryOpenContentAsync(
            name, blob, offset + Consumed, Remaining, attempt.Token) is not var (opened, before))
            return false;
        response = opened;
        try
        {
            body = await response.Content.ReadAsStreamAsync(attempt.Token);
            await SkipAsync(before, attempt);
            return true;
        }
        catch
        {
            Disconnect();
            throw;
        }
    }

    private async Task SkipAsync(long count, GcsAttempt attempt)
    {
        if (count == 0)
            return;
        var buffer = ArrayPool<byte>.Shared.Rent(SkipBytes);
        try
        {
            while (count > 0)
            {
                var read = await GcsException.GuardAsync(
                    name, async () =>
                        await body!.ReadAsync(
                            buffer.AsMemory(0, (int)Math.Min(buffer.Length, count)), attempt.Token), attempt.Token);
                if (read == 0)
                    throw GcsException.OfConnection(
                        name, sent: true, new EndOfStreamException($"{count} bytes before the range are missing."));
                count -= read;
                attempt.ReportProgress();
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void Disconnect()
    {
        body?.Dispose();
        response?.Dispose();
        (body, response) = (null, null);
    }
}
