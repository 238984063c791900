using System.Runtime.CompilerServices;
using Registry.Core.Access;

namespace Registry.Api.Access;

/// <summary>
/// The rights of callers without credentials. Every caller has them: a token that was issued for one namespace must not
/// take away what its holder may do without it.
/// </summary>
/// <param name="access">The rights.</param>
internal sealed class AnonymousRights(AccessOptions access)
{
    /// <summary>The sums by the scopes of tokens, which the cache of tokens keeps.</summary>
    private readonly ConditionalWeakTable<ScopeSet, ScopeSet> sums = [];

    /// <summary>The caller without credentials.</summary>
    public CallerIdentity Anonymous { get; } = new(CallerKind.Anonymous, null, access.Anonymous);

    /// <summary>Returns a caller with the rights of everybody added.</summary>
    public CallerIdentity AddTo(CallerIdentity identity) =>
        identity with { Scopes = sums.GetValue(identity.Scopes, Add) };

    private ScopeSet Add(ScopeSet own) =>
        own.Includes(access.Anonymous) ? own : ScopeSet.Of([.. own.Scopes, .. access.Anonymous.Scopes]);
}
