using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Registry.Core.Access;

/// <summary>
/// A set of resources: literal segments, of which the last may be <c>*</c> (one segment) or <c>**</c> (one segment or
/// more). With <c>kar:</c> in front it matches workspaces, otherwise packages. Of two patterns, either one includes the
/// other or they have no resource in common, so inclusion can always be decided.
/// </summary>
public readonly record struct ScopePattern : IComparable<ScopePattern>
{
    internal const string WorkspacePrefix = "kar:";

    /// <summary>The maximum length of a pattern, which is that of a key in storage.</summary>
    private const int MaxLength = 900;

    private const int MaxPackageSegment = 80;

    private static readonly SearchValues<char> PackageCharacters =
        SearchValues.Create("-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz");

    /// <summary>
    /// The characters of a workspace's segment: printable ASCII without those that have a meaning in a scope, in a
    /// template, or in a list of scopes.
    /// </summary>
    private static readonly SearchValues<char> WorkspaceCharacters = SearchValues.Create(
        "!\"#$%&'()+-.0123456789:;<>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz|~");

    private readonly string? text;

    private ScopePattern(AccessKind kind, string text) => (Kind, this.text) = (kind, text);

    /// <summary>The kind of resources that the pattern matches.</summary>
    public AccessKind Kind { get; }

    /// <summary>Whether the pattern ends in <c>**</c>.</summary>
    internal bool IsDeep => Path.EndsWith("**", StringComparison.Ordinal);

    /// <summary>Whether the pattern ends in <c>*</c> or <c>**</c>.</summary>
    internal bool IsOpen => Path.EndsWith('*');

    /// <summary>
    /// What every matching path begins with: the whole path of a pattern without a wildcard, otherwise the literal
    /// segments with a slash after each.
    /// </summary>
    internal ReadOnlySpan<char> Prefix => Path.AsSpan().TrimEnd('*');

    private string Path => text ?? throw new InvalidOperationException("A default ScopePattern matches nothing.");

    /// <summary>Creates the pattern that matches everything of a kind.</summary>
    public static ScopePattern All(AccessKind kind) => new(kind, "**");

    /// <summary>Parses a pattern.</summary>
    /// <param name="text">The pattern.</param>
    /// <param name="pattern">The pattern; the default value if it is invalid.</param>
    /// <param name="problem">What is wrong and what is expected, worded to follow the pattern; null if valid.</param>
    public static bool TryParse(string text, out ScopePattern pattern, [NotNullWhen(false)] out string? problem)
    {
        ArgumentNullException.ThrowIfNull(text);
        pattern = default;
        var kind = text.StartsWith(WorkspacePrefix, StringComparison.Ordinal)
            ? AccessKind.Workspace
            : AccessKind.Package;
        var path = kind == AccessKind.Workspace ? text[WorkspacePrefix.Length..] : text;
        problem = FindProblem(kind, path);
        if (problem is not null)
            return false;
        pattern = new ScopePattern(kind, path);
        return true;
    }

    /// <summary>
    /// Whether a text consists of segments that a pattern may contain literally, such as <c>group/project</c>.
    /// </summary>
    public static bool IsLiteral(AccessKind kind, string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return FindProblem(kind, path) is null && !path.EndsWith('*');
    }

    /// <summary>Whether the pattern matches a resource.</summary>
    public bool Matches(AccessResource resource) => resource.Kind == Kind && Matches(resource.Path);

    /// <summary>Whether every resource that another pattern matches is matched by this one.</summary>
    public bool Includes(ScopePattern other)
    {
        if (Kind != other.Kind)
            return false;
        if (!other.IsOpen)
            return Matches(other.Path);
        return IsDeep ? other.Prefix.StartsWith(Prefix, StringComparison.Ordinal) : Path == other.Path;
    }

    /// <summary>Whether the pattern can match any path below a namespace.</summary>
    /// <param name="namespace">The segments of the namespace; empty for all paths.</param>
    internal bool MatchesBelow(string @namespace)
    {
        var below = @namespace.Length == 0 ? "" : $"{@namespace}/";
        return IsOpen
            ? Prefix.StartsWith(below, StringComparison.Ordinal)
                || (IsDeep && below.AsSpan().StartsWith(Prefix, StringComparison.Ordinal))
            : Path.Length > below.Length && Path.StartsWith(below, StringComparison.Ordinal);
    }

    /// <summary>Packages first, then ordinal order.</summary>
    public int CompareTo(ScopePattern other) =>
        Kind != other.Kind ? Kind.CompareTo(other.Kind) : string.CompareOrdinal(Path, other.Path);

    /// <summary>Returns the pattern as <see cref="TryParse"/> reads it.</summary>
    public override string ToString() => new AccessResource(Kind, text ?? "").ToString();

    /// <summary>Packages first, then ordinal order.</summary>
    public static bool operator <(ScopePattern left, ScopePattern right) => left.CompareTo(right) < 0;

    /// <summary>Packages first, then ordinal order.</summary>
    public static bool operator >(ScopePattern left, ScopePattern right) => left.CompareTo(right) > 0;

    /// <summary>Packages first, then ordinal order.</summary>
    public static bool operator <=(ScopePattern left, ScopePattern right) => left.CompareTo(right) <= 0;

    /// <summary>Packages first, then ordinal order.</summary>
    public static bool operator >=(ScopePattern left, ScopePattern right) => left.CompareTo(right) >= 0;

    private bool Matches(string path)
    {
        if (!IsOpen)
            return path == Path;
        var prefix = Prefix;
        return path.Length > prefix.Length
            && path.AsSpan().StartsWith(prefix, StringComparison.Ordinal)
            && (IsDeep || !path.AsSpan(prefix.Length).Contains('/'));
    }

    private static string? FindProblem(AccessKind kind, string path)
    {
        if (path.Length is 0 or > MaxLength)
            return $"has {path.Length} characters; expected 1 to {MaxLength}";
        var segments = path.Split('/');
        for (var i = 0; i < segments.Length; i++)
        {
            var segment = segments[i];
            if (i == segments.Length - 1 && segment is "*" or "**")
                continue;
            if (segment.Length == 0)
                return "has an empty segment; expected segments separated by single slashes";
            if (segment.Contains('*'))
                return $"has the segment '{segment}'; expected '*' or '**' only as a whole last segment";
            if (kind == AccessKind.Workspace && segment.AsSpan().ContainsAnyExcept(WorkspaceCharacters))
                return $"has the segment '{segment}'; expected printable ASCII without space, comma, '=', '{{' and "
                    + "'}'";
            if (kind == AccessKind.Package && !IsPackageSegment(segment))
                return $"has the segment '{segment}'; expected 1 to {MaxPackageSegment} of the characters "
                    + "A-Z, a-z, 0-9, '.', '_' and '-', not beginning with '.' or '-'";
        }

        return null;
    }

    private static bool IsPackageSegment(string segment) =>
        segment.Length <= MaxPackageSegment
            && segment[0] is not ('.' or '-')
            && !segment.AsSpan().ContainsAnyExcept(PackageCharacters);
}
