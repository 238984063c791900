using Microsoft.Extensions.Options;
using Registry.Api.Access;
using Registry.Api.Files;
using Registry.Core.Access;

namespace Registry.Api.Hosting;

/// <summary>Requires a known mode, valid scopes, and at most one secret that is hard to guess or in a file.</summary>
internal sealed class AuthSettingsValidator : IValidateOptions<AuthSettings>
{
    public ValidateOptionsResult Validate(string? name, AuthSettings options) => ValidationResults.Of(Errors(options));

    private static IEnumerable<string> Errors(AuthSettings options)
    {
        if (!options.RequiresScopes && !options.Mode.Equals(AuthSettings.Open, StringComparison.OrdinalIgnoreCase))
            yield return $"AUTH__MODE is '{options.Mode}'; expected open or tokens.";
        if (!ScopeSet.TryParse(options.Anonymous, out var scopes, out var problem))
            yield return $"AUTH__ANONYMOUS contains {problem}.";
        else if (scopes.AllowsAny(AccessActions.Admin))
            yield return $"AUTH__ANONYMOUS is '{options.Anonymous}'; clients without credentials cannot have admin.";
        if (options.AdminToken.Length > 0 && options.AdminTokenFile.Length > 0)
            yield return "AUTH__ADMINTOKEN and AUTH__ADMINTOKENFILE are both set; expected one of them.";
        if (options.AdminTokenFile.Length > 0 && RegularFile.ProblemOf(options.AdminTokenFile) is { } other)
            yield return $"AUTH__ADMINTOKENFILE is '{options.AdminTokenFile}': {other}.";
        // The secret itself is not repeated: it would reach the log.
        if (options.AdminToken.Length > 0 && AdministratorSecret.ProblemOf(options.AdminToken) is { } reason)
            yield return $"AUTH__ADMINTOKEN {reason}";
    }
}
