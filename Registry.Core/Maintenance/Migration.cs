using System.Collections.Concurrent;
using Registry.Core.Storage;

namespace Registry.Core.Maintenance;

/// <summary>
/// Moves a registry: copies every package and archive of a source to a target, byte for byte and with all times, and
/// then looks whether all of it is there. What is there already is not copied again, so that it can be stopped at any
/// moment and run again. Nothing is removed from either.
/// </summary>
/// <param name="source">Read only.</param>
/// <param name="target">Nobody else should write to it, and no collector should run on it, meanwhile.</param>
/// <param name="options">How.</param>
/// <param name="tell">
/// Told of everything that stays behind or is not at the target as it should be, from many threads.
/// </param>
public sealed class Migration(
    RegistryStorage source, RegistryStorage target, MigrationOptions options, Action<Finding> tell)
{
    /// <summary>What was found once is not told again.</summary>
    private readonly ConcurrentDictionary<string, bool> told = new(StringComparer.Ordinal);

    private long findings;

    /// <summary>What has been copied.</summary>
    public Tally Copied { get; } = new();

    /// <summary>What was at the target already.</summary>
    public Tally Present { get; } = new();

    /// <summary>What has been found at the target at the end; the bytes are those read back.</summary>
    public Tally Verified { get; } = new();

    /// <summary>What the target has and the source has not, which stays as it is.</summary>
    public Tally Extra { get; } = new();

    /// <summary>How much was told.</summary>
    public long Findings => Interlocked.Read(ref findings);

    /// <summary>
    /// Whether the move was refused before anything was copied or verified: source and target are one storage, or the
    /// source holds nothing.
    /// </summary>
    public bool IsRefused { get; private set; }

    /// <summary>Moves everything.</summary>
    /// <returns>True when all that the source holds is at the target, which has been verified.</returns>
    /// <exception cref="StorageException">
    /// One of the storages failed. What was copied stays, and another run goes on from there.
    /// </exception>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        if (await AreOneAsync(cancellationToken))
        {
            Refuse(new Finding("target", "is the same storage as the source"));
            return false;
        }

        var parallel =
            new ParallelOptions { MaxDegreeOfParallelism = options.Parallel, CancellationToken = cancellationToken };
        await CopyAsync(parallel);
        if (Copied.Packages + Copied.Archives + Present.Packages + Present.Archives + Findings == 0)
        {
            Refuse(new Finding("source", "holds no package and no archive: does it have the right settings?"));
            return false;
        }

        await VerifyAsync(parallel);
        await new ExtraEntries(source, target, Extra).CountAsync(cancellationToken);
        return Findings == 0;
    }

    /// <summary>Whether what is written to the target can be read from the source.</summary>
    private async Task<bool> AreOneAsync(CancellationToken cancellationToken)
    {
        var key = StoreKey.Of([.. StoreKeys.Probe.Segments(), Guid.NewGuid().ToString("N")]);
        await target.Documents.TryPutAsync(key, "one storage or two"u8.ToArray(), Precondition.None, cancellationToken);
        try
        {
            return await source.Documents.GetAsync(key, cancellationToken) is not null;
        }
        finally
        {
            await target.Documents.TryDeleteAsync(key, Precondition.None, CancellationToken.None);
        }
    }

    private async Task CopyAsync(ParallelOptions parallel)
    {
        var blobs = new BlobCopy(source.Blobs, target.Blobs, Copied, Present);
        var packages = new PackageCopy(source, target, blobs, options.Overwrite, Copied, Present);
        await Parallel.ForEachAsync(source.Documents.ListAsync(
            StoreKeys.Packages, after: null, parallel.CancellationToken), parallel, async (entry, cancellationToken) =>
        {
            foreach (var finding in await packages.RunAsync(entry.Key, cancellationToken))
                Tell(finding, entry.Key.Value);
        });
        await Parallel.ForEachAsync(
            source.Blobs.ListAsync(
                StoreKeys.Archives,
                ScopeDepth.Subtree,
                after: null,
                parallel.CancellationToken), parallel, async (archive, cancellationToken) =>
        {
            var (outcome, damage) =
                await blobs.RunAsync(archive.Key, keepsLater: !options.Overwrite, cancellationToken);
            if (outcome == CopyOutcome.LaterThere)
                damage = "was uploaded to the target later than to the source";
            if (damage is not null)
                Tell(Finding.OfArchive(archive.Key, damage), archive.Key.Value);
            else if (outcome != CopyOutcome.Gone)
                (outcome == CopyOutcome.Copied ? Copied : Present).AddArchive();
        });
    }

    private async Task VerifyAsync(ParallelOptions parallel)
    {
        var check = new MigrationCheck(source, target, options.ReadBack, Verified);
        await Parallel.ForEachAsync(source.Documents.ListAsync(
            StoreKeys.Packages, after: null, parallel.CancellationToken), parallel, async (entry, cancellationToken) =>
        {
            if (!told.ContainsKey(entry.Key.Value))
                foreach (var finding in await check.PackageAsync(entry.Key, cancellationToken))
                    Tell(finding);
        });
        await Parallel.ForEachAsync(
            source.Blobs.ListAsync(
                StoreKeys.Archives,
                ScopeDepth.Subtree,
                after: null,
                parallel.CancellationToken), parallel, async (archive, cancellationToken) =>
        {
            if (!told.ContainsKey(archive.Key.Value)
                && await check.ArchiveAsync(archive, cancellationToken) is { } finding)
                Tell(finding);
        });
    }

    private void Refuse(Finding finding)
    {
        IsRefused = true;
        Tell(finding);
    }

    private void Tell(Finding finding, string? about = null)
    {
        if (about is not null)
            told[about] = true;
        Interlocked.Increment(ref findings);
        tell(finding);
    }
}
