using System.Buffers;
using Registry.Api.Json;
using Registry.Core.Packages;

namespace Registry.Api.Cnr.Push;

/// <summary>
/// The text of the field <c>blob</c>, decoded into an push as it arrives. Text that is no base64 becomes the upload's
/// verdict.
/// </summary>
/// <param name="begin">Begins the push, at the first byte.</param>
internal sealed class BlobText(Func<CancellationToken, ValueTask<PackagePush>> begin) : ITextSink, IAsyncDisposable
{
    /// <summary>The memory that it takes, in bytes.</summary>
    public const int BufferBytes = 64 << 10;

    private readonly Base64Decoder decoder = new();
    private byte[]? buffer;
    private int filled;
    private bool refused;
    private bool released;

    /// <summary>The push; null while there was not a single byte.</summary>
    public PackagePush? Push { get; private set; }

    /// <summary>Takes the next of the base64 text.</summary>
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
                push.Refuse(
                    "The blob is not base64: a character of it is no base64 digit, or something follows its padding.");
                return;
            }

            if (status == OperationStatus.DestinationTooSmall)
                await FlushAsync(push, cancellationToken);
        }
    }

    /// <summary>Takes bytes that are the content itself, without base64.</summary>
    public async ValueTask AppendRawAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        await (await GetPushAsync(cancellationToken)).WriteAsync(content, cancellationToken);

    /// <summary>Says that the text has ended.</summary>
    public async ValueTask EndAsync(CancellationToken cancellationToken)
    {
        if (Push is null || refused)
            return;
        await FlushAsync(Push, cancellationToken);
        if (!decoder.IsComplete)
            Push.Refuse("The blob is not base64: it ends within a group of four digits.");
    }

    /// <summary>Hands the push over to whoever asks, who owns it from then on.</summary>
    public PackagePush Release()
    {
        released = true;
        return Push ?? throw new InvalidOperationException("There is no push.");
    }

    /// <summary>Discards the push, unless it was handed over.</summary>
    public async ValueTask DisposeAsync()
    {
        if (buffer is not null)
            ArrayPool<byte>.Shared.Return(buffer);
        buffer = null;
        if (Push is not null && !released)
            await Push.DisposeAsync();
        released = true;
    }

    private async ValueTask<PackagePush> GetPushAsync(
        CancellationToken cancellationToken) => Push ??= await begin(cancellationToken);

    private async ValueTask FlushAsync(PackagePush push, CancellationToken cancellationToken)
    {
        if (filled > 0)
            await push.WriteAsync(buffer.AsMemory(0, filled), cancellationToken);
        filled = 0;
    }
}
