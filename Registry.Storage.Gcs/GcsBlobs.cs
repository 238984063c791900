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
