namespace Registry.Core.Access;

/// <summary>A range of paths in ordinal order.</summary>
/// <param name="From">The first path that may be in the range.</param>
/// <param name="End">The first path after the range; null when it has no end.</param>
/// <param name="IsWhole">Whether every path of the range is allowed. Otherwise each must be checked.</param>
public readonly record struct PathRange(string From, string? End, bool IsWhole)
{
    /// <summary>Whether the range ends before a path.</summary>
    public bool EndsBefore(string path) => End is not null && string.CompareOrdinal(End, path) <= 0;
}
