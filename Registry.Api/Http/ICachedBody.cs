namespace Registry.Api.Http;

/// <summary>A cache for the body of one response.</summary>
internal interface ICachedBody
{
    /// <summary>The largest body that is cached, in bytes.</summary>
    int MaxBytes { get; }

    /// <summary>Finds the body for clients that prefer a coding; null if it is not cached.</summary>
    PreparedBody? Find(ContentCoding wanted);

    /// <summary>Caches a body if there is room.</summary>
    void Set(ContentCoding wanted, PreparedBody body);
}

/// <summary>A body ready to be sent.</summary>
/// <param name="Bytes">The encoded bytes; never written to.</param>
/// <param name="Coding">The coding of the bytes: a short body is not compressed, whatever the client prefers.</param>
internal sealed record PreparedBody(ReadOnlyMemory<byte> Bytes, ContentCoding Coding);
