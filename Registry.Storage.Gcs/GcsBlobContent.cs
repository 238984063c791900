using System.Buffers;
using Registry.Core.Content;
using Registry.Core.Storage;
using Registry.Core.Transfers;

namespace Registry.Storage.Gcs;

/// <summary>
/// Exactly so many bytes of one generation of an object, read forward. A connection that breaks is replaced and read on
/// from where it broke; where that cannot be, reading throws and never just ends. A blob that is read whole must have
/// the checksum of the object, or its last bytes are not given out.
/// </summary>
internal sealed class GcsBlobContent(
    GcsClient client, string name, GcsObject blob, long offset, long length, TransferBudget budget)
        : ForwardOnlyStream(length)
{
    /// <summary>What a connection of the HTTP client buffers, its TLS included.</summary>
    private const int ConnectionBytes = 64 * 1024;

    /// <summary>A part of <see cref="ConnectionBytes"/>.</summary>
    private const int SkipBytes = 16 * 1024;

    private readonly bool isWhole = offset == 0 && length == GcsBlobs.SizeOf(blob) && blob.Crc32c is not null;
    private HttpResponseMessage? response;
    private Stream? body;
    private Crc32C crc;
    private bool isReserved;
    private bool isDisposed;

    public override bool CanRead => !isDisposed;

    /// <summary>
    /// Connects, so that what fails fails before the first byte is promised. False when the generation is not there any
    /// more.
    /// </summary>
    public async Task<bool> TryBeginAsync(CancellationToken cancellationToken)
    {
        if (length == 0)
            return true;
        await budget.ReserveAsync(ConnectionBytes, cancellationToken);
        isReserved = true;
        return await client.Retry().RunAsync(now => TryConnectAsync(now), cancellationToken);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        cancellationToken.ThrowIfCancellationRequested();
        var wanted = (int)Math.Min(buffer.Length, length - Consumed);
        return wanted == 0
            ? 0
            : await client.TransferRetry().RunAsync(now => ReadOnceAsync(buffer[..wanted], now), cancellationToken);
    }

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

    private async Task<int> ReadOnceAsync(Memory<byte> buffer, GcsAttempt now)
    {
        try
        {
            if (body is null && !await TryConnectAsync(now))
                throw new StorageException(
                    StorageFault.Unavailable,
                    $"'{name}' was deleted under its reader, {length - Consumed} bytes before the end.");
            var read =
                await GcsException.GuardAsync(name, async () => await body!.ReadAsync(buffer, now.Token), now.Token);
            if (read == 0)
                throw GcsException.OfConnection(
                    name, sent: true, new EndOfStreamException($"{length - Consumed} bytes are missing."));
            Take(buffer.Span[..read]);
            return read;
        }
        catch
        {
            // Also where the caller cancelled: half a read leaves the connection nowhere.
            Disconnect();
            throw;
        }
    }

    private void Take(ReadOnlySpan<byte> bytes)
    {
        crc.Append(bytes);
        Consumed += bytes.Length;
        if (Consumed == length && isWhole && crc.Text != blob.Crc32c)
            throw new StorageException(StorageFault.Corrupt, $"'{name}' arrived with another checksum than its own.");
    }

    private async Task<bool> TryConnectAsync(GcsAttempt now)
    {
        if (await client.TryOpenContentAsync(
            name, blob, offset + Consumed, length - Consumed, now.Token) is not var (opened, before))
            return false;
        response = opened;
        try
        {
            body = await response.Content.ReadAsStreamAsync(now.Token);
            await SkipAsync(before, now);
            return true;
        }
        catch
        {
            Disconnect();
            throw;
        }
    }

    private async Task SkipAsync(long count, GcsAttempt now)
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
                            buffer.AsMemory(0, (int)Math.Min(buffer.Length, count)), now.Token), now.Token);
                if (read == 0)
                    throw GcsException.OfConnection(
                        name, sent: true, new EndOfStreamException($"{count} bytes before the range are missing."));
                count -= read;
                now.Moved();
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
