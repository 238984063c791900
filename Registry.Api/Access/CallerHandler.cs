using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using Registry.Core.Access;

namespace Registry.Api.Access;

/// <summary>
/// Authenticates requests by a secret: <c>Authorization: Bearer</c>, or <c>Basic</c> with the secret as the password of
/// any user. A request with rejected credentials is never treated as anonymous. A request for a page without a secret
/// is authenticated by its session cookie; it is anonymous if the session has ended. Requests to public endpoints are
/// not authenticated.
/// </summary>
internal sealed class CallerHandler(
    AnonymousRights rights,
    CredentialVerifiers verifiers,
    BrowserSessions sessions,
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    ILoggerFactory logger,
    UrlEncoder encoder) : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    /// <summary>The name of the scheme.</summary>
    public const string SchemeName = "Registry";

    /// <inheritdoc/>
    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Context.GetEndpoint() is not RouteEndpoint endpoint
            || endpoint.Metadata.GetMetadata<PublicAttribute>() is not null)
        {
            Context.Features.Set(RequestAccess.Nobody);
            return AuthenticateResult.NoResult();
        }

        var credentials = Credentials.Parse(Request.Headers.Authorization);
        var maySignIn = credentials == default && PageAttribute.IsOn(Context);
        var signedIn = maySignIn ? await sessions.FindAsync(Context) : null;
        var verification = credentials switch
        {
            { Problem: { } problem } => CredentialVerification.Refused(problem),
            { Secret: { } secret } => await verifiers.VerifyAsync(secret, Context),
            _ => CredentialVerification.Of(signedIn ?? rights.Anonymous),
        };
        var caller = verification.Identity is { Kind: not CallerKind.Anonymous } known ? rights.AddTo(known) : null;
        Context.Features.Set(new RequestAccess(
            caller ?? rights.Anonymous, verification.Problem, credentials.IsExplicitlyEmpty)
        {
            IsSignedIn = signedIn is not null,
            HasEndedSession = maySignIn && signedIn is null && BrowserSessions.IsNamedBy(Request),
        });

        // Rejected credentials are not reported as a failure, which the framework would log for each request:
        // RightHandler rejects them, and the response says why.
        return caller is not null
            ? AuthenticateResult.Success(new AuthenticationTicket(PrincipalOf(caller), Scheme.Name))
            : AuthenticateResult.NoResult();
    }

    private ClaimsPrincipal PrincipalOf(CallerIdentity identity) =>
        new(new ClaimsIdentity(
            [new Claim(ClaimTypes.Name, identity.Name ?? identity.Kind.ToString())], Scheme.Name));
}
