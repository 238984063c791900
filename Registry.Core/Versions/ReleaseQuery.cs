using System.Diagnostics.CodeAnalysis;

namespace Registry.Core.Versions;

/// <summary>
/// A query for a release: <c>default</c>, an exact release, or comma-separated ranges that must all match. It selects
/// the highest release that matches.
/// </summary>
/// <remarks>
/// Prereleases match <c>default</c>, and otherwise only queries that contain a <c>-</c>. Spaces are ignored. Among the
/// builds of one release the ordinally highest is selected, unless the query names one of them exactly.
/// </remarks>
public sealed class ReleaseQuery
{
    /// <summary>
    /// The maximum length in characters: room for two releases and their operators. Longer queries are not parsed.
    /// </summary>
    public const int MaxLength = 256;

    private const string DefaultText = "default";

    private readonly ReleaseCondition[] conditions;
    private readonly bool allowsPrereleases;
    private readonly Release? exact;

    private ReleaseQuery(string text, ReleaseCondition[] conditions, bool allowsPrereleases, Release? exact)
    {
        Text = text;
        this.conditions = conditions;
        this.allowsPrereleases = allowsPrereleases;
        this.exact = exact;
    }

    /// <summary>The query for the highest of all releases.</summary>
    public static ReleaseQuery Default { get; } = new(DefaultText, [], allowsPrereleases: true, exact: null);

    /// <summary>The query as the client sent it.</summary>
    public string Text { get; }

    /// <summary>Parses a query.</summary>
    /// <param name="text">The text from the client; null is invalid.</param>
    /// <param name="query">The query, if the text is valid.</param>
    /// <param name="reason">Why the text is invalid, as a message that may reach the client; otherwise null.</param>
    public static bool TryParse(
        string? text, [NotNullWhen(true)] out ReleaseQuery? query, [NotNullWhen(false)] out string? reason)
    {
        query = text == DefaultText ? Default : null;
        reason = null;
        if (query is not null)
            return true;
        if (text is not { Length: <= MaxLength })
        {
            reason = text is null
                ? "Invalid requirement specification: missing"
                : $"Invalid requirement specification: longer than {MaxLength} characters";
            return false;
        }

        var compact = text.Replace(" ", "", StringComparison.Ordinal);
        if (!ReleaseQueryParser.TryParse(compact, out var conditions, out reason))
            return false;
        query = new ReleaseQuery(text, conditions, text.Contains('-'), ExactOf(compact, conditions));
        return true;
    }

    /// <summary>Whether a release matches the query.</summary>
    public bool Matches(Release release)
    {
        var parts = release.Parts;
        if (!allowsPrereleases && !parts.Prerelease.IsEmpty)
            return false;
        foreach (var condition in conditions)
        {
            if (!condition.IsSatisfiedBy(parts))
                return false;
        }

        return true;
    }

    /// <summary>Returns the release that the query selects; null when none matches.</summary>
    /// <param name="highestFirst">The releases of the package in descending order.</param>
    public Release? Match(ReadOnlySpan<Release> highestFirst)
    {
        if (exact is { } wanted)
            return MatchExact(highestFirst, wanted);
        foreach (var release in highestFirst)
        {
            if (Matches(release))
                return release;
        }

        return null;
    }

    /// <summary>Returns the release that the query names exactly; null when it is not such a query.</summary>
    private static Release? ExactOf(string compact, ReleaseCondition[] conditions) =>
        conditions is [{ Comparison: ReleaseComparison.Equal }]
            && Release.TryParse(compact.TrimStart('='), out var release, out _) ? release : null;

    /// <summary>
    /// Finds the releases of equal precedence by binary search, and returns the one with the same text; if there is
    /// none and no build was named, the first.
    /// </summary>
    private static Release? MatchExact(ReadOnlySpan<Release> highestFirst, Release wanted)
    {
        var parts = wanted.Parts;
        var index = SortedSpan.LowerBound(
            highestFirst, wanted, static (release, wanted) => release.Parts.ComparePrecedence(wanted.Parts) > 0);
        Release? first = null;
        for (; index < highestFirst.Length && highestFirst[index].Parts.ComparePrecedence(parts) == 0; index++)
        {
            if (highestFirst[index] == wanted)
                return wanted;
            first ??= highestFirst[index];
        }

        return parts.Build.IsEmpty ? first : null;
    }
}
