using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Registry.Core.Storage;

namespace Registry.Core.Packages;

/// <summary>
/// The name of a package: a namespace of any number of parts, and a name: <c>team/app</c>, <c>org/charts/app</c>, or
/// <c>app</c> in the empty namespace. Each part is <c>[A-Za-z0-9_][A-Za-z0-9._-]{0,79}</c>; case matters.
/// </summary>
public readonly record struct PackageName : IComparable<PackageName>
{
    private const int MaxPartLength = 80;

    /// <summary>The limit of OCI repository names in common clients.</summary>
    private const int MaxLength = 255;

    private static readonly SearchValues<char> PartCharacters =
        SearchValues.Create("-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz");

    private readonly string? value;

    private PackageName(string value, int namespaceLength, bool hasOnePartNamespace) =>
        (this.value, NamespaceLength, HasOnePartNamespace) = (value, namespaceLength, hasOnePartNamespace);

    /// <summary>The whole name: <c>namespace/name</c>, or <c>name</c> in the empty namespace.</summary>
    /// <exception cref="InvalidOperationException">This is the default value, which names nothing.</exception>
    public string Value => value ?? throw new InvalidOperationException("A default PackageName names nothing.");

    /// <summary>The parts before the last one, joined by <c>/</c>; empty when there are none.</summary>
    public string Namespace => Value[..NamespaceLength];

    /// <summary>The last part.</summary>
    public string Name => NamespaceLength == 0 ? Value : Value[(NamespaceLength + 1)..];

    /// <summary>Whether the namespace has exactly one part. CNR addresses these packages and no others.</summary>
    public bool HasOnePartNamespace { get; }

    /// <summary>
    /// The key of the package's index, and the scope of its blobs. The namespace is one segment, however many parts it
    /// has.
    /// </summary>
    public StoreKey Key => StoreKeys.Package(Namespace, Name);

    private int NamespaceLength { get; }

    /// <summary>
    /// Creates a name from a namespace, which may be empty, and a name; false when either is invalid.
    /// </summary>
    public static bool TryCreate(
        [NotNullWhen(true)] string? @namespace, [NotNullWhen(true)] string? name, out PackageName package)
    {
        package = default;
        if (@namespace is null || !IsPart(name) || !IsNamespace(@namespace, out var hasOnePart))
            return false;
        var value = @namespace.Length == 0 ? name! : $"{@namespace}/{name}";
        if (value.Length > MaxLength)
            return false;
        package = new PackageName(value, @namespace.Length, hasOnePart);
        return true;
    }

    /// <summary>Parses a whole name; false when it is invalid.</summary>
    public static bool TryParse(string? text, out PackageName package)
    {
        package = default;
        if (text is null or { Length: > MaxLength })
            return false;
        var slash = text.LastIndexOf('/');
        var namespaceLength = Math.Max(slash, 0);
        if (slash == 0
            || !IsPart(text.AsSpan(slash + 1))
            || !IsNamespace(text.AsSpan(0, namespaceLength), out var hasOnePart))
            return false;
        package = new PackageName(text, namespaceLength, hasOnePart);
        return true;
    }

    /// <summary>Parses a <see cref="Key"/>; false when it is not the key of a package.</summary>
    public static bool TryParse(StoreKey key, out PackageName package)
    {
        package = default;

        // Most keys have no escapes: they contain the name as it is. Several parts or none always need an escape.
        if (!key.Value.Contains(StoreKey.Escape))
            return key.IsBelow(StoreKeys.Packages)
                && TryParse(key.Value[(StoreKeys.Packages.Value.Length + 1)..], out package)
                && package.HasOnePartNamespace;
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

    private static bool IsPart(ReadOnlySpan<char> text) =>
        text.Length is > 0 and <= MaxPartLength
            && text[0] is not ('.' or '-')
            && !text.ContainsAnyExcept(PartCharacters);

    private static bool IsNamespace(ReadOnlySpan<char> text, out bool hasOnePart)
    {
        hasOnePart = !text.IsEmpty && !text.Contains('/');
        if (hasOnePart || text.IsEmpty)
            return text.IsEmpty || IsPart(text);
        foreach (var part in text.Split('/'))
            if (!IsPart(text[part]))
                return false;

        // It is stored as one segment, in which an upper-case letter and a slash take three bytes each.
        return text.Length <= StoreKey.MaxSegmentBytes / 3 || StoreKey.TryOf([text.ToString()], out _);
    }
}
