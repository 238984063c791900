
namespace Registry.Core.Content;

/// <summary>Recognizes the kinds of files that users send instead of a gzipped tar.</summary>
internal static class FileKind
{
    /// <summary>The number of bytes that suffice to recognize every kind: one block of a tar.</summary>
    public const int HeadBytes = TarHeader.BlockBytes;

    /// <summary>Returns the kind of a file, as in "This is a zip archive".</summary>
    /// <param name="head">
    /// The first <see cref="HeadBytes"/> bytes. Those of a shorter file may be followed by NULs.
    /// </param>
    /// <returns>The kind; null for any other, including gzip.</returns>
    public static string? Find(ReadOnlySpan<byte> head) =>
        head.StartsWith("PK\x03\x04"u8) || head.StartsWith("PK\x05\x06"u8) ? "a zip archive"
        : head.StartsWith((ReadOnlySpan<byte>)[0x28, 0xb5, 0x2f, 0xfd]) ? "compressed with zstd"
        : head is [(byte)'B', (byte)'Z', (byte)'h', >= (byte)'1'
            and <= (byte)'9', 0x31 or 0x17, ..] ? "compressed with bzip2"
        : head.StartsWith(
            (ReadOnlySpan<byte>)[0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0]) ? "compressed with xz"
        : head.StartsWith((ReadOnlySpan<byte>)[(byte)'7', (byte)'z', 0xbc, 0xaf, 0x27, 0x1c]) ? "a 7z archive"
        : head.Length >= HeadBytes
            && TarHeader.TryParse(head[..HeadBytes], out _) ? "an uncompressed tar archive"
        : null;
}
