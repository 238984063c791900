using System.Diagnostics.CodeAnalysis;

namespace Registry.Core.Versions;

/// <summary>
/// A release of a package: a version by Semantic Versioning 2.0.0, kept as the exact text that was pushed. The numbers
/// may have any size; they are never turned into integers. Equal means the same text.
/// </summary>
/// <remarks>
/// The order is total: the precedence of the specification (section 11), and between releases that differ in build
/// metadata alone, which the specification leaves open, the ordinal order of that metadata, none before any. Only the
/// text is held, since a registry holds hundreds of thousands of these; the parts are cut from it when asked for,
/// without allocating.
/// </remarks>
public readonly record struct Release : IComparable<Release>
{
    /// <summary>
    /// The longest release, in characters. The specification has no limit; a file name, a header and a log line have
    /// one.
    /// </summary>
    public const int MaxLength = 128;

    private readonly string? value;

    private Release(string value) => this.value = value;

    /// <summary>The exact text.</summary>
    /// <exception cref="InvalidOperationException">This is the default value, which is no release.</exception>
    public string Value => value ?? throw new InvalidOperationException("A default Release is none.");

    /// <summary>Whether it comes before the release that its numbers name, as <c>1.0.0-rc.1</c> does.</summary>
    public bool IsPrerelease => !Parts.Prerelease.IsEmpty;

    /// <summary>
    /// What follows the <c>+</c>; empty when there is none. It names a build and says nothing of order but between
    /// equals.
    /// </summary>
    public ReadOnlySpan<char> Build => Parts.Build;

    /// <summary>The parts of the text.</summary>
    internal ReleaseParts Parts => new(value);

    /// <summary>Reads a release, strictly: nothing is trimmed, completed or corrected.</summary>
    /// <param name="text">What a client sent; null is no release.</param>
    /// <param name="release">The release, when there is one.</param>
    /// <param name="reason">Otherwise why not, in words that may reach the client.</param>
    public static bool TryParse(
        [NotNullWhen(true)] string? text, out Release release, [NotNullWhen(false)] out string? reason)
    {
        reason = ReleaseGrammar.Refuse(text);
        release = reason is null ? new Release(text!) : default;
        return reason is null;
    }

    /// <summary>As <see cref="TryParse"/>, for text that is known to be good.</summary>
    /// <exception cref="FormatException"><paramref name="text"/> is no release.</exception>
    public static Release Parse(
        string text) => TryParse(text, out var release, out var reason) ? release : throw new FormatException(reason);

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

    /// <summary>Whether <paramref name="left"/> comes before <paramref name="right"/> or is it.</summary>
    public static bool operator <=(Release left, Release right) => left.CompareTo(right) <= 0;

    /// <summary>Whether <paramref name="left"/> comes after <paramref name="right"/>.</summary>
    public static bool operator >(Release left, Release right) => left.CompareTo(right) > 0;

    /// <summary>Whether <paramref name="left"/> comes after <paramref name="right"/> or is it.</summary>
    public static bool operator >=(Release left, Release right) => left.CompareTo(right) >= 0;

    /// <inheritdoc/>
    public override string ToString() => value ?? "";
}
