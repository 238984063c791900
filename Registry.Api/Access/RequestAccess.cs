using Registry.Core.Access;

namespace Registry.Api.Access;

/// <summary>What is known about the caller of a request, once its credentials have been verified.</summary>
/// <param name="Identity">The caller; an anonymous one if the credentials are rejected.</param>
/// <param name="Problem">Why the credentials are rejected, as a sentence; null if they are not.</param>
/// <param name="IsExplicitlyEmpty">See <see cref="Credentials.IsExplicitlyEmpty"/>.</param>
internal sealed record RequestAccess(CallerIdentity Identity, string? Problem, bool IsExplicitlyEmpty)
{
    private static readonly RequestAccess Open = new(CallerIdentity.Anybody, null, IsExplicitlyEmpty: false);

    /// <summary>The caller of an unauthenticated request: it has no rights.</summary>
    public static RequestAccess Nobody { get; } =
        new(new CallerIdentity(CallerKind.Anonymous, null, ScopeSet.None), null, IsExplicitlyEmpty: false);

    /// <summary>Whether the caller has authenticated: logging in would not give more rights.</summary>
    public bool IsKnown => Identity.Kind != CallerKind.Anonymous;

    /// <summary>Whether the caller was authenticated by a session cookie.</summary>
    public bool IsSignedIn { get; init; }

    /// <summary>
    /// Whether the request has the cookie of a session that has ended, or whose token is no longer valid.
    /// </summary>
    public bool HasEndedSession { get; init; }

    /// <summary>
    /// Returns the access of a request. Where requests need no credentials, everything is allowed; elsewhere, nothing
    /// is allowed before the caller has been authenticated.
    /// </summary>
    public static RequestAccess Of(HttpContext context) =>
        context.Features.Get<RequestAccess>()
        ?? (context.RequestServices.GetRequiredService<AccessOptions>().RequiresScopes ? Nobody : Open);
}
