using System.Buffers;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Registry.Api.Cnr.Push;
using Registry.Api.Json;
using Registry.Core.Storage;

namespace Registry.Api.Backups;

/// <summary>
/// Holds one content at a time in a temporary file, until the properties that describe it have been read, or until it
/// is known to be complete. Disposing it deletes the file.
/// </summary>
/// <param name="maxBytes">
/// The maximum size of the content, in bytes. A longer one is counted and hashed, but not stored.
/// </param>
internal sealed class ContentSpool(long maxBytes) : ITextSink, IAsyncDisposable
{
    private const int BufferBytes = 64 << 10;

    private readonly FileStream file = Create();
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] buffer = new byte[BufferBytes];
    private Base64Decoder decoder = new();
    private int filled;

    /// <summary>The length of the content in bytes, including bytes that were not stored.</summary>
    public long Length { get; private set; }

    /// <summary>Why the content is rejected, as the end of a sentence; null when it is accepted.</summary>
    public string? Refusal { get; private set; }

    /// <summary>The sha256 of the content. Available after <see cref="EndAsync"/>.</summary>
    public Digest Digest { get; private set; }

    /// <summary>Clears the spool for the next content.</summary>
    public void Begin()
    {
        file.SetLength(0);
        file.Position = 0;
        _ = hash.GetHashAndReset();
        decoder = new Base64Decoder();
        (filled, Length, Refusal, Digest) = (0, 0, null, default);
    }

    /// <summary>Decodes the next piece of base64 text.</summary>
    public async ValueTask AppendAsync(ReadOnlyMemory<byte> text, CancellationToken cancellationToken)
    {
        while (!text.IsEmpty && Refusal is null)
        {
            var status = decoder.Decode(text.Span, buffer.AsSpan(filled), out var consumed, out var written);
            text = text[consumed..];
            filled += written;
            if (status == OperationStatus.InvalidData)
                Refusal = "its blob is not base64";
            else if (status == OperationStatus.DestinationTooSmall)
                await FlushAsync(cancellationToken);
        }
    }

    /// <summary>Reads the content from a stream, to its end.</summary>
    public async ValueTask FillAsync(Stream content, CancellationToken cancellationToken)
    {
        while ((filled = await content.ReadAsync(buffer, cancellationToken)) > 0)
            await FlushAsync(cancellationToken);
    }

    /// <summary>Ends the content.</summary>
    public async ValueTask EndAsync(CancellationToken cancellationToken)
    {
        await FlushAsync(cancellationToken);
        if (!decoder.IsComplete)
            Refusal ??= "its blob is not base64: its length is not a multiple of four characters";
        Digest = Digest.FromHash(hash.GetHashAndReset());
    }

    /// <summary>Reads the content in pieces.</summary>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        file.Position = 0;
        int read;
        while ((read = await file.ReadAsync(buffer, cancellationToken)) > 0)
            yield return buffer.AsMemory(0, read);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await file.DisposeAsync();
        hash.Dispose();
    }

    /// <summary>Creates a file that only this user can read.</summary>
    private static FileStream Create()
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.None,
            BufferSize = 0,
            Options = FileOptions.Asynchronous | FileOptions.DeleteOnClose,
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new FileStream(Path.Combine(Path.GetTempPath(), $"registry-backup-{Guid.NewGuid():n}"), options);
    }

    /// <summary>Stores the bytes of the buffer.</summary>
    private async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        Length += filled;
        hash.AppendData(buffer, 0, filled);
        if (Length <= maxBytes)
            await file.WriteAsync(buffer.AsMemory(0, filled), cancellationToken);
        else
            Refusal ??= $"its blob is larger than {maxBytes} bytes, the limit of this registry";
        filled = 0;
    }
}
