using Registry.Core.Access;
using Registry.Core.Artifacts;
using Registry.Core.Documents;
using Registry.Core.Errors;
using Registry.Core.Events;
using Registry.Core.Packages;
using Registry.Core.Storage;

namespace Registry.Core.Repositories;

/// <summary>
/// The manifests and tags of packages, as OCI clients see them. Releases and channels of the package are among them:
/// see <see cref="PackageIndex"/> for the rules.
/// </summary>
/// <param name="indexes">The indexes of the packages.</param>
/// <param name="blobs">The blobs.</param>
/// <param name="commits">Begins changes that refer to blobs.</param>
/// <param name="manifests">Reads manifests.</param>
/// <param name="describer">Describes pushed releases.</param>
/// <param name="mutable">The packages in which a push replaces a release.</param>
/// <param name="collection">When untagged manifests are removed.</param>
/// <param name="completion">Requests the completion of releases that an earlier version stored.</param>
/// <param name="events">Raises an event for every change.</param>
/// <param name="time">The clock.</param>
public sealed class RepositoryManifests(
    PackageIndexes indexes,
    IBlobStore blobs,
    PackageCommitFactory commits,
    ManifestContents manifests,
    ReleaseDescriber describer,
    ReleaseOptions mutable,
    CollectionOptions collection,
    CompletionRequests completion,
    RegistryEvents events,
    TimeProvider time)
{
    /// <summary>The maximum size of a manifest, in bytes.</summary>
    public const int MaxManifestBytes = ManifestReader.MaxBytes;

    /// <summary>The maximum number of tags in one push by digest.</summary>
    public const int MaxTags = 100;

    /// <summary>Finds a manifest by its tag or its digest.</summary>
    /// <param name="package">The package.</param>
    /// <param name="reference">A tag or a digest, as it was requested.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.PackageNotFound"/>; <see cref="ErrorCode.ManifestNotFound"/>;
    /// <see cref="ErrorCode.Unavailable"/>: the release is being completed after an upgrade.
    /// </exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async ValueTask<OpenManifest> GetAsync(
        PackageName package, string reference, CancellationToken cancellationToken)
    {
        var index = (await indexes.FindAsync(package, cancellationToken))?.State
            ?? throw await NotFoundAsync(package, reference, cancellationToken);
        var found = OciDigest.TryParse(reference, out var digest) ? index.FindManifest(digest)
            : TagName.TryParse(reference, out var tag) ? index.FindManifest(tag)
            : null;
        if (found is not null)
            return new OpenManifest(index, found);
        ThrowIfIncomplete(index);
        throw ArtifactErrors.ManifestNotFound(package, reference);
    }

    /// <summary>Returns the bytes of a manifest.</summary>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.ManifestNotFound"/>: deleted in the meantime.
    /// </exception>
    /// <exception cref="StorageException">The storage failed, or the manifest is missing or damaged.</exception>
    public async ValueTask<ReadOnlyMemory<byte>> ReadAsync(
        OpenManifest manifest, CancellationToken cancellationToken)
    {
        var (package, digest) = (manifest.Index.Name, manifest.Manifest.Digest);
        try
        {
            return await manifests.ReadAsync(manifest.Index, manifest.Found, cancellationToken);
        }
        catch (RegistryException exception) when (exception.Code == ErrorCode.ManifestNotFound)
        {
            var now = (await indexes.FindAsync(package, cancellationToken))?.State.FindManifest(digest);
            if (now is { Manifest.IsDerived: false })
                throw new StorageException(
                    StorageFault.Corrupt,
                    $"Blob {new BlobKey(package.Key, digest)} is missing, and it is a manifest of {package}.");
            throw;
        }
    }

    /// <summary>Returns a package that OCI clients see, with its revision.</summary>
    /// <exception cref="RegistryException"><see cref="ErrorCode.PackageNotFound"/>.</exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async ValueTask<DocumentSnapshot<PackageIndex>> GetPackageAsync(
        PackageName package, CancellationToken cancellationToken) =>
        await indexes.FindAsync(package, cancellationToken) ?? throw ArtifactErrors.RepositoryNotFound(package);

    /// <summary>
    /// Returns the tags of a package. A package that has blobs but no manifests yet, or no longer, has none: clients
    /// read the list after they have deleted the last manifest.
    /// </summary>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.PackageNotFound"/>; <see cref="ErrorCode.Unavailable"/>: releases are being completed after
    /// an upgrade, and the list would lack their tags.
    /// </exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async ValueTask<TagList> ListTagsAsync(PackageName package, CancellationToken cancellationToken)
    {
        if (await indexes.FindAsync(package, cancellationToken) is { } snapshot)
        {
            ThrowIfIncomplete(snapshot.State);
            return new TagList(snapshot.State.Tags, snapshot.Fingerprint, snapshot.State);
        }

        return await HasBlobsAsync(package, cancellationToken)
            ? new TagList([], default, Index: null)
            : throw ArtifactErrors.RepositoryNotFound(package);
    }

    /// <summary>Returns the size of a package index in memory, in estimated bytes.</summary>
    public long SizeOf(PackageIndex index) => indexes.SizeOf(index);

    /// <summary>Returns the manifests that refer to a manifest, by digest; none for an unknown package.</summary>
    /// <param name="package">The package.</param>
    /// <param name="subject">The digest that they refer to, which need not exist.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async ValueTask<IReadOnlyList<OciManifest>> ReferrersAsync(
        PackageName package, Digest subject, CancellationToken cancellationToken) =>
        (await indexes.FindAsync(package, cancellationToken))?.State.ReferrersOf(subject).ToList() ?? [];

    /// <summary>Parses a stored manifest.</summary>
    /// <exception cref="StorageException">The storage failed, or the manifest is damaged.</exception>
    public ValueTask<ManifestDocument> ParseAsync(
        PackageName package, OciManifest manifest, CancellationToken cancellationToken) =>
        manifests.ParseAsync(package, manifest, cancellationToken);

    /// <summary>
    /// Stores a manifest. A manifest of a Helm chart, or one of the form that the registry derives for a release, is a
    /// release if its tag is a version.
    /// </summary>
    /// <param name="package">The package; its first push creates it.</param>
    /// <param name="bytes">The bytes.</param>
    /// <param name="contentType">The Content-Type of the push.</param>
    /// <param name="digest">The digest by which it is pushed; null for a push by tag.</param>
    /// <param name="tags">The tags to set.</param>
    /// <param name="caller">Who pushes.</param>
    /// <param name="cancellationToken">Cancels the call; the push then happens completely or not at all.</param>
    /// <returns>The manifest.</returns>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.InvalidManifest"/>; <see cref="ErrorCode.InvalidDigest"/>;
    /// <see cref="ErrorCode.UnknownReference"/>; <see cref="ErrorCode.Conflict"/>;
    /// <see cref="ErrorCode.IndexFull"/>; <see cref="ErrorCode.ResourceInUse"/>;
    /// <see cref="ErrorCode.Unavailable"/>.
    /// </exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async Task<OciManifest> PutAsync(
        PackageName package,
        ReadOnlyMemory<byte> bytes,
        string contentType,
        Digest? digest,
        IReadOnlyList<TagName> tags,
        Caller caller,
        CancellationToken cancellationToken)
    {
        var document = Parse(bytes, contentType);
        var actual = Digest.Of(bytes.Span);
        if (digest is { } expected && expected != actual)
            throw RepositoryErrors.OtherDigest(package, actual, expected);
        var manifest = new OciManifest(actual, document.MediaType, bytes.Length)
        {
            Subject = document.Subject?.Digest,
        };

        // Rejected before anything is written; ManifestPush decides again.
        var now = time.GetUtcNow();
        var index = (await indexes.FindAsync(package, cancellationToken))?.State;
        foreach (var tag in tags)
            if (ReleaseTag.IsReserved(tag, out _, out _))
                throw ArtifactErrors.TagIsReserved(package, tag);

        var commit = commits.Begin(package);
        await HoldAsync(commit, index, document, cancellationToken);
        var releases = new List<(TagName Tag, Manifest Release)>();
        PushedContent? content = null;
        foreach (var tag in tags)
            if (tag.TryGetRelease(out var release)
                && (content ??= await describer.InspectPushedAsync(commit, document, cancellationToken)) is { } known)
                releases.Add((tag, known.Describe(release, manifest, now)));
        await commit.StoreAsync(bytes, cancellationToken);

        var push = new ManifestPush(
            package,
            manifest,
            document,
            releases,
            [.. tags.Except(releases.Select(static pushed => pushed.Tag))],
            mutable.IsMutable(package),
            collection.UntaggedAge is not null,
            now,
            caller);
        await commit.CommitAsync(push.Apply, push.IsAppliedTo, push.Withdraw, recent: null, cancellationToken);
        push.Raise(events);
        return manifest;
    }

    /// <summary>
    /// Deletes a tag. The tag of a release deletes the release in all media types, that of a channel the channel.
    /// </summary>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.PackageNotFound"/>; <see cref="ErrorCode.ManifestNotFound"/>;
    /// <see cref="ErrorCode.Conflict"/> for a reserved tag.
    /// </exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async Task DeleteAsync(PackageName package, TagName tag, Caller caller, CancellationToken cancellationToken)
    {
        await UpdateAsync(package, tag.Value, index => index.WithoutTag(tag), cancellationToken);
        events.Raise(new RegistryEvent(events.Now, caller, RegistryAction.TagDeleted, package.Value)
        {
            Tag = tag.Value,
        });
    }

    /// <summary>
    /// Deletes a manifest with its tags. The current manifest of a release deletes the release in its media type.
    /// </summary>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.PackageNotFound"/>; <see cref="ErrorCode.ManifestNotFound"/>.
    /// </exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async Task DeleteAsync(
        PackageName package, Digest digest, Caller caller, CancellationToken cancellationToken)
    {
        await UpdateAsync(package, OciDigest.Format(digest), index => index.WithoutManifest(digest), cancellationToken);
        events.Raise(new RegistryEvent(events.Now, caller, RegistryAction.ManifestDeleted, package.Value)
        {
            StoredDigest = digest,
        });
    }

    private static ManifestDocument Parse(ReadOnlyMemory<byte> bytes, string contentType)
    {
        try
        {
            return ManifestReader.Read(bytes, contentType);
        }
        catch (ManifestFormatException exception)
        {
            throw ArtifactErrors.InvalidManifest(exception.Message);
        }
    }

    /// <summary>
    /// Touches everything that a manifest refers to. Derived manifests and configs are stored, so that they no longer
    /// change or disappear with their release.
    /// </summary>
    private async Task HoldAsync(
        PackageCommit commit, PackageIndex? index, ManifestDocument document, CancellationToken cancellationToken)
    {
        var sizes = new Dictionary<Digest, long>();
        foreach (var references in document.GetReferences().Chunk(PackageCommit.MaxTouched))
        {
            foreach (var reference in references)
                if (reference.IsManifest && index?.FindManifest(reference.Digest) is null)
                    throw ArtifactErrors.UnknownReference(commit.Package, reference.Digest);
            var blobs = await commit.TouchAsync(
                references.Select(static reference => reference.Digest), cancellationToken);
            foreach (var (reference, blob) in references.Zip(blobs))
                if ((blob?.Length ?? await StoreDerivedAsync(commit, index, reference.Digest, cancellationToken))
                    is { } size)
                    sizes[reference.Digest] = size;
                else if (reference.IsRequired)
                    throw ArtifactErrors.UnknownReference(commit.Package, reference.Digest);
        }

        // Clients rely on the sizes in a manifest: they cannot pull content of another size.
        foreach (var (field, descriptor) in document.GetDescriptors())
            if (sizes.TryGetValue(descriptor.Digest, out var stored) && stored != descriptor.Size)
                throw ArtifactErrors.OtherSize($"{field}.size", descriptor.Digest, descriptor.Size, stored);
    }

    /// <summary>Stores content that is only derived.</summary>
    /// <returns>Its length in bytes; null when the registry does not derive it.</returns>
    private async Task<long?> StoreDerivedAsync(
        PackageCommit commit, PackageIndex? index, Digest digest, CancellationToken cancellationToken)
    {
        if (index?.FindManifest(digest) is { Manifest: { IsDerived: true } derived })
        {
            await commit.StoreDerivedAsync(index, digest, cancellationToken);
            return derived.Size;
        }

        return index is not null
            && await manifests.FindDerivedConfigAsync(index, digest, cancellationToken) is { } config
                ? (await commit.StoreAsync(config, cancellationToken)).Size
                : null;
    }

    private void ThrowIfIncomplete(PackageIndex index)
    {
        if (!index.IsIncomplete)
            return;
        completion.Request();
        throw ArtifactErrors.Incomplete(index.Name);
    }

    /// <summary>Changes a package that has manifests.</summary>
    private async Task UpdateAsync(
        PackageName package,
        string reference,
        Func<PackageIndex, PackageIndex?> change,
        CancellationToken cancellationToken)
    {
        try
        {
            await indexes.UpdateAsync(
                package,
                new DocumentChange<PackageIndex>(
                    index => change(index ?? throw ArtifactErrors.RepositoryNotFound(package))),
                cancellationToken);
        }
        catch (RegistryException exception) when (exception.Code == ErrorCode.PackageNotFound)
        {
            throw await NotFoundAsync(package, reference, cancellationToken);
        }
    }

    /// <summary>Returns the error for a manifest of a package that has none.</summary>
    private async Task<RegistryException> NotFoundAsync(
        PackageName package, string reference, CancellationToken cancellationToken) =>
        await HasBlobsAsync(package, cancellationToken)
            ? ArtifactErrors.ManifestNotFound(package, reference)
            : ArtifactErrors.RepositoryNotFound(package);

    private async Task<bool> HasBlobsAsync(PackageName package, CancellationToken cancellationToken)
    {
        await foreach (var blob in blobs.ListAsync(package.Key, ScopeDepth.Exact, after: null, cancellationToken))
            if (blob.UploadedAt != RepositoryBlobs.Deleted)
                return true;
        return false;
    }
}

/// <summary>A manifest that was found, with the state of its package.</summary>
/// <param name="Index">The package.</param>
/// <param name="Found">The manifest.</param>
public sealed record OpenManifest(PackageIndex Index, FoundManifest Found)
{
    /// <summary>The digest, media type and length.</summary>
    public OciManifest Manifest => Found.Manifest;
}
