namespace Registry.Core.Content;

/// <summary>The result of a <see cref="FileSearch"/>.</summary>
/// <param name="Outcome">Whether the file was found; otherwise why not.</param>
/// <param name="IsRootless">Whether it is at the top of the archive, without a folder.</param>
/// <param name="Bytes">Its content; empty unless it was found and is not too large.</param>
public sealed record FoundFile(FileOutcome Outcome, bool IsRootless, ReadOnlyMemory<byte> Bytes);

/// <summary>The outcomes of a <see cref="FileSearch"/>.</summary>
public enum FileOutcome
{
    /// <summary>There is no such file.</summary>
    Missing,

    /// <summary>There is one such file.</summary>
    Found,

    /// <summary>There is one such file, which exceeds the maximum size.</summary>
    TooLarge,

    /// <summary>There are several such files.</summary>
    Ambiguous,
}
