using Registry.Api.Access;
using Registry.Core.Access;

namespace Registry.Api.Hosting;

/// <summary>Section <c>Auth</c>: how clients authenticate, and what they may do.</summary>
public sealed class AuthSettings
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

    internal AccessOptions ToOptions() => new()
    {
        RequiresScopes = RequiresScopes,
        Anonymous = ScopeSet.TryParse(Anonymous, out var scopes, out _) ? scopes : ScopeSet.None,
        AdminToken = AdminToken.Length == 0 ? null : AdminToken,
        AdminTokenFile = AdminTokenFile.Length == 0 ? null : AdminTokenFile,
    };
}
