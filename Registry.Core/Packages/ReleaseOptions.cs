using System.IO.Enumeration;

namespace Registry.Core.Packages;

/// <summary>How releases may be replaced.</summary>
public sealed record ReleaseOptions
{
    /// <summary>
    /// Patterns of the packages whose releases may be replaced by clients that cannot ask for it, such as OCI clients:
    /// <c>*</c> matches any characters, also <c>/</c>.
    /// </summary>
    /// <value>Default none: releases are immutable.</value>
    public IReadOnlyList<string> Mutable { get; init; } = [];

    /// <summary>Whether a push may replace a release of a package.</summary>
    public bool IsMutable(PackageName package)
    {
        foreach (var pattern in Mutable)
            if (FileSystemName.MatchesSimpleExpression(pattern, package.Value, ignoreCase: false))
                return true;
        return false;
    }
}
