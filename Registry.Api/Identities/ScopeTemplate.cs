using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;
using Registry.Core.Access;

namespace Registry.Api.Identities;

/// <summary>
/// Scopes in which <c>{claim}</c> stands for the value of a claim. A value enters only as literal segments: it can
/// never be a wildcard, or add a scope or an action.
/// </summary>
internal sealed partial class ScopeTemplate
{
    private readonly string[] scopes;

    private ScopeTemplate(string[] scopes) => this.scopes = scopes;

    /// <summary>Parses a template.</summary>
    /// <param name="text">The scopes, separated by white space.</param>
    /// <param name="template">The template; null if it is invalid.</param>
    /// <param name="problem">What is wrong and what is expected; null if it is valid.</param>
    public static bool TryParse(
        string text,
        [NotNullWhen(true)] out ScopeTemplate? template,
        [NotNullWhen(false)] out string? problem)
    {
        template = null;
        var parsed = new ScopeTemplate(text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        if (!ScopeSet.TryParse(
            parsed.scopes.Select(static scope => Claim().Replace(scope, "x")), out var sample, out problem))
            return false;
        problem = sample.Scopes.IsEmpty ? "no scope; expected scopes such as team/**=pull,push"
            : sample.AllowsAny(AccessActions.Admin) ? "admin, which external identities cannot have"
            : null;
        template = problem is null ? parsed : null;
        return problem is null;
    }

    /// <summary>Returns the scopes for an identity; null if a claim is missing, or its value is not literal.</summary>
    /// <param name="valueOf">Returns the only value of a claim; null if there is none, or several.</param>
    public ScopeSet? Fill(Func<string, string?> valueOf)
    {
        var isFilled = true;
        string[] filled = [.. scopes.Select(scope => Claim().Replace(scope, match =>
        {
            var kind = scope.StartsWith("kar:", StringComparison.Ordinal) ? AccessKind.Workspace : AccessKind.Package;
            var value = valueOf(match.Groups[1].Value);
            isFilled &= value is not null && ScopePattern.IsLiteral(kind, value);
            return value ?? "";
        }))];
        return isFilled && ScopeSet.TryParse(filled, out var set, out _) ? set : null;
    }

    [GeneratedRegex("{([^{}=,]+)}")]
    private static partial Regex Claim();
}
