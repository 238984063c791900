using System.Globalization;
using Registry.Core.Storage;

namespace Registry.Storage.Gcs;

/// <summary>Reads the properties of a blob from its object.</summary>
internal static class GcsBlobs
{
    public static BlobInfo ToInfo(BlobKey key, GcsObject found) =>
        new(
            key,
            SizeOf(found),
            GcsMetadata.UploadedAtOf(found),
            RevisionOf(found.Generation ?? 0, found.Metageneration ?? 0));

    /// <summary>
    /// Returns true when a blob of a scope is only visible through a document that refers to it, as the index of a
    /// package does. Other blobs, the app archives, are visible themselves: a delete of one is acknowledged to a
    /// client.
    /// </summary>
    public static bool AreReferenced(StoreKey scope) => scope.IsBelow(StoreKeys.Packages);

    /// <summary>Returns the size in bytes.</summary>
    public static long SizeOf(GcsObject found) => (long)(found.Size ?? 0);

    /// <summary>Parses a revision. Returns false for a revision of another backend, which nothing can match.</summary>
    public static bool TryParse(Revision revision, out long generation, out long metageneration)
    {
        (generation, metageneration) = (0, 0);
        return revision.Value.Split('.') is [var first, var second]
            && long.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out generation)
            && long.TryParse(second, NumberStyles.None, CultureInfo.InvariantCulture, out metageneration);
    }

    private static Revision RevisionOf(long generation, long metageneration) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{generation}.{metageneration}"));
}
