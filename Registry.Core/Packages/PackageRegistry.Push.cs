using System.Security.Cryptography;
using Registry.Core.Access;
using Registry.Core.Content;
using Registry.Core.Documents;
using Registry.Core.Events;
using Registry.Core.Versions;

namespace Registry.Core.Packages;

public sealed partial class PackageRegistry
{
    /// <summary>Enough to be unique among the pushes of one release; more would only make every index longer.</summary>
    private const int PushIdBytes = 9;

    /// <summary>Returns the right that a push needs.</summary>
    /// <param name="force">Whether it may replace a release, which deletes the one before.</param>
    internal static AccessActions RightToPush(bool force) =>
        force ? AccessActions.Push | AccessActions.Delete : AccessActions.Push;

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
        push.Caller.Demand(RightToPush(options.Force), AccessResource.Package(package.Value));
        var content = await upload.CompleteAsync(cancellationToken);

        // Checked before the commit too, so that a rejected push leaves nothing behind. The index decides again below.
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

        var commit = commits.Begin(package);
        commit.Add(await upload.CommitAsync(cancellationToken));
        var manifest = await NewManifestAsync(
            commit,
            release,
            mediaType,
            content,
            Microseconds.Floor(time.GetUtcNow()),
            options,
            cancellationToken);
        var (index, isReplacing) = await CommitAsync(
            commit,
            manifest,
            index => PackageIndex.With(index, package, manifest, options.Force),
            recent,
            cancellationToken);
        RaiseStored(RegistryAction.ReleasePushed, push, manifest, isReplacing);
        return index.Get(release, mediaType);
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

    private async Task<Manifest> NewManifestAsync(
        PackageCommit commit,
        Release release,
        MediaType mediaType,
        UploadedContent content,
        DateTimeOffset createdAt,
        PushOptions options,
        CancellationToken cancellationToken)
    {
        var descriptor = new ContentDescriptor(mediaType, content.StoredDigest, content.Size, content.TarDigest);
        return new Manifest(
            release,
            descriptor,
            createdAt,
            options.Metadata is null ? null : Metadata.Of(options.Metadata),
            NewPushId())
        {
            Artifact = await describer.DescribeAsync(
                commit, release, descriptor, content.File, options.Provenance, time.GetUtcNow(), cancellationToken),
        };
    }

    /// <summary>Returns an id for one push.</summary>
    internal static string NewPushId() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(PushIdBytes));

    /// <returns>The index, and whether the manifest replaces one with another content.</returns>
    private static async Task<(PackageIndex Index, bool IsReplacing)> CommitAsync(
        PackageCommit commit,
        Manifest manifest,
        Func<PackageIndex?, PackageIndex> change,
        RecentRead<PackageIndex>? recent,
        CancellationToken cancellationToken)
    {
        var isReplacing = false;
        var index = await commit.CommitAsync(
            before =>
            {
                isReplacing = before?.Find(manifest.Release, manifest.MediaType) is { } known
                    && known.Content.StoredDigest != manifest.Content.StoredDigest;
                return change(before);
            },
            index => index.Find(manifest.Release, manifest.MediaType)?.PushId == manifest.PushId,
            (index, before) => index.Withdraw(before, manifest.Release, manifest.MediaType),
            recent,
            cancellationToken);
        return (index, isReplacing);
    }
}
