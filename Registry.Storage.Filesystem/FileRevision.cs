using System.Globalization;
using Registry.Core.Storage;

namespace Registry.Storage.Filesystem;

/// <summary>Converts between modification times, in 100 ns since the year 1, and revisions.</summary>
internal static class FileRevision
{
    /// <summary>Returns the revision of a file with a modification time.</summary>
    public static Revision Of(long ticks) => new(ticks.ToString(CultureInfo.InvariantCulture));

    /// <summary>Returns the revision of a file with a modification time; null for null.</summary>
    public static Revision? Of(long? ticks) => ticks is { } known ? Of(known) : null;

    /// <summary>Returns the modification time of a revision.</summary>
    public static long TicksOf(Revision revision) => long.Parse(revision.Value, CultureInfo.InvariantCulture);
}
