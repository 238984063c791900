using System.Globalization;
using System.Net;
using Registry.Core.Storage;

namespace Registry.Storage.Gcs;

/// <summary>Reads what the service sends of an object's bytes.</summary>
internal static class GcsContent
{
    private const string GenerationHeader = "x-goog-generation";
    private const string HashHeader = "x-goog-hash";
    private const string Crc32CName = "crc32c=";

    /// <summary>
    /// All bytes of a small object, and the generation that came with them: never one from here and the other from
    /// there.
    /// </summary>
    /// <exception cref="GcsException">The connection broke, or what came is not an object of ours.</exception>
    public static async Task<(byte[] Content, long Generation)> ReadAsync(
        string name, HttpResponseMessage response, int maxBytes, CancellationToken cancellationToken)
    {
        if (!response.Headers.TryGetValues(GenerationHeader, out var values)
            || !long.TryParse(
                values.FirstOrDefault(), NumberStyles.None, CultureInfo.InvariantCulture, out var generation))
            throw new GcsException(
                StorageFault.Corrupt, $"The answer of Google Cloud Storage for '{name}' lacks {GenerationHeader}.");
        if (response.Content.Headers.ContentLength > maxBytes)
            throw new GcsException(
                StorageFault.Corrupt,
                $"'{name}' has {response.Content.Headers.ContentLength} bytes, more than the registry ever writes "
                    + "there.");

        var content = await GcsException.GuardAsync(
            name, () => ReadBodyAsync(name, response, maxBytes, cancellationToken), cancellationToken);
        if (Crc32COf(response) is { } expected && expected != Crc32C.Of(content))
            throw new GcsException(StorageFault.Corrupt, $"'{name}' arrived with another checksum than its own.");
        return (content, generation);
    }

    /// <summary>
    /// How many bytes of an answer come before the range that was asked for: those of a whole object, as a server may
    /// ignore a range. Null when the answer is neither the range nor the whole.
    /// </summary>
    /// <param name="response">The answer.</param>
    /// <param name="offset">Where the range begins.</param>
    /// <param name="length">How long it is.</param>
    /// <param name="size">How long the object is.</param>
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
                StorageFault.Corrupt, $"'{name}' has more bytes than the registry ever writes there.");
    }

    private static string? Crc32COf(HttpResponseMessage response) =>
        response.Headers.TryGetValues(HashHeader, out var values)
            ? values.SelectMany(value => value.Split(',')).Select(value => value.Trim())
                .FirstOrDefault(
                    value => value.StartsWith(Crc32CName, StringComparison.OrdinalIgnoreCase))?[Crc32CName.Length..]
            : null;
}
