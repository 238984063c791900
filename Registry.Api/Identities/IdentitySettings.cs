using System.Security.Cryptography;
using Registry.Core.Settings;

namespace Registry.Api.Identities;

/// <summary>
/// Reads the rules for external identities: <c>AUTH__OIDC__0__ISSUER</c> and so on. They are a list whose members name
/// claims, so their names are not known in advance.
/// </summary>
internal sealed class IdentitySettings
{
    /// <summary>The section of the rules.</summary>
    public const string Section = "Auth:Oidc";

    private static readonly string[] Names = ["Issuer", "Audience", "JwksUri", "CaFile", "Scopes", "Claims"];

    private readonly List<string> errors = [];
    private readonly List<IdentityRule> rules = [];

    private IdentitySettings(IConfiguration configuration)
    {
        // The framework sorts numbers as numbers.
        foreach (var section in configuration.GetSection(Section).GetChildren())
            ReadRule(section);
        foreach (var (rule, earlier) in
            from rule in rules
            from earlier in rules.TakeWhile(other => other != rule)
            where earlier.Issuer.Issuer == rule.Issuer.Issuer && earlier.Issuer != rule.Issuer
            select (rule, earlier))
            errors.Add(
                $"{VariableOf(Section)}: the rules of the issuer '{rule.Issuer.Issuer}' differ in JWKSURI or CAFILE; "
                    + "expected the same in each.");
    }

    /// <summary>The rules, in order.</summary>
    public IReadOnlyList<IdentityRule> Rules => rules;

    /// <summary>The errors; empty if all settings are valid.</summary>
    public IReadOnlyList<string> Errors => [.. errors.Distinct(StringComparer.Ordinal)];

    /// <summary>Reads the rules of a configuration.</summary>
    public static IdentitySettings Of(IConfiguration configuration) => new(configuration);

    /// <summary>Whether a key of the configuration belongs to the rules.</summary>
    public static bool Contains(string key) => key.StartsWith($"{Section}:", StringComparison.OrdinalIgnoreCase);

    private static string VariableOf(string key) => Setting.VariableOf(key);

    private void ReadRule(IConfigurationSection section)
    {
        if (!section.Key.All(char.IsAsciiDigit))
        {
            errors.Add($"{VariableOf(section.Path)} is unknown; expected a number after {VariableOf(Section)}.");
            return;
        }

        var before = errors.Count;
        foreach (var child in section.GetChildren())
            if (!Names.Contains(child.Key, StringComparer.OrdinalIgnoreCase))
                errors.Add(
                    $"{VariableOf(child.Path)} is unknown; expected one of "
                        + $"{string.Join(", ", Names.Select(static name => name.ToUpperInvariant()))}.");
        var issuer = section["Issuer"] ?? "";
        if (!IsSecure(issuer))
            errors.Add(
                $"{VariableOf(section.Path)}__ISSUER is '{issuer}'; expected an https URL, exactly as in the claim "
                    + "iss.");
        var audience = section["Audience"] ?? "";
        if (audience.Length == 0)
            errors.Add(
                $"{VariableOf(section.Path)}__AUDIENCE is empty; expected the audience of tokens for this registry.");
        var jwks = section["JwksUri"];
        if (jwks is not null && !IsSecure(jwks))
            errors.Add($"{VariableOf(section.Path)}__JWKSURI is '{jwks}'; expected an https URL.");
        var file = section["CaFile"];
        if (file is not null && FindProblem(file) is { } unreadable)
            errors.Add($"{VariableOf(section.Path)}__CAFILE is '{file}': {unreadable}");
        ClaimPattern[] claims =
        [
            .. section.GetSection("Claims")
                .GetChildren()
                .Select(static claim => new ClaimPattern(claim.Key, claim.Value ?? "")),
        ];
        if (claims.All(static claim => claim.AcceptsAll))
            errors.Add(
                $"{VariableOf(section.Path)}__CLAIMS accepts every token of the issuer; expected at least one claim "
                    + $"that is not *, such as {VariableOf(section.Path)}__CLAIMS__sub.");
        if (!ScopeTemplate.TryParse(section["Scopes"] ?? "", out var scopes, out var problem))
            errors.Add($"{VariableOf(section.Path)}__SCOPES contains {problem}.");
        if (errors.Count == before)
            rules.Add(new IdentityRule(
                new IssuerAddress(issuer, jwks is null ? null : new Uri(jwks), file), audience, claims, scopes!));
    }

    private static bool IsSecure(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme == Uri.UriSchemeHttps;

    private static string? FindProblem(string file)
    {
        try
        {
            IssuerKeys.TrustOnly(file);
            return null;
        }
        catch (Exception exception)
            when (exception is IOException or UnauthorizedAccessException or CryptographicException)
        {
            return exception.Message;
        }
    }
}
