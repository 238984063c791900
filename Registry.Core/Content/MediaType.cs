using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace Registry.Core.Content;

/// <summary>
/// The media type of a package in its short form: kpm, helm, docker-compose, …
/// <c>[a-z0-9][a-z0-9.+_-]{0,63}</c>.
/// </summary>
public readonly partial record struct MediaType : IComparable<MediaType>
{
    private const int MaxLength = 64;
    private const string LongPrefix = "application/vnd.";

    private static readonly SearchValues<char> ShortCharacters =
        SearchValues.Create("+-.0123456789_abcdefghijklmnopqrstuvwxyz");

    private readonly string? value;

    private MediaType(string value) => this.value = value;

    /// <summary>The media type of a push that names none.</summary>
    public static MediaType Kpm { get; } = new("kpm");

    /// <summary>The media type of a chart.</summary>
    public static MediaType Helm { get; } = new("helm");

    /// <summary>The short form.</summary>
    /// <exception cref="InvalidOperationException">This is the default value.</exception>
    public string Value => value ?? throw new InvalidOperationException("A default MediaType has no value.");

    /// <summary>
    /// Parses a short form, or a long form of either vendor:
    /// <c>application/vnd.cnr.package-manifest.helm.v1.json</c> and
    /// <c>application/vnd.appr.package.helm.v0.tar+gzip</c> are both <c>helm</c>. False for anything else.
    /// </summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out MediaType mediaType)
    {
        mediaType = default;
        if (text is null)
            return false;
        if (text.StartsWith(LongPrefix, StringComparison.Ordinal) && LongForm.Match(text) is { Success: true } match)
            text = match.Groups["type"].Value;
        if (text.Length is 0 or > MaxLength
            || !char.IsAsciiLetterOrDigit(text[0])
            || text.AsSpan().ContainsAnyExcept(ShortCharacters))
            return false;
        mediaType = new MediaType(text);
        return true;
    }

    /// <summary>Ordinal order.</summary>
    public int CompareTo(MediaType other) => string.CompareOrdinal(Value, other.Value);

    /// <inheritdoc/>
    public override string ToString() => value ?? "";

    /// <summary>Ordinal order.</summary>
    public static bool operator <(MediaType left, MediaType right) => left.CompareTo(right) < 0;

    /// <summary>Ordinal order.</summary>
    public static bool operator >(MediaType left, MediaType right) => left.CompareTo(right) > 0;

    /// <summary>Ordinal order.</summary>
    public static bool operator <=(MediaType left, MediaType right) => left.CompareTo(right) <= 0;

    /// <summary>Ordinal order.</summary>
    public static bool operator >=(MediaType left, MediaType right) => left.CompareTo(right) >= 0;

    [GeneratedRegex(
        @"^application/vnd\.(cnr|appr)\.package"
            + @"(-manifest\.(?<type>.+)\.v[01]\.json|\.(?<type>.+)\.v[01]\.tar\+gzip)\z")]
    private static partial Regex LongForm { get; }
}
