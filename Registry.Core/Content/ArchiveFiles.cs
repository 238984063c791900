using System.Collections.Immutable;

namespace Registry.Core.Content;

/// <summary>The files of an archive, as far as it was unpacked.</summary>
/// <param name="Files">The files, by path in ordinal order.</param>
/// <param name="IsComplete">False if the archive is larger than what is unpacked, or damaged.</param>
public sealed record ArchiveFiles(ImmutableArray<ArchiveFile> Files, bool IsComplete)
{
    /// <summary>The estimated memory, in bytes.</summary>
    internal long Bytes =>
        200 + Files.Sum(static file => 150L + (2 * file.Path.Length) + (file.Content?.Length ?? 0));

    /// <summary>Finds a file by its path; null when there is none.</summary>
    public ArchiveFile? Find(string path) => Files.FirstOrDefault(file => file.Path == path);
}

/// <summary>A file of an archive.</summary>
/// <param name="Path">
/// The path, without the folder that contains all files. It may be any text, because archives may be malicious.
/// </param>
/// <param name="Size">The length in bytes.</param>
/// <param name="Content">The bytes; null for a file that is too large to be kept.</param>
public sealed record ArchiveFile(string Path, long Size, ReadOnlyMemory<byte>? Content);
