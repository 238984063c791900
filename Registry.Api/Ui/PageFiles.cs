using System.Collections.Immutable;
using System.Text;
using System.Text.Unicode;
using Registry.Core.Content;

namespace Registry.Api.Ui;

/// <summary>What a page keeps of the files of a package: their paths and sizes, but not their content.</summary>
/// <param name="Files">The files, by path in ordinal order.</param>
/// <param name="IsComplete">See <see cref="ArchiveFiles.IsComplete"/>.</param>
internal sealed record PageFiles(ImmutableArray<PageFile> Files, bool IsComplete)
{
    /// <summary>The memory, in bytes.</summary>
    public long Bytes => Files.Sum(static file => 120L + (2 * file.Path.Length));

    /// <summary>Returns what a page keeps of files.</summary>
    public static PageFiles Of(ArchiveFiles files) => new(
        [.. files.Files.Select(static file => new PageFile(file.Path, file.Size, file.Content is not null))],
        files.IsComplete);

    /// <summary>Finds a file by its path; null when there is none.</summary>
    public PageFile? Find(string path) => Files.FirstOrDefault(file => file.Path == path);
}

/// <summary>A file of a package.</summary>
/// <param name="Path">See <see cref="ArchiveFile.Path"/>.</param>
/// <param name="Size">The length in bytes.</param>
/// <param name="IsKept">False for a file that is too large to be shown.</param>
internal sealed record PageFile(string Path, long Size, bool IsKept)
{
    /// <summary>The most bytes of a file that a page shows.</summary>
    public const int MaxShownBytes = 256 << 10;

    /// <summary>Whether a page shows only the beginning of the file.</summary>
    public bool IsCut => IsKept && Size > MaxShownBytes;

    /// <summary>
    /// Returns the part of a text file that a page shows, in UTF-8; null when the file is no text, or was too large to
    /// be kept.
    /// </summary>
    public static ReadOnlyMemory<byte>? FindText(ArchiveFile? file)
    {
        if (file?.Content is not { } bytes || bytes.Span.Contains((byte)0))
            return null;
        var length = bytes.Length;
        if (length > MaxShownBytes)
            for (length = MaxShownBytes; length > 0 && (bytes.Span[length] & 0xc0) == 0x80;)
                length--;
        if (bytes.Span.StartsWith(Encoding.UTF8.Preamble))
            (bytes, length) = (bytes[Encoding.UTF8.Preamble.Length..], length - Encoding.UTF8.Preamble.Length);
        return Utf8.IsValid(bytes.Span[..length]) ? bytes[..length] : null;
    }
}
