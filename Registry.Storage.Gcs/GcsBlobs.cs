using System.Globalization;
using Registry.Core.Storage;

namespace Registry.Storage.Gcs;

/// <summary>What an object says of a blob.</summary>
internal static class GcsBlobs
{
    public static BlobInfo Describe(BlobKey key, GcsObject found) =>
        new(
            key,
            SizeOf(found),
            GcsMetadata.UploadedAtOf(found),
            RevisionOf(found.Generation ?? 0, found.Metageneration ?? 0));

    /// <summary>Bytes.</summary>
    public static long SizeOf(GcsObject found) => (long)(found.Size ?? 0);

    /// <summary>False where the revision is none of ours, which nothing can match.</summary>
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
