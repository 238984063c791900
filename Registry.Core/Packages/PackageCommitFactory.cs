using Microsoft.Extensions.Logging;
using Registry.Core.Storage;

namespace Registry.Core.Packages;

/// <summary>Begins changes of packages that refer to blobs.</summary>
/// <param name="indexes">The indexes of the packages.</param>
/// <param name="blobs">The blobs.</param>
/// <param name="releases">Makes derived manifests.</param>
/// <param name="collection">When unreferenced blobs are collected.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log for failed pushes.</param>
public sealed class PackageCommitFactory(
    PackageIndexes indexes,
    IBlobStore blobs,
    DerivedReleases releases,
    CollectionOptions collection,
    TimeProvider time,
    ILogger<PackageCommitFactory> logger)
{
    internal PackageIndexes Indexes => indexes;

    internal IBlobStore Blobs => blobs;

    internal DerivedReleases Releases => releases;

    internal CollectionOptions Collection => collection;

    internal TimeProvider Time => time;

    internal ILogger Logger => logger;

    /// <summary>Begins a change. Call it before the first blob is committed or touched.</summary>
    internal PackageCommit Begin(PackageName package) => new(this, package);
}
