namespace Registry.Core.Access;

/// <summary>The kinds of callers.</summary>
public enum CallerKind
{
    /// <summary>A client without credentials.</summary>
    Anonymous,

    /// <summary>The holder of a token that this registry issued.</summary>
    Token,

    /// <summary>The holder of the admin token.</summary>
    Administrator,

    /// <summary>An identity for which another issuer vouches, such as a service account or a CI job.</summary>
    Identity,

    /// <summary>A command of the program, which accesses the storage directly.</summary>
    Command,
}
