using System.Buffers;
using Registry.Api.Json;
using Registry.Core.Packages;

namespace Registry.Api.Cnr.Push;

/// <summary>
/// Decodes the text of the field <c>blob</c> into a push as it arrives. Content with invalid base64 is rejected.
/// </summary>
/// <param name="begin">Begins the push, at the first byte.</param>
internal sealed class BlobText(Func<CancellationToken, ValueTask<PackagePush>> begin) : ITextSink, IAsyncDisposable
{
    /// <summary>The memory of the decoder, in bytes.</summary>
    public const int BufferBytes = 64 << 10;

    private readonly Base64Decoder decoder = new();
    private byte[]? buffer;
    private int filled;
    private bool refused;
    private bool released;

    /// <summary>Whether the field may also be the archive itself.</summary>
    public bool MayBeRaw { get; set; }

    /// <summary>The push; null before the first byte.</summary>
    public PackagePush? Push { get; private set; }

    /// <summary>Decodes the next piece of base64 text.</summary>
    public async ValueTask AppendAsync(ReadOnlyMemory<byte> text, CancellationToken cancellationToken)
    {
        if (text.IsEmpty || refused)
            return;
        buffer ??= ArrayPool<byte>.Shared.Rent(BufferBytes);
        var push = await GetPushAsync(cancellationToken);
        while (!text.IsEmpty)
        {
            var status = decoder.Decode(text.Span, buffer.AsSpan(filled), out var consumed, out var written);
            text = text[consumed..];
            filled += written;
            if (status == OperationStatus.InvalidData)
            {
                refused = true;
                push.Refuse($"{Problem}: it contains an invalid character, or data after the padding.");
                return;
            }

            if (status == OperationStatus.DestinationTooSmall)
                await FlushAsync(push, cancellationToken);
        }
    }

    /// <summary>Writes bytes of the content itself, without base64.</summary>
    public async ValueTask AppendRawAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        await (await GetPushAsync(cancellationToken)).WriteAsync(content, cancellationToken);

    /// <summary>Ends the text.</summary>
    public async ValueTask EndAsync(CancellationToken cancellationToken)
    {
        if (Push is null || refused)
            return;
        await FlushAsync(Push, cancellationToken);
        if (!decoder.IsComplete)
            Push.Refuse($"{Problem}: its length is not a multiple of four characters.");
    }

    /// <summary>Transfers the ownership of the push to the caller.</summary>
    public PackagePush Release()
    {
        released = true;
        return Push ?? throw new InvalidOperationException("There is no push.");
    }

    /// <summary>Discards the push, unless its ownership was transferred.</summary>
    public async ValueTask DisposeAsync()
    {
        if (buffer is not null)
            ArrayPool<byte>.Shared.Return(buffer);
        buffer = null;
        if (Push is not null && !released)
            await Push.DisposeAsync();
        released = true;
    }

    private string Problem =>
        MayBeRaw ? "The blob is neither a gzip archive nor base64 of one" : "The blob is not base64";

    private async ValueTask<PackagePush> GetPushAsync(CancellationToken cancellationToken) =>
        Push ??= await begin(cancellationToken);

    private async ValueTask FlushAsync(PackagePush push, CancellationToken cancellationToken)
    {
        if (filled > 0)
            await push.WriteAsync(buffer.AsMemory(0, filled), cancellationToken);
        filled = 0;
    }
}
