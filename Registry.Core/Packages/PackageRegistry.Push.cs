using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Registry.Core.Content;
using Registry.Core.Documents;
using Registry.Core.Events;
using Registry.Core.Storage;
using Registry.Core.Versions;

namespace Registry.Core.Packages;

public sealed partial class PackageRegistry
{
    /// <summary>Enough to be unique among the pushes of one release; more would only make every index longer.</summary>
    private const int PushIdBytes = 9;

    /// <summary>
    /// Completes a push. The content is committed before the index that references it: a crash in between leaves an
    /// unreferenced blob.
    /// </summary>
    internal async Task<Manifest> CompleteAsync(
        PackagePush push,
        Release release,
        MediaType mediaType,
        PushOptions options,
        CancellationToken cancellationToken)
    {
        var (package, upload) = (push.Package, push.Upload);
        var content = await upload.CompleteAsync(cancellationToken);

        // Checked before the commit too, so that a refused push leaves nothing behind. The index decides again below.
        RecentRead<PackageIndex>? recent = null;
        if (!options.Force)
        {
            recent = new RecentRead<PackageIndex>(await indexes.FindAsync(package, cancellationToken));
            if (recent.Snapshot?.State.Find(release, mediaType) is not null)
            {
                await indexes.EnsureDurableAsync(package, cancellationToken);
                throw PackageErrors.PackageExists(package, release, mediaType);
            }
        }

        var manifest = NewManifest(release, mediaType, content, Microseconds.Floor(time.GetUtcNow()), options.Metadata);
        await StoreAsync(
            package,
            manifest,
            upload,
            index => PackageIndex.With(index, package, manifest, options.Force),
            recent,
            cancellationToken);
        RaiseStored(RegistryAction.ReleasePushed, push, manifest, options.Force);
        return manifest;
    }

    private void RaiseStored(RegistryAction action, PackagePush push, Manifest manifest, bool forced) =>
        events.Raise(new RegistryEvent(events.Now, push.Caller, action, push.Package.Value)
        {
            Release = manifest.Release.Value,
            MediaType = manifest.MediaType.Value,
            StoredDigest = manifest.Content.StoredDigest,
            TarDigest = manifest.Content.TarDigest,
            Size = manifest.Content.Size,
            Forced = forced,
        });

    private static Manifest NewManifest(
        Release release,
        MediaType mediaType,
        UploadedContent content,
        DateTimeOffset createdAt,
        string? metadata) => new(
        release,
        new ContentDescriptor(mediaType, content.StoredDigest, content.Size, content.TarDigest),
        createdAt,
        metadata is null ? null : Metadata.Of(metadata),
        PushId: Convert.ToBase64String(RandomNumberGenerator.GetBytes(PushIdBytes)));

    /// <summary>Commits an accepted content, and then the index that references it.</summary>
    /// <param name="package">The package.</param>
    /// <param name="manifest">The manifest of the content.</param>
    /// <param name="upload">The content.</param>
    /// <param name="change">The change of the index.</param>
    /// <param name="recent">The index as it was read a moment before; null when it was not.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The index right after the change.</returns>
    private async Task<PackageIndex> StoreAsync(
        PackageName package,
        Manifest manifest,
        PackageUpload upload,
        Func<PackageIndex?, PackageIndex> change,
        RecentRead<PackageIndex>? recent,
        CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        var (blob, isNew, epoch) = await upload.CommitAsync(cancellationToken);
        PackageIndex? index;
        try
        {
            index = await indexes.UpdateAsync(
                package,
                new DocumentChange<PackageIndex>(
                    change,
                    index => index.Find(manifest.Release, manifest.MediaType)?.PushId == manifest.PushId,
                    epoch)
                {
                    Recent = recent,
                },
                cancellationToken);
        }
        catch (StorageException ended) when (ended.Kind == StorageFault.EpochEnded)
        {
            // If the blob has outlived the epoch of its commit, the collector removes it.
            LogNotStored(package, manifest.Release, manifest.MediaType);
            throw PackageErrors.StorageRestarted(package);
        }
        catch (Exception failure) when (isNew && PackageIndexes.IsKnownUnchanged(failure))
        {
            await RemoveAsync(package, blob, epoch);
            throw;
        }

        // A collector deletes a blob that it saw unreferenced at one revision for a whole grace period. A push that
        // took longer than half of that gives its blob another revision, now that the index refers to it: a delete that
        // is under way has happened, or will be refused. The release is stored by now, so a disconnecting client does
        // not stop this.
        if (time.GetElapsedTime(began) > collection.Grace / 2 && !await TryTouchAsync(blob.Key))
        {
            await WithdrawAsync(package, manifest, CancellationToken.None);
            throw PackageErrors.Withdrawn(package);
        }

        return index!;
    }

    /// <summary>Touches a blob; false when it is missing or cannot be touched.</summary>
    private async Task<bool> TryTouchAsync(BlobKey key)
    {
        try
        {
            return await blobs.TouchAsync(key, CancellationToken.None) is not null;
        }
        catch (StorageException fault)
        {
            LogNotTouched(key, fault);
            return false;
        }
    }

    /// <summary>
    /// Removes the blob of a push whose release was certainly not stored. A push that stores a release with the same
    /// content commits the blob again, which changes its revision; the blob then stays.
    /// </summary>
    private async Task RemoveAsync(PackageName package, BlobInfo blob, StorageEpoch? epoch)
    {
        try
        {
            // An existing release may reference it, if its blob had been lost.
            if ((await indexes.FindAsync(package, CancellationToken.None))?.State.References(blob.Key.Digest) != true)
                await blobs.TryDeleteAsync(
                    blob.Key, Precondition.Matches(blob.Revision).In(epoch), CancellationToken.None);
        }
        catch (StorageException fault)
        {
            LogLeftBehind(blob.Key, fault);
        }
    }

    private async Task WithdrawAsync(PackageName package, Manifest manifest, CancellationToken cancellationToken)
    {
        LogWithdrawn(package, manifest.Release, manifest.MediaType);
        await indexes.UpdateAsync(
            package,
            new DocumentChange<PackageIndex>(index =>
                index?.Find(manifest.Release, manifest.MediaType)?.PushId == manifest.PushId
                    ? index.Without(manifest.Release, manifest.MediaType)
                    : index),
            cancellationToken);
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Did not store {Package} {Release} as {MediaType}: the storage was restarted or replaced after "
            + "the content was committed")]
    private partial void LogNotStored(PackageName package, Release release, MediaType mediaType);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Removing the blob {Blob} of a refused push failed; the collector will remove it")]
    private partial void LogLeftBehind(BlobKey blob, Exception fault);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Touching the blob {Blob} of a slow push failed")]
    private partial void LogNotTouched(BlobKey blob, Exception fault);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Withdrew {Package} {Release} as {MediaType}, and what a forced push replaced: its blob was or may "
            + "be collected before the push was complete")]
    private partial void LogWithdrawn(PackageName package, Release release, MediaType mediaType);
}
