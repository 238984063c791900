using System.Security.Cryptography;
using System.Text;
using Registry.Core.Sessions;
using Registry.Core.Storage;
using Registry.Core.Tokens;

namespace Registry.Api.Access;

/// <summary>The sessions of browsers: their cookie, and the caller behind it.</summary>
internal sealed class BrowserSessions(
    AccessSessions sessions, AccessTokens tokens, AdministratorSecret administrator)
{
    /// <summary>The name of the cookie.</summary>
    public const string Cookie = "registry-session";

    /// <summary>Finds the caller of a request by its cookie.</summary>
    /// <returns>
    /// Null without a cookie, or if the session has ended, or if its token was revoked or its secret has changed.
    /// </returns>
    /// <exception cref="StorageException">The storage failed: nothing is known about the session.</exception>
    public async ValueTask<CallerIdentity?> FindAsync(HttpContext context)
    {
        if (IdOf(context) is not { } id
            || await sessions.FindAsync(id, context.RequestAborted) is not { } session)
            return null;
        if (session.Token is { } token)
            return await tokens.FindAsync(
                token, held => session.IsOf(id, held.SecretHash.AsSpan()), context.RequestAborted) is { } found
                    ? TokenVerifier.IdentityOf(found)
                    : null;
        return administrator.SecretHash is { } hash && session.IsOf(id, hash) ? AdministratorSecret.Identity : null;
    }

    /// <summary>
    /// Begins a session, and gives the browser its cookie. A session that the request has ends: the id is always new.
    /// </summary>
    /// <param name="identity">Whom the secret belongs to: a token of this registry, or the administrator.</param>
    /// <param name="secret">The secret, which has been verified.</param>
    /// <param name="context">The request.</param>
    /// <exception cref="StorageException">The storage failed, for example because it is full.</exception>
    public async Task BeginAsync(CallerIdentity identity, string secret, HttpContext context)
    {
        TokenId? token = TokenId.TryParse(identity.Id, out var parsed) ? parsed : null;
        var id = await sessions.BeginAsync(
            token, SHA256.HashData(Encoding.UTF8.GetBytes(secret)), identity.Expires, context.RequestAborted);
        if (IdOf(context) is { } previous)
            await sessions.EndAsync(previous, context.RequestAborted);
        context.Response.Cookies.Append(Cookie, id.Text, OptionsOf(context.Request));
    }

    /// <summary>Ends the session of a request, if it has one, on every replica.</summary>
    /// <exception cref="StorageException">The storage failed; the session may have ended.</exception>
    public async Task EndAsync(HttpContext context)
    {
        if (IdOf(context) is { } id)
            await sessions.EndAsync(id, context.RequestAborted);
        context.Response.Cookies.Delete(Cookie, OptionsOf(context.Request));
    }

    private static SessionId? IdOf(HttpContext context) =>
        SessionId.TryParse(context.Request.Cookies[Cookie], out var id) ? id : null;

    /// <summary>
    /// Scripts do not see the cookie, and other sites do not make the browser send it, except by a link. It is
    /// forgotten with the browser's own session.
    /// </summary>
    private static CookieOptions OptionsOf(HttpRequest request) => new()
    {
        HttpOnly = true,
        SameSite = SameSiteMode.Lax,
        Secure = request.IsHttps,
        Path = request.PathBase.HasValue ? request.PathBase.ToUriComponent() : "/",
    };
}
