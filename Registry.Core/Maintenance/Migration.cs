using System.Collections.Concurrent;
using Registry.Core.Storage;

namespace Registry.Core.Maintenance;

/// <summary>
/// Copies every package, archive and token of a registry from a source to a target, byte for byte and with all times,
/// and then verifies the copy. Entries that the target already has are not copied again, so a migration can be stopped
/// at any time and run again. Nothing is removed from the source or the target.
/// </summary>
/// <param name="source">The source, which is only read.</param>
/// <param name="target">The target. No other writer and no collector should use it in the meantime.</param>
/// <param name="options">The options.</param>
/// <param name="report">
/// Called for everything that was not copied or does not match at the target, from several threads.
/// </param>
public sealed class Migration(
    RegistryStorage source, RegistryStorage target, MigrationOptions options, Action<Finding> report)
{
    /// <summary>The keys with a finding of the copy, which are not verified.</summary>
    private readonly ConcurrentDictionary<string, bool> reported = new(StringComparer.Ordinal);

    private readonly RegistryEntries entries = new(source);
    private long findings;

    /// <summary>How far the run has come: each entry is copied, and later verified.</summary>
    public RunProgress Progress => entries.Progress;

    /// <summary>Counts what has been copied.</summary>
    public Tally Copied { get; } = new();

    /// <summary>Counts what the target already had.</summary>
    public Tally Present { get; } = new();

    /// <summary>Counts what has been verified at the target; the bytes are those read back.</summary>
    public Tally Verified { get; } = new();

    /// <summary>Counts what the target has and the source does not. It is left unchanged.</summary>
    public Tally Extra { get; } = new();

    /// <summary>The number of reported findings.</summary>
    public long Findings => Interlocked.Read(ref findings);

    /// <summary>
    /// Whether the migration was rejected before anything was copied or verified: source and target are the same
    /// storage, or the source is empty.
    /// </summary>
    public bool IsRefused { get; private set; }

    /// <summary>Copies and verifies everything.</summary>
    /// <returns>True when the target verifiably has everything that the source has.</returns>
    /// <exception cref="StorageException">
    /// One of the two storage backends failed. Copied entries are kept, and another run continues from there.
    /// </exception>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        if (await AreSameStorageAsync(cancellationToken))
        {
            Refuse(new Finding("target", "source and target are the same storage"));
            return false;
        }

        var parallel =
            new ParallelOptions { MaxDegreeOfParallelism = options.Parallel, CancellationToken = cancellationToken };
        await entries.CountAsync(cancellationToken);
        await CopyAsync(parallel);
        if (Copied.Packages + Copied.Archives + Copied.Tokens + Present.Packages + Present.Archives + Present.Tokens
            + Findings == 0)
        {
            Refuse(new Finding("source", "contains no packages or archives: check the path or prefix in its settings"));
            return false;
        }

        await VerifyAsync(parallel);
        await new ExtraEntries(source, target, Extra).CountAsync(cancellationToken);
        return Findings == 0;
    }

    /// <summary>Checks whether a document written to the target can be read from the source.</summary>
    private async Task<bool> AreSameStorageAsync(CancellationToken cancellationToken)
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
        var tokens = Tokens();
        await entries.ForEachAsync(
            "copied",
            parallel,
            async (entry, cancellationToken) =>
            {
                foreach (var finding in await packages.RunAsync(entry.Key, cancellationToken))
                    Report(finding, entry.Key.Value);
            },
            async (archive, cancellationToken) =>
            {
                var (outcome, problem) =
                    await blobs.RunAsync(archive.Key, keepNewer: !options.Overwrite, cancellationToken);
                if (outcome == CopyOutcome.TargetIsNewer)
                    problem = "was uploaded to the target later than to the source";
                if (problem is not null)
                    Report(Finding.OfArchive(archive.Key, problem), archive.Key.Value);
                else if (outcome != CopyOutcome.Missing)
                    (outcome == CopyOutcome.Copied ? Copied : Present).AddArchive();
            },
            async (entry, cancellationToken) =>
            {
                if (await tokens.RunAsync(entry.Key, cancellationToken) is { } finding)
                    Report(finding, entry.Key.Value);
            });
    }

    private async Task VerifyAsync(ParallelOptions parallel)
    {
        var check = new MigrationCheck(source, target, options.ReadBack, Verified);
        var tokens = Tokens();
        await entries.ForEachAsync(
            "verified",
            parallel,
            async (entry, cancellationToken) =>
            {
                if (!reported.ContainsKey(entry.Key.Value))
                    foreach (var finding in await check.PackageAsync(entry.Key, cancellationToken))
                        Report(finding);
            },
            async (archive, cancellationToken) =>
            {
                if (!reported.ContainsKey(archive.Key.Value)
                    && await check.ArchiveAsync(archive, cancellationToken) is { } finding)
                    Report(finding);
            },
            async (entry, cancellationToken) =>
            {
                if (!reported.ContainsKey(entry.Key.Value)
                    && await tokens.CheckAsync(entry.Key, cancellationToken) is { } finding)
                    Report(finding);
            });
    }

    private TokenCopy Tokens() => new(source, target, options.Overwrite, Copied, Present, Verified);

    private void Refuse(Finding finding)
    {
        IsRefused = true;
        Report(finding);
    }

    private void Report(Finding finding, string? key = null)
    {
        if (key is not null)
            reported[key] = true;
        Interlocked.Increment(ref findings);
        report(finding);
    }
}
