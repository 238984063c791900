using Microsoft.Extensions.Logging;
using Registry.Core.Catalog;
using Registry.Core.Errors;
using Registry.Core.Packages;
using Registry.Core.Storage;

namespace Registry.Core.Maintenance;

/// <summary>
/// Completes releases that an earlier version stored: reads their content and records their data for OCI and Helm
/// clients. Each package is one conditional write, so several replicas may run it at the same time.
/// </summary>
/// <param name="catalog">Finds the packages.</param>
/// <param name="indexes">The indexes of the packages.</param>
/// <param name="commits">Begins changes of packages.</param>
/// <param name="describer">Describes releases.</param>
/// <param name="requests">Requests the next pass, if a package could not be completed.</param>
/// <param name="logger">The log.</param>
public sealed partial class ReleaseCompletion(
    PackageCatalog catalog,
    PackageIndexes indexes,
    PackageCommitFactory commits,
    ReleaseDescriber describer,
    CompletionRequests requests,
    ILogger<ReleaseCompletion> logger)
{
    /// <summary>Completes every package that is incomplete now.</summary>
    /// <returns>The number of packages that were completed.</returns>
    /// <exception cref="StorageException">The storage failed; packages completed before stay complete.</exception>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var completed = 0;
        foreach (var entry in (await catalog.GetAsync(cancellationToken)).Entries)
            if (entry.IsIncomplete && await TryCompleteAsync(entry.Name, cancellationToken))
                completed++;
        if (completed > 0)
            LogCompleted(completed);
        return completed;
    }

    /// <returns>False when there was nothing to do, or the next pass must try again.</returns>
    private async Task<bool> TryCompleteAsync(PackageName package, CancellationToken cancellationToken)
    {
        var incomplete = (await indexes.FindAsync(package, cancellationToken))?.State.Manifests
            .Where(static manifest => manifest.Artifact is null).ToList() ?? [];
        if (incomplete.Count == 0)
            return false;
        var commit = commits.Begin(package);
        var described = new Dictionary<string, ReleaseArtifact>();
        try
        {
            foreach (var manifest in incomplete)
                described[manifest.PushId] = await DescribeAsync(commit, manifest, cancellationToken);
            await commit.CommitAsync(
                current => current is null
                    ? throw PackageErrors.PackageNotFound(package.Value)
                    : current.Manifests.Aggregate(current, (next, manifest) =>
                        manifest.Artifact is null && described.TryGetValue(manifest.PushId, out var artifact)
                            ? next.Replace(manifest, manifest with { Artifact = artifact })
                            : next),
                current => !current.Manifests.Any(
                    manifest => manifest.Artifact is null && described.ContainsKey(manifest.PushId)),
                (current, before) => before!.Manifests
                    .Where(static manifest => manifest.Artifact is null)
                    .Aggregate(current, (next, known) =>
                        described.TryGetValue(known.PushId, out var artifact)
                        && next.Find(known.Release, known.MediaType) is { } completed
                        && completed.PushId == known.PushId
                        && completed.Artifact?.Current.Digest == artifact.Current.Digest
                            ? next.Withdraw(before, known.Release, known.MediaType)!
                            : next),
                recent: null,
                cancellationToken);
            return true;
        }
        catch (RegistryException exception) when (exception.Code == ErrorCode.IndexFull)
        {
            // Another pass would read all content again for nothing, unless releases have been deleted.
            LogFull(package, exception.Message);
            return false;
        }
        catch (RegistryException exception)
        {
            // The package was deleted in the meantime, has too many concurrent writers, or the storage was restarted:
            // the next run tries again.
            LogNotCompleted(package, exception);
            requests.Request();
            return false;
        }
    }

    private async Task<ReleaseArtifact> DescribeAsync(
        PackageCommit commit, Manifest manifest, CancellationToken cancellationToken)
    {
        try
        {
            return await describer.CompleteAsync(commit, manifest, cancellationToken);
        }
        catch (Exception exception) when (
            exception is RegistryException { Code: ErrorCode.InvalidManifest or ErrorCode.UnknownReference }
                or StorageException { Kind: StorageFault.Corrupt })
        {
            // CNR clients still get this release as it is. It must not block the Helm index of its namespace.
            LogDamaged(commit.Package, manifest.Release.Value, manifest.MediaType.Value, exception);
            return await describer.DescribeUnreadableAsync(commit, manifest, cancellationToken);
        }
    }

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "Completed {Packages} packages of an earlier version for OCI and Helm clients")]
    private partial void LogCompleted(int packages);

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "Package {Package} has no room for what OCI and Helm clients need: CNR clients are served, and OCI "
            + "requests for its releases and the Helm index of its namespace get 503 until releases are deleted. "
            + "{Reason}")]
    private partial void LogFull(PackageName package, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Package {Package} could not be completed")]
    private partial void LogNotCompleted(PackageName package, Exception refused);

    [LoggerMessage(
        Level = LogLevel.Error, Message = "The content of {Package} {Release} as {MediaType} cannot be read")]
    private partial void LogDamaged(PackageName package, string release, string mediaType, Exception damage);
}
