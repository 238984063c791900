using Microsoft.Extensions.Logging;
using Registry.Core.Documents;
using Registry.Core.Errors;
using Registry.Core.Storage;

namespace Registry.Core.Packages;

/// <summary>
/// One change of a package together with the blobs that it refers to: they are committed or touched before the index
/// that refers to them. A crash in between leaves unreferenced blobs. Not thread-safe.
/// </summary>
/// <remarks>
/// A collector deletes a blob that it saw unreferenced at one revision for a whole grace period. If preparing the blobs
/// took long, a commit touches them again before it changes the index. If it still took longer than half of the grace
/// period, it touches them once more after the change, now that the index refers to them: a delete in progress has then
/// either happened or will be rejected.
/// </remarks>
internal sealed partial class PackageCommit
{
    /// <summary>
    /// The maximum number of blobs to touch at a time. Each touch waits for the storage: for a flush, or for a round
    /// trip.
    /// </summary>
    public const int MaxTouched = 8;

    private readonly PackageCommitFactory services;
    private long began;
    private readonly HashSet<Digest> held = [];
    private readonly List<BlobInfo> created = [];
    private StorageEpoch? epoch;

    internal PackageCommit(PackageCommitFactory services, PackageName package)
    {
        (this.services, Package) = (services, package);
        began = services.Time.GetTimestamp();
    }

    /// <summary>The package.</summary>
    public PackageName Package { get; }

    /// <summary>Adds a blob that was just committed.</summary>
    /// <exception cref="RegistryException">
    /// The storage was restarted and may have lost blobs that were committed before.
    /// </exception>
    public void Add(CommittedBlob blob)
    {
        // What was committed in an earlier epoch may be lost.
        if (held.Count > 0 && epoch != blob.Epoch)
            throw PackageErrors.StorageRestarted(Package);
        epoch = blob.Epoch;
        held.Add(blob.Info.Key.Digest);
        if (blob.IsNew)
            created.Add(blob.Info);
    }

