using Registry.Core.Storage;
using StackExchange.Redis;

namespace Registry.Storage.Redis;

/// <summary>
/// A stretch of names in the order of their bytes, as ZRANGEBYLEX takes it, that is read page by page.
/// </summary>
/// <param name="lowest">Where it starts.</param>
/// <param name="highest">Where it ends; names that begin with it are beyond.</param>
/// <param name="after">Nothing up to this name, included; null for no such limit.</param>
internal struct LexicalRange(string lowest, string highest, string? after)
{
    private string? after = after is not null && string.CompareOrdinal(after, lowest) >= 0 ? after : null;

    public readonly RedisValue Min => after is null ? $"[{lowest}" : $"({after}";

    public readonly RedisValue Max => $"({highest}";

    /// <summary>True when nothing can lie in it.</summary>
    public readonly bool IsEmpty => after is not null && string.CompareOrdinal(after, highest) >= 0;

    /// <summary>All that is below a scope: <c>0</c> is the byte after <c>/</c>.</summary>
    public static LexicalRange Below(StoreKey scope, string? after) => new($"{scope.Value}/", $"{scope.Value}0", after);

    /// <summary>The blobs of a scope itself: <c>A</c> is the byte after <c>@</c>.</summary>
    public static LexicalRange BlobsOf(
        StoreKey scope,
        string? after) => new($"{scope.Value}/{BlobKey.Mark}", $"{scope.Value}/{(char)(BlobKey.Mark + 1)}", after);

    /// <summary>Goes on after the last name of a page.</summary>
    public void Continue(string last) => after = last;
}
