using Registry.Core.Errors;
using Registry.Core.Packages;

namespace Registry.Api.Cnr;

/// <summary>Parses the package names that CNR can address: those whose namespace has exactly one part.</summary>
internal static class CnrName
{
    /// <summary>Creates a name from its two parts; false when CNR cannot address it.</summary>
    public static bool TryCreate(string @namespace, string name, out PackageName package) =>
        PackageName.TryCreate(@namespace, name, out package) && package.HasOnePartNamespace;

    /// <summary>Parses <c>namespace/name</c>; false when CNR cannot address it.</summary>
    public static bool TryParse(string? text, out PackageName package) =>
        PackageName.TryParse(text, out package) && package.HasOnePartNamespace;

    /// <summary>Returns the package of a request.</summary>
    /// <param name="namespace">The namespace.</param>
    /// <param name="name">The name.</param>
    /// <param name="release">The requested release, query or digest, which the error echoes; null for none.</param>
    /// <param name="mediaType">The requested media type, which the error echoes; null for none.</param>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.PackageNotFound"/>: the name is invalid, so no such package exists.
    /// </exception>
    public static PackageName Get(string @namespace, string name, string? release = null, string? mediaType = null) =>
        TryCreate(@namespace, name, out var package)
            ? package
            : throw PackageErrors.PackageNotFound($"{@namespace}/{name}", release, mediaType);
}
