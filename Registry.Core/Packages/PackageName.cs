using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Registry.Core.Storage;

namespace Registry.Core.Packages;

/// <summary>
/// The name of a package: <c>namespace/name</c>. Each half is <c>[A-Za-z0-9_][A-Za-z0-9._-]{0,79}</c>; case matters.
/// </summary>
public readonly record struct PackageName : IComparable<PackageName>
{
    private const int MaxHalfLength = 80;

    private static readonly SearchValues<char> HalfCharacters =
        SearchValues.Create("-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz");

    private readonly string? value;

    private PackageName(string value, int namespaceLength) => (this.value, NamespaceLength) = (value, namespaceLength);

    /// <summary><c>namespace/name</c>.</summary>
    /// <exception cref="InvalidOperationException">This is the default value, which names nothing.</exception>
    public string Value => value ?? throw new InvalidOperationException("A default PackageName names nothing.");

    /// <summary>The first half.</summary>
    public string Namespace => Value[..NamespaceLength];

    /// <summary>The second half.</summary>
    public string Name => Value[(NamespaceLength + 1)..];

    /// <summary>Where the index of the package is stored, and the scope of its blobs.</summary>
    public StoreKey Key => StoreKeys.Package(Namespace, Name);

    private int NamespaceLength { get; }

    /// <summary>Puts the two halves together; false when either is not a name.</summary>
    public static bool TryCreate(
        [NotNullWhen(true)] string? @namespace, [NotNullWhen(true)] string? name, out PackageName package)
    {
        package = default;
        if (@namespace is null || name is null || !IsHalf(@namespace) || !IsHalf(name))
            return false;
        package = new PackageName($"{@namespace}/{name}", @namespace.Length);
        return true;
    }

    /// <summary>Reads <c>namespace/name</c>; false when it is not one.</summary>
    public static bool TryParse(string? text, out PackageName package)
    {
        var slash = text?.IndexOf('/') ?? -1;
        package = default;
        if (slash <= 0 || !IsHalf(text.AsSpan(0, slash)) || !IsHalf(text.AsSpan(slash + 1)))
            return false;
        package = new PackageName(text!, slash);
        return true;
    }

    /// <summary>Reads <see cref="Key"/> back; false when the key is not that of a package.</summary>
    public static bool TryParse(StoreKey key, out PackageName package)
    {
        package = default;

        // Most names need no escape: the key holds them as they are.
        if (!key.Value.Contains(StoreKey.Escape))
            return key.IsBelow(StoreKeys.Packages)
                && TryParse(key.Value[(StoreKeys.Packages.Value.Length + 1)..], out package);
        return key.IsBelow(StoreKeys.Packages)
            && key.Segments() is [_, var @namespace, var name]
            && TryCreate(@namespace, name, out package);
    }

    /// <summary>Ordinal order of <see cref="Value"/>.</summary>
    public int CompareTo(PackageName other) => string.CompareOrdinal(Value, other.Value);

    /// <inheritdoc/>
    public override string ToString() => value ?? "";

    /// <summary>Ordinal order.</summary>
    public static bool operator <(PackageName left, PackageName right) => left.CompareTo(right) < 0;

    /// <summary>Ordinal order.</summary>
    public static bool operator >(PackageName left, PackageName right) => left.CompareTo(right) > 0;

    /// <summary>Ordinal order.</summary>
    public static bool operator <=(PackageName left, PackageName right) => left.CompareTo(right) <= 0;

    /// <summary>Ordinal order.</summary>
    public static bool operator >=(PackageName left, PackageName right) => left.CompareTo(right) >= 0;

    private static bool IsHalf(ReadOnlySpan<char> text) =>
        text.Length is > 0 and <= MaxHalfLength
            && text[0] is not ('.' or '-')
            && !text.ContainsAnyExcept(HalfCharacters);
}
