using System.Globalization;
using Registry.Core.Storage;

namespace Registry.Storage.Etcd;

/// <summary>
/// Converts revisions. A revision is the mod_revision of etcd, which counts over the whole store, so no key ever
/// repeats one.
/// </summary>
internal static class EtcdRevision
{
    public static Revision Of(long modRevision) => new(modRevision.ToString(CultureInfo.InvariantCulture));

    /// <summary>Returns null for a text that is not an etcd revision, so that nothing can match it.</summary>
    public static long? Parse(Revision revision) =>
        long.TryParse(revision.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var modRevision)
            && modRevision > 0 ? modRevision : null;
}
