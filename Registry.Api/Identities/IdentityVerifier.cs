using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Registry.Api.Access;
using Registry.Core.Access;

namespace Registry.Api.Identities;

/// <summary>
/// Verifies JSON Web Tokens of trusted issuers: service accounts of Kubernetes, and jobs of CI systems.
/// </summary>
internal sealed partial class IdentityVerifier : ICredentialVerifier
{
    /// <summary>The time by which the clocks of issuer and registry may differ.</summary>
    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Signatures with a private key only. A secret that is shared with an issuer would let the registry issue tokens
    /// too, and a public key must never be taken for a secret.
    /// </summary>
    private static readonly string[] Algorithms =
    [
        SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha384, SecurityAlgorithms.RsaSha512,
        SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.RsaSsaPssSha384, SecurityAlgorithms.RsaSsaPssSha512,
        SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384, SecurityAlgorithms.EcdsaSha512,
    ];

    private readonly JsonWebTokenHandler handler = new();
    private readonly ILookup<string, IdentityRule> rules;
    private readonly Dictionary<string, IssuerKeys> keys;
    private readonly ILogger logger;

    public IdentityVerifier(
        IReadOnlyList<IdentityRule> rules, TimeProvider time, ILogger<IdentityVerifier> logger, ILoggerFactory loggers)
    {
        this.logger = logger;
        this.rules = rules.ToLookup(static rule => rule.Issuer.Issuer, StringComparer.Ordinal);
        keys = this.rules.ToDictionary(
            static issuer => issuer.Key,
            issuer => new IssuerKeys(issuer.First().Issuer, time, loggers.CreateLogger<IssuerKeys>()),
            StringComparer.Ordinal);
    }

    /// <inheritdoc/>
    public async ValueTask<CredentialVerification?> VerifyAsync(string secret, HttpContext context)
    {
        if (secret.AsSpan().Count('.') != 2)
            return null;
        if (Parse(secret) is not { } token || FindIssuer(token) is not { } issuer)
            return CredentialVerification.Refused("The JSON Web Token is malformed, or its issuer is not trusted.");
        if (await FindProblemAsync(token, issuer, context.RequestAborted) is { } problem)
            return CredentialVerification.Refused(problem);
        foreach (var rule in rules[issuer])
            if (rule.Match(token) is { } scopes)
                return CredentialVerification.Of(new CallerIdentity(CallerKind.Identity, token.Subject, scopes)
                {
                    Id = issuer,
                    ExpiresAt = new DateTimeOffset(token.ValidTo),
                });
        LogNoRule(issuer, token.Subject, token.Audiences);
        return CredentialVerification.Refused(
            "No rule of this registry accepts the JSON Web Token: check its audience and claims.");
    }

    private static JsonWebToken? Parse(string secret)
    {
        try
        {
            return new JsonWebToken(secret);
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException)
        {
            return null;
        }
    }

    /// <summary>Returns the issuer that the token claims to be of; null if it is not trusted.</summary>
    private string? FindIssuer(JsonWebToken token)
    {
        var issuer = token.Issuer;
        return rules.Contains(issuer) ? issuer : null;
    }

    /// <summary>
    /// Returns why a token is rejected, as a sentence; null if its issuer has signed it and it is valid now.
    /// </summary>
    private async Task<string?> FindProblemAsync(
        JsonWebToken token, string issuer, CancellationToken cancellationToken)
    {
        // RFC 7515, 4.1.11: a recipient rejects extensions that it does not know. None is known here.
        if (token.TryGetHeaderValue<object>("crit", out _))
            return "The JSON Web Token has critical header parameters, which this registry does not support.";
        IReadOnlyList<SecurityKey>? known = null;
        while (await keys[issuer].GetAsync(known, cancellationToken) is { } current)
        {
            var fault = (await ValidateAsync(token, issuer, current)).Exception;
            if (fault is not SecurityTokenSignatureKeyNotFoundException || ReferenceEquals(current, known))
                return ProblemOf(fault);

            // The issuer may have a new key since its keys were fetched.
            known = current;
        }

        return "The keys of the token's issuer cannot be fetched. Try again later.";
    }

    private Task<TokenValidationResult> ValidateAsync(
        JsonWebToken token, string issuer, IReadOnlyList<SecurityKey> current) => handler.ValidateTokenAsync(
        token,
        new TokenValidationParameters
        {
            ValidIssuer = issuer,
            ValidAlgorithms = Algorithms,
            IssuerSigningKeys = current,
            ClockSkew = ClockSkew,
            RequireExpirationTime = true,
            RequireSignedTokens = true,

            // Each rule has an audience.
            ValidateAudience = false,
        });

    private static string? ProblemOf(Exception? fault) => fault switch
    {
        null => null,
        SecurityTokenExpiredException => "The JSON Web Token has expired.",
        SecurityTokenNotYetValidException => "The JSON Web Token is not valid yet: check the clocks.",
        SecurityTokenNoExpirationException => "The JSON Web Token has no claim exp.",
        _ => "The signature of the JSON Web Token is not valid.",
    };

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "No rule matches a token of {Issuer} with the subject {Subject} and the audience {Audience}")]
    private partial void LogNoRule(string issuer, string subject, IEnumerable<string> audience);
}
