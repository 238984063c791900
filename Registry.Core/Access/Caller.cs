namespace Registry.Core.Access;

/// <summary>Who makes a request, from where, and what they may do.</summary>
/// <param name="Kind">The kind of caller.</param>
/// <param name="Name">
/// The name of the caller: of a token, of the subject of an external identity, or of a command; null for an anonymous
/// one.
/// </param>
/// <param name="Protocol">
/// The name of the protocol of the request: <c>cnr</c>, <c>oci</c>, <c>helm</c>, <c>kar</c>, <c>tokens</c>,
/// <c>pages</c> or <c>health</c>; <c>command</c> for a command.
/// </param>
/// <param name="ClientAddress">The IP address of the client; null when there is none, as for a command.</param>
/// <param name="RequestId">The id of the HTTP request; null for a command.</param>
public sealed record Caller(
    CallerKind Kind, string? Name, string Protocol, string? ClientAddress, string? RequestId)
{
    /// <summary>The id of the token, or the issuer of an external identity; null for other callers.</summary>
    public string? Id { get; init; }

    /// <summary>What the caller may do.</summary>
    /// <value>Default nothing.</value>
    public ScopeSet Scopes { get; init; } = ScopeSet.None;

    /// <summary>When the credentials of the caller expire; null if never, or if there are none.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The protocol of commands and background work.</summary>
    public const string CommandProtocol = "command";

    /// <summary>Creates the caller for a command of the program, who may do everything.</summary>
    /// <param name="name">The name of the command, such as <c>import-backup</c>.</param>
    public static Caller Command(string name) =>
        new(CallerKind.Command, name, CommandProtocol, ClientAddress: null, RequestId: null)
        {
            Scopes = ScopeSet.Everything,
        };

    /// <summary>Whether the caller may do something with a resource.</summary>
    public bool May(AccessActions actions, AccessResource resource) => Scopes.Allows(actions, resource);

    /// <summary>Checks that the caller may do something with a resource.</summary>
    /// <exception cref="Errors.RegistryException">
    /// <see cref="Errors.ErrorCode.Forbidden"/>; <see cref="Errors.ErrorCode.Unauthorized"/> without credentials.
    /// </exception>
    public void Demand(AccessActions actions, AccessResource resource)
    {
        if (!May(actions, resource))
            throw AccessErrors.Denied(this, actions, resource);
    }
}
