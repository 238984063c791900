using System.Globalization;
using System.Net;
using Registry.Core.Storage;

namespace Registry.Storage.Gcs;

/// <summary>Reads object content from responses.</summary>
internal static class GcsContent
{
    private const string GenerationHeader = "x-goog-generation";
    private const string HashHeader = "x-goog-hash";
    private const string Crc32CName = "crc32c=";

    /// <summary>Returns all bytes of a small object and the generation in the same response.</summary>
    /// <exception cref="GcsException">The connection broke, or the response is invalid.</exception>
    public static async Task<(byte[] Content, long Generation)> ReadAsync(
        string name, HttpResponseMessage response, int maxBytes, CancellationToken cancellationToken)
    {
        if (!response.Headers.TryGetValues(GenerationHeader, out var values)
            || !long.TryParse(
                values.FirstOrDefault(), NumberStyles.None, CultureInfo.InvariantCulture, out var generation))
            throw new GcsException(
                StorageFault.Corrupt,
                $"The response of Google Cloud Storage for '{name}' has no {GenerationHeader} header.");
        if (response.Content.Headers.ContentLength > maxBytes)
            throw new GcsException(
                StorageFault.Corrupt,
                $"'{name}' has {response.Content.Headers.ContentLength} bytes, more than {maxBytes}.");

        var content = await GcsException.GuardAsync(
            name, () => ReadBodyAsync(name, response, maxBytes, cancellationToken), cancellationToken);
        if (Crc32COf(response) is { } expected && expected != Crc32C.Of(content))
            throw new GcsException(StorageFault.Corrupt, $"The checksum of the received bytes of '{name}' is wrong.");
        return (content, generation);
    }

    /// <summary>
    /// Returns the number of bytes in a response before the requested range. A server may ignore the range and return
    /// the whole object. Null when the response is neither the range nor the whole object.
    /// </summary>
    /// <param name="response">The response.</param>
    /// <param name="offset">The first byte of the range.</param>
    /// <param name="length">The length of the range.</param>
    /// <param name="size">The size of the object.</param>
    public static long? BytesBefore(HttpResponseMessage response, long offset, long length, long size) =>
        response.Content.Headers is { ContentLength: var sent, ContentRange: var range }
            ? response.StatusCode == HttpStatusCode.PartialContent
                ? sent == length && range?.From == offset && range.To == offset + length - 1 ? 0 : null
                : sent == size ? offset : null
            : null;

    private static async Task<byte[]> ReadBodyAsync(
        string name, HttpResponseMessage response, int maxBytes, CancellationToken cancellationToken)
    {
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        if (response.Content.Headers.ContentLength is { } known)
        {
            var exact = new byte[known];
            await body.ReadExactlyAsync(exact, cancellationToken);
            return exact;
        }

        var content = new byte[maxBytes + 1];
        var read = await body.ReadAtLeastAsync(content, content.Length, throwOnEndOfStream: false, cancellationToken);
        return read <= maxBytes
            ? content[..read]
            : throw new GcsException(
                StorageFault.Corrupt, $"'{name}' has more than {maxBytes} bytes.");
    }

    private static string? Crc32COf(HttpResponseMessage response) =>
        response.Headers.TryGetValues(HashHeader, out var values)
            ? values.SelectMany(value => value.Split(',')).Select(value => value.Trim())
                .FirstOrDefault(
                    value => value.StartsWith(Crc32CName, StringComparison.OrdinalIgnoreCase))?[Crc32CName.Length..]
            : null;
}
