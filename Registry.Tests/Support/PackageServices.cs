using Microsoft.Extensions.Logging.Abstractions;
using Registry.Core.Content;
using Registry.Core.Events;
using Registry.Core.Packages;
using Registry.Core.Repositories;
using Registry.Core.Storage;

namespace Registry.Tests.Support;

/// <summary>The use cases of packages over some storage, composed as the host composes them.</summary>
internal sealed class PackageServices
{
    public PackageServices(
        PackageIndexes indexes,
        IBlobStore blobs,
        RegistryEvents? events = null,
        TimeProvider? time = null,
        ContentLimits? limits = null,
        CollectionOptions? collection = null,
        ReleaseOptions? releases = null)
    {
        events ??= Samples.Events;
        time ??= TimeProvider.System;
        limits ??= new ContentLimits();
        collection ??= new CollectionOptions();
        Contents = new PackageContents(blobs, new ContentCacheOptions());
        Derived = new DerivedReleases(Contents);
        var describer = new ReleaseDescriber(blobs, Derived, limits);
        Manifests = new ManifestContents(Contents, Derived);
        Commits = new PackageCommitFactory(
            indexes, blobs, Derived, collection, time, NullLogger<PackageCommitFactory>.Instance);
        Packages = new PackageRegistry(indexes, blobs, limits, Commits, describer, Contents, events, time);
        Repositories = new RepositoryManifests(
            indexes,
            blobs,
            Commits,
            Manifests,
            describer,
            releases ?? new ReleaseOptions(),
            collection,
            new CompletionRequests(),
            events,
            time);
    }

    public PackageContents Contents { get; }

    public DerivedReleases Derived { get; }

    public ManifestContents Manifests { get; }

    public static ManifestContents ManifestsOf(IBlobStore blobs)
    {
        var contents = new PackageContents(blobs, new ContentCacheOptions());
        return new ManifestContents(contents, new DerivedReleases(contents));
    }

    public PackageCommitFactory Commits { get; }

    public PackageRegistry Packages { get; }

    public RepositoryManifests Repositories { get; }
}
