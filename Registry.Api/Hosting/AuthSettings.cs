using Registry.Api.Access;
using Registry.Api.Files;
using Registry.Core.Access;

namespace Registry.Api.Hosting;

/// <summary>Section <c>Auth</c>: how clients authenticate, and what they may do.</summary>
public sealed class AuthSettings : ISettings
{
    /// <summary>The name of the section.</summary>
    internal const string Section = "Auth";

    /// <summary>Every request is allowed, without credentials.</summary>
    internal const string Open = "open";

    /// <summary>Callers may do what their scopes allow.</summary>
    internal const string Tokens = "tokens";

    /// <summary><c>open</c> or <c>tokens</c>, in any case.</summary>
    /// <value>Default <c>open</c>.</value>
    public string Mode { get; set; } = Open;

    /// <summary>The scopes of clients without credentials, separated by spaces; empty for none.</summary>
    /// <value>Default: everything may be pulled.</value>
    public string Anonymous { get; set; } = "**=pull kar:**=pull";

    /// <summary>The admin token.</summary>
    /// <value>Default empty: none.</value>
    public string AdminToken { get; set; } = "";

    /// <summary>The path of a file with the admin token.</summary>
    /// <value>Default empty: none.</value>
    public string AdminTokenFile { get; set; } = "";

    /// <summary>Whether <see cref="Mode"/> is <c>tokens</c>.</summary>
    internal bool RequiresScopes => Mode.Equals(Tokens, StringComparison.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public IEnumerable<string> Errors()
    {
        if (!RequiresScopes && !Mode.Equals(Open, StringComparison.OrdinalIgnoreCase))
            yield return $"AUTH__MODE is '{Mode}'; expected open or tokens.";
        if (!ScopeSet.TryParse(Anonymous, out var scopes, out var problem))
            yield return $"AUTH__ANONYMOUS contains {problem}.";
        else if (scopes.AllowsAny(AccessActions.Admin))
            yield return $"AUTH__ANONYMOUS is '{Anonymous}'; clients without credentials cannot have admin.";
        if (AdminToken.Length > 0 && AdminTokenFile.Length > 0)
            yield return "AUTH__ADMINTOKEN and AUTH__ADMINTOKENFILE are both set; expected one of them.";
        if (AdminTokenFile.Length > 0 && RegularFile.ProblemOf(AdminTokenFile) is { } other)
            yield return $"AUTH__ADMINTOKENFILE is '{AdminTokenFile}': {other}.";
        // The secret itself is not repeated: it would reach the log.
        if (AdminToken.Length > 0 && AdministratorSecret.ProblemOf(AdminToken) is { } reason)
            yield return $"AUTH__ADMINTOKEN {reason}";
    }

    internal AccessOptions ToOptions() => new()
    {
        RequiresScopes = RequiresScopes,
        Anonymous = ScopeSet.TryParse(Anonymous, out var scopes, out _) ? scopes : ScopeSet.None,
        AdminToken = AdminToken.Length == 0 ? null : AdminToken,
        AdminTokenFile = AdminTokenFile.Length == 0 ? null : AdminTokenFile,
    };
}
