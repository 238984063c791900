namespace Registry.Api.Http;

/// <summary>Reads request bodies that fit into memory.</summary>
internal static class SmallBody
{
    /// <summary>Reads a body.</summary>
    /// <param name="request">The request.</param>
    /// <param name="maxBytes">The longest body, in bytes.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The bytes; null for a longer body.</returns>
    public static async Task<ReadOnlyMemory<byte>?> ReadAsync(
        HttpRequest request, int maxBytes, CancellationToken cancellationToken)
    {
        var body = new byte[maxBytes + 1];
        var length = await request.Body.ReadAtLeastAsync(
            body, body.Length, throwOnEndOfStream: false, cancellationToken);
        if (length > maxBytes)
            return null;
        return body.AsMemory(0, length);
    }
}
