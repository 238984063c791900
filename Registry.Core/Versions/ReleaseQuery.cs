using System.Diagnostics.CodeAnalysis;

namespace Registry.Core.Versions;

/// <summary>
/// What a client asks for where it may name more than one release: <c>default</c>, an exact release, or ranges joined
/// by commas that must all hold. It is answered with the highest release that it matches.
/// </summary>
/// <remarks>
/// Prereleases answer <c>default</c>, and otherwise only queries with a <c>-</c> anywhere. Spaces have no meaning.
/// Among builds of one release the ordinally highest answers, unless the query names one of them exactly.
/// </remarks>
public sealed class ReleaseQuery
{
    /// <summary>
    /// The longest query, in characters: room for two releases and their signs. What is longer is refused unread.
    /// </summary>
    public const int MaxLength = 256;

    private const string DefaultText = "default";

    private readonly ReleaseCondition[] conditions;
    private readonly bool takesPrereleases;
    private readonly Release? exact;

    private ReleaseQuery(string text, ReleaseCondition[] conditions, bool takesPrereleases, Release? exact)
    {
        Text = text;
        this.conditions = conditions;
        this.takesPrereleases = takesPrereleases;
        this.exact = exact;
    }

    /// <summary>The query for the highest release of all.</summary>
    public static ReleaseQuery Default { get; } = new(DefaultText, [], takesPrereleases: true, exact: null);

    /// <summary>The query as it was asked.</summary>
    public string Text { get; }

    /// <summary>Reads a query.</summary>
    /// <param name="text">What a client sent; null is no query.</param>
    /// <param name="query">The query, when it is one.</param>
    /// <param name="reason">Otherwise why not, in words that may reach the client.</param>
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
                ? "Invalid requirement specification: there is none"
                : $"Invalid requirement specification: longer than {MaxLength} characters";
            return false;
        }

        var packed = text.Replace(" ", "", StringComparison.Ordinal);
        if (!ReleaseQueryParser.TryParse(packed, out var conditions, out reason))
            return false;
        query = new ReleaseQuery(text, conditions, text.Contains('-'), ExactOf(packed, conditions));
        return true;
    }

    /// <summary>Whether a release is among those that the query asks for.</summary>
    public bool Matches(Release release)
    {
        var parts = release.Parts;
        if (!takesPrereleases && !parts.Prerelease.IsEmpty)
            return false;
        foreach (var condition in conditions)
        {
            if (!condition.Holds(parts))
                return false;
        }

        return true;
    }

    /// <summary>The release that answers the query; null when none does.</summary>
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

    /// <summary>The one release that the query names whole; null when it names less, or more.</summary>
    private static Release? ExactOf(string packed, ReleaseCondition[] conditions) =>
        conditions is [{ Comparison: ReleaseComparison.Equal }]
            && Release.TryParse(packed.TrimStart('='), out var release, out _) ? release : null;

    /// <summary>
    /// Looks the releases of equal precedence up by halving: the one of the same text, else the first, unless a build
    /// was named.
    /// </summary>
    private static Release? MatchExact(ReadOnlySpan<Release> highestFirst, Release wanted)
    {
        var parts = wanted.Parts;
        var (start, end) = (0, highestFirst.Length);
        while (start < end)
        {
            var middle = (start + end) / 2;
            if (highestFirst[middle].Parts.ComparePrecedence(parts) > 0)
                start = middle + 1;
            else
                end = middle;
        }

        Release? first = null;
        for (; start < highestFirst.Length && highestFirst[start].Parts.ComparePrecedence(parts) == 0; start++)
        {
            if (highestFirst[start] == wanted)
                return wanted;
            first ??= highestFirst[start];
        }

        return parts.Build.IsEmpty ? first : null;
    }
}
