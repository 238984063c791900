using System.Diagnostics.CodeAnalysis;

namespace Registry.Core.Versions;

/// <summary>
/// A release of a package: a version of Semantic Versioning 2.0.0, stored as the exact text that was pushed. Numbers
/// may have any size; they are never converted to integers. Releases are equal when their texts are equal.
/// </summary>
/// <remarks>
/// The order is total: the precedence of the specification (section 11), then the ordinal order of the build metadata,
/// where no metadata comes first; the specification leaves that order open. A registry has hundreds of thousands of
/// releases, so only the text is stored; the parts are sliced from it on demand, without allocating.
/// </remarks>
public readonly record struct Release : IComparable<Release>
{
    /// <summary>
    /// The maximum length in characters. The specification has no limit, but file names, headers and log lines have.
    /// </summary>
    public const int MaxLength = 128;

    private readonly string? value;

    private Release(string value) => this.value = value;

    /// <summary>The exact text.</summary>
    /// <exception cref="InvalidOperationException">This is the default value, which is not a release.</exception>
    public string Value => value ?? throw new InvalidOperationException("The default Release has no value.");

    /// <summary>Whether this is a prerelease, such as <c>1.0.0-rc.1</c>.</summary>
    public bool IsPrerelease => !Parts.Prerelease.IsEmpty;

    /// <summary>
    /// The build metadata after the <c>+</c>; empty when there is none. It only orders releases of equal precedence.
    /// </summary>
    public ReadOnlySpan<char> Build => Parts.Build;

    /// <summary>The parts of the text.</summary>
    internal ReleaseParts Parts => new(value);

    /// <summary>Parses a release strictly: nothing is trimmed, completed or corrected.</summary>
    /// <param name="text">The text from the client; null is invalid.</param>
    /// <param name="release">The release, if the text is valid.</param>
    /// <param name="reason">Why the text is invalid, as a message that may reach the client; otherwise null.</param>
    public static bool TryParse(
        [NotNullWhen(true)] string? text, out Release release, [NotNullWhen(false)] out string? reason)
    {
        reason = ReleaseGrammar.FindError(text);
        release = reason is null ? new Release(text!) : default;
        return reason is null;
    }

    /// <summary>Parses a release as <see cref="TryParse"/> does, from text that is known to be valid.</summary>
    /// <exception cref="FormatException"><paramref name="text"/> is not a release.</exception>
    public static Release Parse(string text) =>
        TryParse(text, out var release, out var reason) ? release : throw new FormatException(reason);

    /// <inheritdoc/>
    public int CompareTo(Release other)
    {
        var parts = Parts;
        var others = other.Parts;
        var byPrecedence = parts.ComparePrecedence(others);
        return byPrecedence != 0 ? byPrecedence : parts.Build.SequenceCompareTo(others.Build);
    }

    /// <summary>Whether <paramref name="left"/> comes before <paramref name="right"/>.</summary>
    public static bool operator <(Release left, Release right) => left.CompareTo(right) < 0;

    /// <summary>Whether <paramref name="left"/> comes before or equals <paramref name="right"/>.</summary>
    public static bool operator <=(Release left, Release right) => left.CompareTo(right) <= 0;

    /// <summary>Whether <paramref name="left"/> comes after <paramref name="right"/>.</summary>
    public static bool operator >(Release left, Release right) => left.CompareTo(right) > 0;

    /// <summary>Whether <paramref name="left"/> comes after or equals <paramref name="right"/>.</summary>
    public static bool operator >=(Release left, Release right) => left.CompareTo(right) >= 0;

    /// <inheritdoc/>
    public override string ToString() => value ?? "";
}
