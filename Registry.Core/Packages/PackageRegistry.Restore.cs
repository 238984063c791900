using Microsoft.Extensions.Logging;
using Registry.Core.Content;
using Registry.Core.Errors;
using Registry.Core.Storage;
using Registry.Core.Versions;

namespace Registry.Core.Packages;

public sealed partial class PackageRegistry
{
    /// <summary>
    /// Brings a release back that a backup holds. Restoring the same again changes nothing, and neither does restoring
    /// what was pushed in the meantime with the same content and metadata.
    /// </summary>
    /// <param name="restored">The release.</param>
    /// <param name="storedDigest">The sha256 of the content.</param>
    /// <param name="begin">
    /// Begins the upload of the content and writes all of it; called where it is needed, once.
    /// </param>
    /// <param name="force">Replace a release that is there with another content.</param>
    /// <param name="cancellationToken">Gives up; the release was then restored whole or not at all.</param>
    /// <exception cref="RegistryException">
    /// The content is refused, or is not what the backup says; <see cref="ErrorCode.PackageExists"/> with another
    /// content or metadata; <see cref="ErrorCode.ResourceInUse"/>; <see cref="ErrorCode.Unavailable"/>.
    /// </exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async Task<RestoreOutcome> RestoreAsync(
        RestoredRelease restored,
        Digest storedDigest,
        Func<CancellationToken, ValueTask<PackageUpload>> begin,
        bool force,
        CancellationToken cancellationToken)
    {
        var (package, release, mediaType) = (restored.Package, restored.Release, restored.MediaType);
        var known = (await indexes.FindAsync(package, cancellationToken))?.State.Find(release, mediaType);
        if (known is not null && IsSame(known, restored, storedDigest))
        {
            if (known.Content.TarDigest != restored.TarDigest)
                throw OtherDigest(known.Content.TarDigest, restored.TarDigest);
            if (await blobs.StatAsync(new BlobKey(package.Key, storedDigest), cancellationToken) is not null)
                return RestoreOutcome.Unchanged;
        }
        else if (known is not null && !force)
        {
            throw Conflict(known);
        }

        await using var upload = await begin(cancellationToken);
        var content = await upload.CompleteAsync(cancellationToken);
        if (content.TarDigest != restored.TarDigest)
            throw OtherDigest(content.TarDigest, restored.TarDigest);

        var manifest = NewManifest(
            release, mediaType, content, restored.CreatedAt ?? Microseconds.Floor(time.GetUtcNow()), restored.Metadata);
        var index = await StoreAsync(
            package,
            manifest,
            upload,
            index => index?.Find(release, mediaType) switch
            {
                null => PackageIndex.WithRestored(index, package, manifest),
                var same when IsSame(same, restored, storedDigest) => index,
                _ when force => PackageIndex.WithRestored(index, package, manifest),
                var other => throw Conflict(other),
            },
            cancellationToken);
        LogRestored(package, release, mediaType, content.TarDigest, content.Size);
        return known is null && index.Find(release, mediaType)?.PushId == manifest.PushId ? RestoreOutcome.Added
            : known is null ? RestoreOutcome.Unchanged
            : RestoreOutcome.Replaced;
    }

    private static bool IsSame(Manifest known, RestoredRelease restored, Digest storedDigest) =>
        known.Content.StoredDigest == storedDigest && known.Metadata?.ToString() == restored.Metadata;

    private static RegistryException Conflict(Manifest known) => new(
        ErrorCode.PackageExists, "it is there already with another content or metadata: sha256 "
            + $"{known.Content.TarDigest ?? known.Content.StoredDigest}, {known.Content.Size} bytes");

    private static RegistryException OtherDigest(Digest? found, Digest expected) => new(
        ErrorCode.InvalidParameters, $"its content has the sha256 {found} where the backup says {expected}", (
            "field",
            "content.digest"));

    [LoggerMessage(
        Level = LogLevel.Information, Message = "Restored {Package} {Release} as {MediaType}: {Digest}, {Size} bytes")]
    private partial void LogRestored(
        PackageName package, Release release, MediaType mediaType, Digest digest, long size);
}
