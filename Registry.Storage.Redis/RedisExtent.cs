using System.Globalization;
using StackExchange.Redis;

namespace Registry.Storage.Redis;

/// <summary>Bytes that are stored in the chunks of one upload or append.</summary>
/// <param name="Upload">The id of the chunks.</param>
/// <param name="Start">The offset of the first byte in what is read.</param>
/// <param name="End">The offset after the last byte.</param>
internal sealed record RedisExtent(string Upload, long Start, long End)
{
    /// <summary>
    /// Parses a field of a staged upload: the offset, and <c>append:length</c>; null when it is damaged.
    /// </summary>
    public static RedisExtent? TryParse(HashEntry field) =>
        field.Value.ToString().Split(':') is [{ Length: > 0 } append, var bytes]
            && TryParse(field.Name.ToString(), out var start)
            && TryParse(bytes, out var length)
            ? new RedisExtent(append, start, start + length)
            : null;

    private static bool TryParse(string text, out long number) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
