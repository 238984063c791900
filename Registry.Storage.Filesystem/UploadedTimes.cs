using System.Globalization;
using System.Text;
using Registry.Core.Storage;

namespace Registry.Storage.Filesystem;

/// <summary>
/// When a blob was uploaded, where that is not when it was touched: as a rule the modification time says both, in whole
/// microseconds. A time that is none (its last digit of 100 ns is not zero) says to look here.
/// </summary>
/// <remarks>
/// A small file beside the blob holds a line for each revision, <c>revision uploaded-at</c>. It is placed before the
/// blob is, with the line of the revision that is still there as well, so that at no moment, nor after a crash at any,
/// a blob is seen with the time of another revision.
/// </remarks>
internal static class UploadedTimes
{
    private const string Suffix = ".uploaded";
    private const string Format = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";
    private const int MaxBytes = 1024;

    /// <summary>True when a revision has its time in the file beside the blob.</summary>
    public static bool IsApart(long revisionTicks) => revisionTicks % TimeSpan.TicksPerMicrosecond != 0;

    /// <summary>Rounds up to a whole microsecond.</summary>
    public static long Up(long ticks) => Down(ticks + TimeSpan.TicksPerMicrosecond - 1);

    /// <summary>Rounds down to a whole microsecond.</summary>
    public static long Down(long ticks) => ticks - (ticks % TimeSpan.TicksPerMicrosecond);

    /// <summary>
    /// The time that belongs to a revision; null when no line names it, as when the blob has been replaced meanwhile.
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
            return DateTime.TryParseExact(
                uploaded, Format, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal
                    | DateTimeStyles.AdjustToUniversal, out var time)
                ? time.Ticks
                : throw new StorageException(StorageFault.Corrupt, $"'{path}' holds a time that is none.");
        }

        return null;
    }

    /// <summary>
    /// Writes, durably, the lines of the revision to come and of the one that is there (null where that needs none).
    /// </summary>
    public static void Write(
        FilesystemVolume volume,
        string blobPath,
        (long Revision, long Uploaded) next,
        (long Revision, long Uploaded)? current)
    {
        var text = Line(next) + (current is { } kept ? Line(kept) : "");
        using var staged = volume.Stage();
        staged.Append(Encoding.ASCII.GetBytes(text));
        staged.Flush();
        var entry = new EntryChange(volume.Blobs, blobPath + Suffix);
        entry.Place(staged);
        entry.Flush();
    }

    /// <summary>Removes the file, if there is one: its blob is gone or needs it no more.</summary>
    public static void Remove(string blobPath) => Disk.TryUnlink(blobPath + Suffix);

    private static string Line((long Revision, long Uploaded) entry) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{entry.Revision} "
                + $"{new DateTime(entry.Uploaded, DateTimeKind.Utc).ToString(Format, CultureInfo.InvariantCulture)}\n");
}
