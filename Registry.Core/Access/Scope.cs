using System.Diagnostics.CodeAnalysis;

namespace Registry.Core.Access;

/// <summary>Resources, and what may be done with them: <c>team/**=pull,push</c>.</summary>
/// <param name="Pattern">The resources.</param>
/// <param name="Actions">The actions, at least one.</param>
public readonly record struct Scope(ScopePattern Pattern, AccessActions Actions)
{
    /// <summary>Parses a scope.</summary>
    /// <param name="text">The scope, such as <c>team/**=pull,push</c> or <c>kar:github.com/me/**=pull</c>.</param>
    /// <param name="scope">The scope; the default value if it is invalid.</param>
    /// <param name="problem">One sentence that names the scope and what is expected; null if it is valid.</param>
    public static bool TryParse(string text, out Scope scope, [NotNullWhen(false)] out string? problem)
    {
        ArgumentNullException.ThrowIfNull(text);
        scope = default;
        if (text.Split('=') is not [var pattern, var actions])
        {
            problem = $"scope '{text}': expected a pattern, '=' and actions, such as team/**=pull,push";
            return false;
        }

        if (!ScopePattern.TryParse(pattern, out var parsed, out problem))
        {
            problem = $"scope '{text}': the pattern {problem}";
            return false;
        }

        if (!AccessActionNames.TryParse(actions, out var known))
        {
            problem = $"scope '{text}': the actions are '{actions}'; expected pull, push, delete or admin, separated "
                + "by commas";
            return false;
        }

        scope = new Scope(parsed, known);
        return true;
    }

    /// <summary>Returns the scope that allows some actions with one resource, as an error message names it.</summary>
    public static string Describe(AccessResource resource, AccessActions actions) =>
        $"{resource}={AccessActionNames.Format(actions)}";

    /// <summary>Returns the scope as <see cref="TryParse"/> reads it.</summary>
    public override string ToString() => $"{Pattern}={AccessActionNames.Format(Actions)}";
}
