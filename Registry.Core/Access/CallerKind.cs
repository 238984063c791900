namespace Registry.Core.Access;

/// <summary>The kinds of callers.</summary>
public enum CallerKind
{
    /// <summary>A client without credentials.</summary>
    Anonymous,

    /// <summary>A command of the program, which works on the storage itself.</summary>
    Command,
}
