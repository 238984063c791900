using System.Globalization;
using System.Text;
using Registry.Core.Content;
using Registry.Core.Storage;

namespace Registry.Storage.Filesystem;

/// <summary>
/// The upload times of blobs. Usually the modification time of a blob, in whole microseconds, is both its revision and
/// its upload time. If it is not in whole microseconds (the last digit of its 100 ns is not zero), it is only the
/// revision: the upload time is 1970 if the digit is 2, and otherwise in a file next to the blob. A blob that a client
/// deletes gets 1970, which therefore takes no space on a full disk.
/// </summary>
/// <remarks>
/// The file has a line for each revision, <c>revision uploaded-at</c>. It is placed before the blob, and still contains
/// the line of the current revision. So a blob is never seen with the time of another revision, even after a crash.
/// </remarks>
internal static class UploadedTimes
{
    private const string Suffix = ".uploaded";
    private const string Format = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";
    private const int MaxBytes = 1024;

    /// <summary>The last digit of a revision whose upload time is 1970.</summary>
    private const int EpochDigit = 2;

    private static readonly long EpochTicks = DateTimeOffset.UnixEpoch.UtcTicks;

    /// <summary>
    /// Returns the upload time that a revision tells by itself; null when it is in the file next to the blob.
    /// </summary>
    public static long? OfRevision(long revisionTicks) => (revisionTicks - RoundDown(revisionTicks)) switch
    {
        0 => revisionTicks,
        EpochDigit => EpochTicks,
        _ => null,
    };

    /// <summary>Rounds ticks of 100 ns up to a whole microsecond.</summary>
    public static long RoundUp(long ticks) => RoundDown(ticks + TimeSpan.TicksPerMicrosecond - 1);

    /// <summary>Rounds ticks of 100 ns down to a whole microsecond.</summary>
    public static long RoundDown(long ticks) => Microseconds.Floor(new DateTimeOffset(ticks, TimeSpan.Zero)).UtcTicks;

    /// <summary>
    /// Reads the upload time of a revision; null when the file has no line for it, because the blob was replaced.
    /// </summary>
    public static long? TryRead(string blobPath, long revisionTicks)
    {
        var path = blobPath + Suffix;
        using var file = Disk.TryOpenRead(path);
        if (file is null)
            return null;
        Span<byte> bytes = stackalloc byte[MaxBytes];
        var text = Encoding.ASCII.GetString(bytes[..Disk.Read(file, bytes, 0, path)]);
        var revision = revisionTicks.ToString(CultureInfo.InvariantCulture);
        foreach (var line in text.Split('\n'))
        {
            if (line.Split(' ') is not [var owner, var uploaded] || owner != revision)
                continue;
            const DateTimeStyles Utc = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
            return DateTime.TryParseExact(uploaded, Format, CultureInfo.InvariantCulture, Utc, out var time)
                ? time.Ticks
                : throw new StorageException(StorageFault.Corrupt, $"'{path}' contains an invalid time: '{uploaded}'.");
        }

        return null;
    }

    /// <summary>
    /// Chooses the revision and the upload time of a commit or touch. If they differ, writes the file next to the blob.
    /// Requires the lock.
    /// </summary>
    /// <param name="volume">The volume.</param>
    /// <param name="stripe">The lock.</param>
    /// <param name="blobPath">The path of the blob.</param>
    /// <param name="now">The current time in whole microseconds.</param>
    /// <param name="current">The blob that exists; null for none.</param>
    /// <param name="uploadedAt">The upload time; null for the current time.</param>
    public static BlobTimes Next(
        FilesystemVolume volume,
        Stripe stripe,
        string blobPath,
        long now,
        BlobInfo? current,
        DateTimeOffset? uploadedAt)
    {
        var last = current is null ? (long?)null : FileRevision.TicksOf(current.Revision);
        var hadFile = last is { } ticks && OfRevision(ticks) is null;
        var revision = RoundUp(stripe.NextRevision(now, last));
        var uploaded = uploadedAt is { } given
            ? RoundDown(given.UtcTicks)
            : Math.Max(revision, current is null ? 0 : current.UploadedAt.UtcTicks + TimeSpan.TicksPerMicrosecond);
        if (uploaded == revision)
            return new BlobTimes(revision, uploaded, LeavesFile: hadFile);
        if (uploaded == EpochTicks)
            return new BlobTimes(revision + EpochDigit, uploaded, LeavesFile: hadFile);
        revision++;
        Write(
            volume,
            blobPath,
            (revision, uploaded),
            hadFile ? (last!.Value, current!.UploadedAt.UtcTicks) : null);
        return new BlobTimes(revision, uploaded, LeavesFile: false);
    }

    /// <summary>Removes the file of a blob that was deleted or no longer needs it.</summary>
    public static void Remove(string blobPath) => Disk.TryUnlink(blobPath + Suffix);

    /// <summary>
    /// Durably writes the lines of the next revision and of the current one, null if that needs none.
    /// </summary>
    private static void Write(
        FilesystemVolume volume,
        string blobPath,
        (long Revision, long Uploaded) next,
        (long Revision, long Uploaded)? current)
    {
        var text = Line(next) + (current is { } previous ? Line(previous) : "");
        using var staged = volume.Stage();
        staged.Append(Encoding.ASCII.GetBytes(text));
        staged.Flush();
        var entry = new EntryChange(volume.Blobs, blobPath + Suffix);
        entry.Place(staged);
        entry.Flush();
    }

    private static string Line((long Revision, long Uploaded) entry) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{entry.Revision} "
                + $"{new DateTime(entry.Uploaded, DateTimeKind.Utc).ToString(Format, CultureInfo.InvariantCulture)}\n");
}

/// <summary>The times of a commit or touch, in 100 ns since the year 1.</summary>
/// <param name="Revision">The modification time of the blob.</param>
/// <param name="Uploaded">The upload time.</param>
/// <param name="LeavesFile">Whether the file next to the blob is no longer needed.</param>
internal readonly record struct BlobTimes(long Revision, long Uploaded, bool LeavesFile);
