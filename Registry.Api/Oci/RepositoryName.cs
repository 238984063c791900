using System.Text.RegularExpressions;
using Registry.Api.Http;
using Registry.Core.Errors;
using Registry.Core.Packages;

namespace Registry.Api.Oci;

/// <summary>
/// The names of repositories: those of packages that the grammar of OCI ("Pulling manifests") allows. It allows no
/// upper-case letters, and separators only between letters and digits.
/// </summary>
internal static partial class RepositoryName
{
    /// <summary>Parses a name; false when it is invalid.</summary>
    public static bool TryParse(string? text, out PackageName package) =>
        PackageName.TryParse(text, out package) && IsLegal(package);

    /// <summary>Whether the name of a package is that of a repository.</summary>
    public static bool IsLegal(PackageName package) => Grammar.IsMatch(package.Value);

    /// <summary>Returns the package of a route.</summary>
    /// <param name="name">The name, as <see cref="RepositoryPathsMiddleware"/> has joined it.</param>
    /// <exception cref="RegistryException"><see cref="ErrorCode.InvalidName"/>.</exception>
    public static PackageName Get(string name)
    {
        var text = JoinedPath.Split(name);
        return TryParse(text, out var package) ? package : throw OciErrors.InvalidName(text);
    }

    [GeneratedRegex(@"^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*\z")]
    private static partial Regex Grammar { get; }
}
