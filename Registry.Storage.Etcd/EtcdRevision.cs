using System.Globalization;
using Registry.Core.Storage;

namespace Registry.Storage.Etcd;

/// <summary>Revisions are etcd's own mod_revision: counted over the whole store, so no key ever repeats one.</summary>
internal static class EtcdRevision
{
    public static Revision Of(long modRevision) => new(modRevision.ToString(CultureInfo.InvariantCulture));

    /// <summary>Null where the text is no revision that etcd gives, so that nothing can match it.</summary>
    public static long? Parse(Revision revision) =>
        long.TryParse(revision.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var modRevision)
            && modRevision > 0 ? modRevision : null;
}
