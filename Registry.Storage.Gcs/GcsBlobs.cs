using System.Globalization;
using Registry.Core.Content;
using Registry.Core.Storage;

namespace Registry.Storage.Gcs;

/// <summary>What the metadata of an object say of a blob.</summary>
internal static class GcsBlobs
{
    public static BlobInfo Describe(BlobKey key, GcsObject found) =>
        new(key, found.Size, UploadedAtOf(found), RevisionOf(found.Generation, found.Metageneration));

    /// <summary>An object that was copied by hand without its metadata counts from when it was made.</summary>
    public static DateTimeOffset UploadedAtOf(GcsObject found) => found.UploadedAt ?? Microseconds.Floor(found.TimeCreated);

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
