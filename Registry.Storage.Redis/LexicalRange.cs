using Registry.Core.Storage;
using StackExchange.Redis;

namespace Registry.Storage.Redis;

/// <summary>A range of names in byte order for ZRANGEBYLEX, which is read in pages.</summary>
/// <param name="lowest">The lower bound.</param>
/// <param name="highest">The upper bound, exclusive.</param>
/// <param name="after">The name to start after; null for the lower bound.</param>
internal struct LexicalRange(string lowest, string highest, string? after)
{
    private string? after = after is not null && string.CompareOrdinal(after, lowest) >= 0 ? after : null;

    public readonly RedisValue Min => after is null ? $"[{lowest}" : $"({after}";

    public readonly RedisValue Max => $"({highest}";

    /// <summary>True when the range contains no name.</summary>
    public readonly bool IsEmpty => after is not null && string.CompareOrdinal(after, highest) >= 0;

    /// <summary>Returns the range of everything below a scope. <c>0</c> is the byte after <c>/</c>.</summary>
    public static LexicalRange Below(StoreKey scope, string? after) => new($"{scope.Value}/", $"{scope.Value}0", after);

    /// <summary>Returns the range of the blobs of a scope itself. <c>A</c> is the byte after <c>@</c>.</summary>
    public static LexicalRange BlobsOf(
        StoreKey scope,
        string? after) => new($"{scope.Value}/{BlobKey.Mark}", $"{scope.Value}/{(char)(BlobKey.Mark + 1)}", after);

    /// <summary>Continues after the last name of a page.</summary>
    public void Continue(string last) => after = last;
}
