using System.Runtime.CompilerServices;
using Registry.Core.Access;

namespace Registry.Api.Access;

/// <summary>
/// The rights of callers without credentials. Every caller has them: with a token for one namespace, a client must not
/// have fewer rights than without it.
/// </summary>
/// <param name="access">The rights.</param>
internal sealed class AnonymousRights(AccessOptions access)
{
    /// <summary>The combined scopes, by the scopes of the token. The token cache keeps the keys alive.</summary>
    private readonly ConditionalWeakTable<ScopeSet, ScopeSet> sums = [];

    /// <summary>The caller without credentials.</summary>
    public CallerIdentity Anonymous { get; } = new(CallerKind.Anonymous, null, access.Anonymous);

    /// <summary>Returns the caller with the anonymous rights added.</summary>
    public CallerIdentity AddTo(CallerIdentity identity) =>
        identity with { Scopes = sums.GetValue(identity.Scopes, Add) };

    private ScopeSet Add(ScopeSet own) =>
        own.Includes(access.Anonymous) ? own : ScopeSet.Of([.. own.Scopes, .. access.Anonymous.Scopes]);
}
