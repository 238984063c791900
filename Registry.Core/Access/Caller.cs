namespace Registry.Core.Access;

/// <summary>Who requests a change, and from where.</summary>
/// <param name="Kind">The kind of caller.</param>
/// <param name="Name">The name of the caller; null for an anonymous one.</param>
/// <param name="Protocol">The protocol of the request: <c>cnr</c>, <c>kar</c>, or <c>command</c>.</param>
/// <param name="ClientAddress">The IP address of the client; null when there is none, as for a command.</param>
/// <param name="RequestId">The id of the HTTP request; null for a command.</param>
public sealed record Caller(
    CallerKind Kind, string? Name, string Protocol, string? ClientAddress, string? RequestId)
{
    /// <summary>Creates the caller for a command of the program.</summary>
    /// <param name="name">The name of the command, such as <c>import-backup</c>.</param>
    public static Caller Command(string name) =>
        new(CallerKind.Command, name, "command", ClientAddress: null, RequestId: null);
}
