using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Registry.Core.Access;

/// <summary>
/// Everything that a caller may do. Two sets that allow the same are equal and have the same text, however they were
/// written.
/// </summary>
public sealed class ScopeSet : IEquatable<ScopeSet>
{
    private readonly string text;

    private ScopeSet(ImmutableArray<Scope> scopes)
    {
        Scopes = scopes;
        text = string.Join(' ', scopes);
        List<ScopePattern> pulls =
        [
            .. scopes
                .Where(static scope => scope.Pattern.Kind == AccessKind.Package
                    && scope.Actions.HasFlag(AccessActions.Pull))
                .Select(static scope => scope.Pattern),
        ];
        (PackagePulls, PackageRanges) = (string.Join(' ', pulls), RangesOf(pulls));
    }

    /// <summary>All actions with all packages and workspaces.</summary>
    public static ScopeSet Everything { get; } = Of(
    [
        new Scope(ScopePattern.All(AccessKind.Package), AccessActions.All),
        new Scope(ScopePattern.All(AccessKind.Workspace), AccessActions.All),
    ]);

    /// <summary>Nothing.</summary>
    public static ScopeSet None { get; } = new([]);

    /// <summary>The scopes in their shortest form, sorted by pattern.</summary>
    public ImmutableArray<Scope> Scopes { get; }

    /// <summary>
    /// The packages that may be pulled, as canonical text: equal for callers who may pull the same. Empty for none.
    /// </summary>
    public string PackagePulls { get; }

    /// <summary>
    /// The ranges of packages that may be pulled, to read a sorted list: distinct, and in ordinal order. Outside them
    /// nothing may be pulled.
    /// </summary>
    public ImmutableArray<PathRange> PackageRanges { get; }

    /// <summary>Creates a set. Scopes that others include are left out.</summary>
    public static ScopeSet Of(IEnumerable<Scope> scopes)
    {
        Scope[] given = [.. scopes];
        var actions = new SortedDictionary<ScopePattern, AccessActions>();
        foreach (var action in (AccessActions[])
            [AccessActions.Pull, AccessActions.Push, AccessActions.Delete, AccessActions.Admin])
        {
            ScopePattern[] patterns =
            [
                .. given.Where(scope => scope.Actions.HasFlag(action))
                    .Select(static scope => scope.Pattern)
                    .Distinct(),
            ];
            foreach (var pattern in patterns)
                if (!Array.Exists(patterns, other => other != pattern && other.Includes(pattern)))
                    actions[pattern] = actions.GetValueOrDefault(pattern) | action;
        }

        return new ScopeSet([.. actions.Select(static entry => new Scope(entry.Key, entry.Value))]);
    }

    /// <summary>Parses scopes.</summary>
    /// <param name="texts">The scopes: see <see cref="Scope.TryParse"/>.</param>
    /// <param name="scopes">The set; null if a scope is invalid.</param>
    /// <param name="problem">The problem of the first invalid scope; null if all are valid.</param>
    public static bool TryParse(
        IEnumerable<string> texts,
        [NotNullWhen(true)] out ScopeSet? scopes,
        [NotNullWhen(false)] out string? problem)
    {
        ArgumentNullException.ThrowIfNull(texts);
        scopes = null;
        var parsed = new List<Scope>();
        foreach (var text in texts)
        {
            if (!Scope.TryParse(text, out var scope, out problem))
                return false;
            parsed.Add(scope);
        }

        scopes = Of(parsed);
        problem = null;
        return true;
    }

    /// <summary>Parses scopes that are separated by white space. An empty text is the empty set.</summary>
    /// <param name="text">The scopes.</param>
    /// <param name="scopes">The set; null if a scope is invalid.</param>
    /// <param name="problem">The problem of the first invalid scope; null if all are valid.</param>
    public static bool TryParse(
        string text, [NotNullWhen(true)] out ScopeSet? scopes, [NotNullWhen(false)] out string? problem)
    {
        ArgumentNullException.ThrowIfNull(text);
        return TryParse(
            text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries), out scopes, out problem);
    }

    /// <summary>Whether all of the actions are allowed with a resource.</summary>
    public bool Allows(AccessActions actions, AccessResource resource) =>
        Missing(actions, resource) == AccessActions.None;

    /// <summary>Returns those of the actions that are not allowed with a resource.</summary>
    public AccessActions Missing(AccessActions actions, AccessResource resource)
    {
        foreach (var scope in Scopes)
            if (actions != AccessActions.None && (scope.Actions & actions) != 0 && scope.Pattern.Matches(resource))
                actions &= ~scope.Actions;
        return actions;
    }

    /// <summary>Whether any of the actions is allowed with anything of a kind.</summary>
    public bool AllowsAny(AccessActions actions, AccessKind kind) => AllowsBelow(actions, new AccessResource(kind, ""));

    /// <summary>Whether any of the actions is allowed with anything at all.</summary>
    public bool AllowsAny(AccessActions actions) => Scopes.Any(scope => (scope.Actions & actions) != 0);

    /// <summary>Whether any of the actions is allowed with anything below a namespace, which need not exist.</summary>
    /// <param name="actions">The actions.</param>
    /// <param name="namespace">The namespace, or the beginning of a workspace; with an empty path for all.</param>
    public bool AllowsBelow(AccessActions actions, AccessResource @namespace) =>
        Scopes.Any(scope =>
            (scope.Actions & actions) != 0
                && scope.Pattern.Kind == @namespace.Kind
                && scope.Pattern.MatchesBelow(@namespace.Path));

    /// <summary>Whether this set allows everything that a scope allows.</summary>
    public bool Includes(Scope scope)
    {
        var missing = scope.Actions;
        foreach (var own in Scopes)
            if ((own.Actions & missing) != 0 && own.Pattern.Includes(scope.Pattern))
                missing &= ~own.Actions;
        return missing == AccessActions.None;
    }

    /// <summary>Whether this set allows everything that another set allows.</summary>
    public bool Includes(ScopeSet other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return other.Scopes.All(Includes);
    }

    /// <summary>Whether all packages may be pulled.</summary>
    public bool PullsAllPackages => PackageRanges is [{ From: "", End: null, IsWhole: true }];

    /// <inheritdoc/>
    public bool Equals(ScopeSet? other) => text == other?.text;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ScopeSet);

    /// <inheritdoc/>
    public override int GetHashCode() => text.GetHashCode(StringComparison.Ordinal);

    /// <summary>Returns the scopes in canonical form, separated by spaces; empty for none.</summary>
    public override string ToString() => text;

    private static ImmutableArray<PathRange> RangesOf(IEnumerable<ScopePattern> patterns)
    {
        var ranges = ImmutableArray.CreateBuilder<PathRange>();
        foreach (var range in patterns.Select(RangeOf).OrderBy(static r => r.From, StringComparer.Ordinal))
        {
            // One range contains the other only if its pattern ends in '*', so each of its paths is checked anyway.
            if (ranges is not [.., var last] || last.EndsBefore(range.From))
                ranges.Add(range);
        }

        return ranges.ToImmutable();
    }

    /// <summary>
    /// Returns the range of a pattern. Of two ranges, one contains the other or they are distinct.
    /// </summary>
    private static PathRange RangeOf(ScopePattern pattern)
    {
        var prefix = pattern.Prefix.ToString();
        return !pattern.IsOpen ? new PathRange(prefix, $"{prefix}\0", IsWhole: true)
            : prefix.Length == 0 ? new PathRange("", null, pattern.IsDeep)
            : new PathRange(prefix, $"{prefix[..^1]}{(char)('/' + 1)}", pattern.IsDeep);
    }
}
