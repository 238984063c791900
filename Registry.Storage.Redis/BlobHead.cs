using System.Globalization;
using Registry.Core.Storage;
using StackExchange.Redis;

namespace Registry.Storage.Redis;

/// <summary>Reads the fields of a head.</summary>
internal static class BlobHead
{
    /// <summary>
    /// Bytes of a chunk, but for the last: a value of 64 MiB stalls every other client for 440 ms, as 64 chunks for 6
    /// ms.
    /// </summary>
    public const int ChunkBytes = 1024 * 1024;

    /// <summary>The fields of <see cref="TryRead"/>, in its order.</summary>
    public static readonly RedisValue[] Fields = ["length", "uploaded", "revision"];

    /// <summary>Reads the values of <see cref="Fields"/>: null when there is no head.</summary>
    /// <exception cref="StorageException">It is no head of ours.</exception>
    public static BlobInfo? TryRead(BlobKey key, ReadOnlySpan<RedisValue> fields)
    {
        if (fields is [{ IsNull: true }, { IsNull: true }, { IsNull: true }, ..])
            return null;
        return TryParse(fields[0], out var length) && TryParse(fields[1], out var uploaded) && !fields[2].IsNull
            ? new BlobInfo(key, length, TimeOf(uploaded), new Revision(fields[2].ToString()))
            : throw new StorageException(StorageFault.Corrupt, $"The head of the blob '{key}' is damaged.");
    }

    /// <summary>Whole microseconds since 1970, rounded down.</summary>
    public static long MicrosecondsOf(
        DateTimeOffset time) => (time.UtcTicks / TimeSpan.TicksPerMicrosecond) - UnixEpoch;

    private static long UnixEpoch => DateTime.UnixEpoch.Ticks / TimeSpan.TicksPerMicrosecond;

    private static DateTimeOffset TimeOf(
        long microseconds) => new((microseconds + UnixEpoch) * TimeSpan.TicksPerMicrosecond, TimeSpan.Zero);

    private static bool TryParse(RedisValue value, out long number) =>
        long.TryParse(value.ToString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);
}
