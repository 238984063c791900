namespace Registry.Core.Storage;

/// <summary>
/// The name of a blob: its scope and the sha256 of its bytes. The same bytes in two scopes are two blobs.
/// </summary>
/// <param name="Scope">The package or workspace.</param>
/// <param name="Digest">The sha256 of the stored bytes.</param>
public readonly record struct BlobKey(StoreKey Scope, Digest Digest) : IComparable<BlobKey>
{
    /// <summary>
    /// The first character of a blob's name. No segment of a <see cref="StoreKey"/> can contain it, so blobs and scopes
    /// never collide.
    /// </summary>
    public const char Mark = '@';

    /// <summary>The text form, <c>scope/@digest</c>. Its ordinal order is the order of every listing.</summary>
    public string Value => $"{Scope.Value}/{Mark}{Digest.Value}";

    /// <summary>Parses <see cref="Value"/>. Returns false when the text is not a blob key.</summary>
    public static bool TryParse(string? value, out BlobKey key)
    {
        key = default;
        var slash = value?.LastIndexOf('/') ?? -1;
        if (slash < 0 || slash + 1 >= value!.Length || value[slash + 1] != Mark
            || !StoreKey.TryParse(value[..slash], out var scope) || !Digest.TryParse(
                value[(slash + 2)..], out var digest))
            return false;
        key = new BlobKey(scope, digest);
        return true;
    }

    /// <summary>Ordinal order of <see cref="Value"/>.</summary>
    public int CompareTo(BlobKey other) => string.CompareOrdinal(Value, other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value;

    /// <summary>Ordinal order.</summary>
    public static bool operator <(BlobKey left, BlobKey right) => left.CompareTo(right) < 0;

    /// <summary>Ordinal order.</summary>
    public static bool operator >(BlobKey left, BlobKey right) => left.CompareTo(right) > 0;

    /// <summary>Ordinal order.</summary>
    public static bool operator <=(BlobKey left, BlobKey right) => left.CompareTo(right) <= 0;

    /// <summary>Ordinal order.</summary>
    public static bool operator >=(BlobKey left, BlobKey right) => left.CompareTo(right) >= 0;
}