    /// <summary>
    /// Touches blobs of the package at the same time, so that no collector deletes them before the change.
    /// </summary>
    /// <param name="digests">The blobs, at most <see cref="MaxTouched"/>.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The blobs, in the same order; null for each that the package does not have.</returns>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async Task<IReadOnlyList<BlobInfo?>> TouchAsync(
        IEnumerable<Digest> digests, CancellationToken cancellationToken)
    {
        var touched = await Task.WhenAll(digests.Select(digest => TouchAsync(digest, cancellationToken)));
        foreach (var blob in touched)
            if (blob is not null)
                Add(blob);
        return [.. touched.Select(static blob => blob?.Info)];
    }

    /// <summary>Whether the commit has added or touched a blob.</summary>
    public bool Holds(Digest digest) => held.Contains(digest);

    /// <summary>Commits bytes as a blob of the package.</summary>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async Task<BlobDescriptor> StoreAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        var blob = new BlobDescriptor(Digest.Of(bytes.Span), bytes.Length);
        await using var writer = await CreateAsync(cancellationToken);
        await writer.WriteAsync(bytes, cancellationToken);
        Add(await writer.CommitAsync(blob.Digest, uploadedAt: null, cancellationToken));
        return blob;
    }

    /// <summary>Begins a blob of the package. The caller commits and disposes it, and adds it.</summary>
    /// <exception cref="StorageException">The storage failed.</exception>
    public ValueTask<BlobWriter> CreateAsync(CancellationToken cancellationToken) =>
        services.Blobs.CreateAsync(Package.Key, cancellationToken);

    /// <summary>Commits the bytes of a derived manifest and of its config.</summary>
    /// <param name="index">The package.</param>
    /// <param name="digest">The manifest.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async Task StoreDerivedAsync(PackageIndex index, Digest digest, CancellationToken cancellationToken)
    {
        var found = index.FindManifest(digest)!;
        if (found.MediaType is { } mediaType)
        {
            var release = index.Get(found.Release!.Value, mediaType);
            var made = await services.Releases.MakeAsync(Package, release, cancellationToken);
            await StoreAsync(made.Config, cancellationToken);
            await StoreAsync(made.Manifest, cancellationToken);
        }
        else
        {
            var made = DerivedImageIndex.Make(index.Of(found.Release!.Value));
            DerivedReleases.Verify(Package, digest, made);
            await StoreAsync(made, cancellationToken);
        }
    }

    /// <summary>Changes the package, now that its blobs are there.</summary>
    /// <param name="change">The change.</param>
    /// <param name="isApplied">Whether an index contains this change.</param>
    /// <param name="withdraw">
    /// Undoes the change in an index that has it; receives that index, and the one right before the change.
    /// </param>
    /// <param name="recent">The index as it was read a moment before; null when it was not.</param>
    /// <param name="cancellationToken">Cancels the change as long as it has not begun.</param>
    /// <returns>The index right after the change.</returns>
    /// <exception cref="RegistryException">The change was rejected, or its outcome is unknown.</exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async Task<PackageIndex> CommitAsync(
        Func<PackageIndex?, PackageIndex> change,
        Func<PackageIndex, bool> isApplied,
        Func<PackageIndex, PackageIndex?, PackageIndex?> withdraw,
        RecentRead<PackageIndex>? recent,
        CancellationToken cancellationToken)
    {
        PackageIndex index;
        PackageIndex? before = null;
        try
        {
            await RenewAsync();
            index = await UpdateAsync(
                current => change(before = current), isApplied, recent, cancellationToken);
        }
        catch (StorageException exception) when (exception.Kind == StorageFault.EpochEnded)
        {
            // If the blobs have outlived the epoch of their commit, the collector removes them.
            LogNotStored(services.Logger, Package);
            throw PackageErrors.StorageRestarted(Package);
        }
        catch (Exception exception) when (PackageIndexes.IsKnownUnchanged(exception))
        {
            await RemoveAsync();
            throw;
        }

        // The change is stored by now, so a disconnecting client does not stop this.
        if (services.Time.GetElapsedTime(began) > services.Collection.Grace / 2 && !await TryTouchAllAsync())
        {
            LogWithdrawn(services.Logger, Package);
            await services.Indexes.UpdateAsync(
                Package,
                new DocumentChange<PackageIndex>(
                    current => current is not null && isApplied(current) ? withdraw(current, before) : current),
                CancellationToken.None);
            throw PackageErrors.Withdrawn(Package);
        }

        return index;
    }

    private async Task<PackageIndex> UpdateAsync(
        Func<PackageIndex?, PackageIndex> change,
        Func<PackageIndex, bool> isApplied,
        RecentRead<PackageIndex>? recent,
        CancellationToken cancellationToken)
    {
        while (true)
        {
            // A derived manifest that becomes a previous one must be stored first, so that it stays readable.
            (PackageIndex Index, List<Digest> Digests)? unstored = null;
            var next = await services.Indexes.UpdateAsync(
                Package,
                new DocumentChange<PackageIndex>(
                    current =>
                    {
                        unstored = null;
                        var changed = change(current);
                        if (current is null
                            || changed.NewPreviousManifestsOf(current)
                                .Where(previous => !held.Contains(previous))
                                .ToList()
                                is not { Count: > 0 } digests)
                            return changed;
                        unstored = (current, digests);
                        return current;
                    },
                    isApplied,
                    epoch)
                {
                    Recent = recent,
                },
                cancellationToken);
            if (unstored is not { } missing)
                return next!;
            foreach (var digest in missing.Digests)
                await StoreDerivedAsync(missing.Index, digest, cancellationToken);
            recent = null;
        }
    }

    /// <summary>
    /// Touches the blobs again if preparing them took more than a quarter of the grace period, so that the write of the
    /// index has enough time left.
    /// </summary>
    /// <exception cref="RegistryException">A blob was or may be collected.</exception>
    private async Task RenewAsync()
    {
        var now = services.Time.GetTimestamp();
        if (services.Time.GetElapsedTime(began, now) <= services.Collection.Grace / 4)
            return;
        if (!await TryTouchAllAsync())
            throw PackageErrors.TooSlow(Package);
        began = now;
    }

    private async Task<bool> TryTouchAllAsync()
    {
        foreach (var digests in held.Chunk(MaxTouched))
            if ((await Task.WhenAll(digests.Select(TryTouchAsync))).Contains(false))
                return false;
        return true;
    }

    private async Task<bool> TryTouchAsync(Digest digest)
    {
        try
        {
            return await TouchAsync(digest, CancellationToken.None) is not null;
        }
        catch (Exception exception) when (exception is StorageException or RegistryException)
        {
            LogNotTouched(services.Logger, new BlobKey(Package.Key, digest), exception);
            return false;
        }
    }

    private Task<CommittedBlob?> TouchAsync(Digest digest, CancellationToken cancellationToken) =>
        services.Blobs.TouchAsync(new BlobKey(Package.Key, digest), uploadedAt: null, cancellationToken).AsTask();

    /// <summary>
    /// Removes the blobs that were created for a change that was certainly not stored. A push that refers to one of
    /// them commits it again, which changes its revision; the blob then stays.
    /// </summary>
    private async Task RemoveAsync()
    {
        if (created.Count == 0)
            return;
        try
        {
            // An existing release may reference a blob that was lost and has been created again.
            var index = (await services.Indexes.FindAsync(Package, CancellationToken.None))?.State;
            foreach (var blob in created)
                if (index?.References(blob.Key.Digest) != true)
                    await services.Blobs.TryDeleteAsync(
                        blob.Key, Precondition.Matches(blob.Revision).In(epoch), CancellationToken.None);
        }
        catch (StorageException exception)
        {
            LogLeftBehind(services.Logger, Package, exception);
        }
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Did not store a change of {Package}: the storage was restarted or replaced after the content was "
            + "committed")]
    private static partial void LogNotStored(ILogger logger, PackageName package);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Removing the blobs of a rejected push of {Package} failed; the collector will remove them")]
    private static partial void LogLeftBehind(ILogger logger, PackageName package, Exception fault);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Touching the blob {Blob} of a slow push failed")]
    private static partial void LogNotTouched(ILogger logger, BlobKey blob, Exception fault);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Withdrew a change of {Package}, and any release whose content it had replaced: the push took too "
            + "long, and one of its blobs may have been collected")]
    private static partial void LogWithdrawn(ILogger logger, PackageName package);
}
