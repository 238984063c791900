using Registry.Core.Access;
using Registry.Core.Content;
using Registry.Core.Errors;
using Registry.Core.Events;
using Registry.Core.Storage;

namespace Registry.Core.Packages;

public sealed partial class PackageRegistry
{
    /// <summary>
    /// Restores a release from a backup. Restoring it again changes nothing, and neither does restoring a release that
    /// was pushed in the meantime with the same content and metadata.
    /// </summary>
    /// <param name="restored">The release.</param>
    /// <param name="storedDigest">The sha256 of the content.</param>
    /// <param name="write">Writes the whole content. Called at most once, when the content is needed.</param>
    /// <param name="force">Whether to replace an existing release with different content.</param>
    /// <param name="caller">Who restores.</param>
    /// <param name="cancellationToken">Cancels the call; the restore then happens completely or not at all.</param>
    /// <exception cref="RegistryException">
    /// The content is rejected, or does not match the backup; <see cref="ErrorCode.PackageExists"/> with different
    /// content or metadata; <see cref="ErrorCode.ResourceInUse"/>; <see cref="ErrorCode.Unavailable"/>.
    /// </exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async Task<RestoreOutcome> RestoreAsync(
        RestoredRelease restored,
        Digest storedDigest,
        Func<PackagePush, CancellationToken, ValueTask> write,
        bool force,
        Caller caller,
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

        await using var push = await BeginPushAsync(package, caller, cancellationToken);
        await write(push, cancellationToken);
        var content = await push.Upload.CompleteAsync(cancellationToken);
        if (content.TarDigest != restored.TarDigest)
            throw OtherDigest(content.TarDigest, restored.TarDigest);

        var commit = commits.Begin(package);
        commit.Add(await push.Upload.CommitAsync(cancellationToken));
        var manifest = await NewManifestAsync(
            commit,
            release,
            mediaType,
            content,
            restored.CreatedAt ?? Microseconds.Floor(time.GetUtcNow()),
            new PushOptions(force, restored.Metadata),
            cancellationToken);
        var (index, isReplacing) = await CommitAsync(
            commit,
            manifest,
            index => index?.Find(release, mediaType) switch
            {
                null => PackageIndex.WithRestored(index, package, manifest),
                var same when IsSame(same, restored, storedDigest) => index!,
                _ when force => PackageIndex.WithRestored(index, package, manifest),
                var other => throw Conflict(other),
            },
            recent: null,
            cancellationToken);
        var outcome = known is not null ? RestoreOutcome.Replaced
            : index.Find(release, mediaType)?.PushId == manifest.PushId ? RestoreOutcome.Added
            : RestoreOutcome.Unchanged;
        if (outcome != RestoreOutcome.Unchanged)
            RaiseStored(RegistryAction.ReleaseRestored, push, manifest, isReplacing);
        return outcome;
    }

    private static bool IsSame(Manifest known, RestoredRelease restored, Digest storedDigest) =>
        known.Content.StoredDigest == storedDigest && known.Metadata?.ToString() == restored.Metadata;

    private static RegistryException Conflict(Manifest known) => new(
        ErrorCode.PackageExists,
        "the release exists with another content or metadata: sha256 "
            + $"{known.Content.TarDigest ?? known.Content.StoredDigest}, {known.Content.Size} bytes");

    private static RegistryException OtherDigest(Digest? found, Digest expected) => new(
        ErrorCode.InvalidParameters,
        $"its content has the sha256 {found}, and the backup says {expected}",
        ("field", "content.digest"));
}
