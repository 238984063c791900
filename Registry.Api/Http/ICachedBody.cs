namespace Registry.Api.Http;

/// <summary>Where the body of one answer may lie ready to be sent.</summary>
internal interface ICachedBody
{
    /// <summary>How long a body may be that is kept, in bytes.</summary>
    int MaxBytes { get; }

    /// <summary>The body for clients that like a coding best; null when it is not there.</summary>
    PreparedBody? Find(ContentCoding wanted);

    /// <summary>Keeps a body, if there is room.</summary>
    void Keep(ContentCoding wanted, PreparedBody body);
}

/// <summary>A body ready to be sent.</summary>
/// <param name="Bytes">Never written to.</param>
/// <param name="Coding">How they are encoded: a short body is as it is, whatever the client likes.</param>
internal sealed record PreparedBody(ReadOnlyMemory<byte> Bytes, ContentCoding Coding);
