using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;
using Registry.Core.Versions;

namespace Registry.Core.Artifacts;

/// <summary>
/// The name of a tag: <c>[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}</c> (OCI distribution, "Pulling manifests"); case matters.
/// </summary>
public readonly partial record struct TagName : IComparable<TagName>
{
    private readonly string? value;

    private TagName(string value) => this.value = value;

    /// <summary>The name.</summary>
    /// <exception cref="InvalidOperationException">This is the default value, which names nothing.</exception>
    public string Value => value ?? throw new InvalidOperationException("A default TagName names nothing.");

    /// <summary>
    /// Returns the tag of a release. Tags cannot contain <c>+</c>, so it becomes <c>_</c>, as Helm does.
    /// </summary>
    public static TagName Of(Release release) => new(release.Value.Replace('+', '_'));

    /// <summary>Parses a name; false when it is invalid.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out TagName tag)
    {
        tag = default;
        if (text is null || !Name.IsMatch(text))
            return false;
        tag = new TagName(text);
        return true;
    }

    /// <summary>Returns the release that this tag stands for; false when there is none.</summary>
    public bool TryGetRelease(out Release release) => Release.TryParse(Value.Replace('_', '+'), out release, out _);

    /// <summary>Ordinal order.</summary>
    public int CompareTo(TagName other) => string.CompareOrdinal(Value, other.Value);

    /// <inheritdoc/>
    public override string ToString() => value ?? "";

    /// <summary>Ordinal order.</summary>
    public static bool operator <(TagName left, TagName right) => left.CompareTo(right) < 0;

    /// <summary>Ordinal order.</summary>
    public static bool operator >(TagName left, TagName right) => left.CompareTo(right) > 0;

    /// <summary>Ordinal order.</summary>
    public static bool operator <=(TagName left, TagName right) => left.CompareTo(right) <= 0;

    /// <summary>Ordinal order.</summary>
    public static bool operator >=(TagName left, TagName right) => left.CompareTo(right) >= 0;

    [GeneratedRegex(@"^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}\z")]
    private static partial Regex Name { get; }
}
