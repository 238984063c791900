using Registry.Core.Storage;

namespace Registry.Core.Sessions;

/// <summary>The name of a session's document: the sha256 of its id.</summary>
internal readonly record struct SessionKey
{
    private SessionKey(string value) => Value = value;

    /// <summary>The hash, in lower-case hexadecimal digits.</summary>
    public string Value { get; }

    /// <summary>The key of the document.</summary>
    public StoreKey Key => StoreKeys.Session(Value);

    /// <summary>Creates the name from the hash.</summary>
    public static SessionKey Of(byte[] hash) => new(Convert.ToHexStringLower(hash));

    /// <summary>Parses the <see cref="Key"/> of a session; false when it is not one.</summary>
    public static bool TryParse(StoreKey key, out SessionKey session)
    {
        session = default;
        if (!key.IsBelow(StoreKeys.Sessions)
            || key.Segments() is not [_, var text]
            || !Digest.TryParse(text, out _))
            return false;
        session = new SessionKey(text);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => Value;
}
