using System.Security.Cryptography;
using System.Text;
using Registry.Core.Sessions;
using Registry.Core.Storage;
using Registry.Core.Tokens;
using CookieHeaderValue = Microsoft.Net.Http.Headers.CookieHeaderValue;

namespace Registry.Api.Access;

/// <summary>The sessions of browsers: their cookie, and the caller behind it.</summary>
internal sealed class BrowserSessions(
    AccessSessions sessions, AccessTokens tokens, AdministratorSecret administrator)
{
    /// <summary>The name of the cookie, without the prefix that https allows.</summary>
    private const string Cookie = "registry-session";

    /// <summary>Whether a request has the cookie of a session, which may have ended.</summary>
    public static bool IsNamedBy(HttpRequest request) => request.Cookies.ContainsKey(NameFor(request));

    /// <summary>Finds the caller of a request by its cookie.</summary>
    /// <returns>
    /// Null without a cookie, or if the session has ended, or if its token was revoked or its secret has changed.
    /// </returns>
    /// <exception cref="StorageException">The storage failed: nothing is known about the session.</exception>
    public async ValueTask<CallerIdentity?> FindAsync(HttpContext context)
    {
        // A neighboring host may have set a cookie of the same name. With several ids, none can be trusted.
        if (IdsOf(context.Request) is not [var id]
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
    /// Begins a session and sets its cookie. The id is always new; the sessions that the request names end.
    /// </summary>
    /// <param name="identity">Whom the secret belongs to: a token of this registry, or the administrator.</param>
    /// <param name="secret">The secret, which has been verified.</param>
    /// <param name="context">The request.</param>
    /// <exception cref="StorageException">The storage failed, for example because it is full.</exception>
    public async Task BeginAsync(CallerIdentity identity, string secret, HttpContext context)
    {
        TokenId? token = TokenId.TryParse(identity.Id, out var parsed) ? parsed : null;
        var id = await sessions.BeginAsync(
            token, SHA256.HashData(Encoding.UTF8.GetBytes(secret)), identity.ExpiresAt, context.RequestAborted);
        foreach (var previous in IdsOf(context.Request))
            await sessions.EndAsync(previous, context.RequestAborted);
        context.Response.Cookies.Append(NameFor(context.Request), id.Text, OptionsOf(context.Request));
    }

    /// <summary>Ends the sessions that a request names, on every replica.</summary>
    /// <exception cref="StorageException">The storage failed; the session may have ended.</exception>
    public async Task EndAsync(HttpContext context)
    {
        foreach (var id in IdsOf(context.Request))
            await sessions.EndAsync(id, context.RequestAborted);
        context.Response.Cookies.Delete(NameFor(context.Request), OptionsOf(context.Request));
    }

    /// <summary>
    /// Returns the name of the cookie. With https it has a prefix: browsers accept such a cookie only with the
    /// attributes that <see cref="OptionsOf"/> sets, and <c>__Host-</c> only from this host (RFC 6265bis, section
    /// 4.1.3).
    /// </summary>
    private static string NameFor(HttpRequest request) =>
        !request.IsHttps ? Cookie : request.PathBase.HasValue ? $"__Secure-{Cookie}" : $"__Host-{Cookie}";

    /// <summary>Returns the ids in all cookies of the name. The framework would return only the last one.</summary>
    private static SessionId[] IdsOf(HttpRequest request)
    {
        var name = NameFor(request);
        if (!request.Cookies.ContainsKey(name) || !CookieHeaderValue.TryParseList(request.Headers.Cookie, out var all))
            return [];
        var ids = new List<SessionId>();
        foreach (var cookie in all)
            if (cookie.Name == name && SessionId.TryParse(cookie.Value.Value, out var id))
                ids.Add(id);
        return [.. ids];
    }

    /// <summary>
    /// Scripts cannot read the cookie. Requests from other sites do not carry it, unless the user follows a link. It
    /// lasts until the browser is closed.
    /// </summary>
    private static CookieOptions OptionsOf(HttpRequest request) => new()
    {
        HttpOnly = true,
        SameSite = SameSiteMode.Lax,
        Secure = request.IsHttps,
        Path = request.PathBase.HasValue ? request.PathBase.ToUriComponent() : "/",
    };
}
