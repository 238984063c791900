using Registry.Core.Content;
using Registry.Core.Errors;
using Registry.Core.Storage;

namespace Registry.Core.Packages;

/// <summary>
/// The package indexes in storage: how they are read, and the one loop by which they change. Changes that wait for the same package inside this
/// process are applied together in one write (group commit).
/// </summary>
/// <param name="documents">Where they are stored.</param>
/// <param name="time">The clock of pauses and bounds.</param>
/// <param name="options">How long changes are tried.</param>
/// <param name="cache">How much of what was read is kept; null for the defaults.</param>
/// <param name="limits">How long an index may be; null for the defaults.</param>
public sealed class PackageIndexes(
    IDocumentStore documents, TimeProvider time, UpdateOptions options, IndexCacheOptions? cache = null, IndexLimits? limits = null)
{
    private readonly IndexReader reader = new(documents, cache ?? new IndexCacheOptions(), limits ?? new IndexLimits());
    private readonly Lock gate = new();

    /// <summary>What waits for a package that is being written; a package without an entry has no writer in this process.</summary>
    private readonly Dictionary<PackageName, List<PendingChange>> waiting = [];

    /// <summary>Reads a package: null when there is none. As it is in storage after this call, though it may have been parsed before.</summary>
    /// <exception cref="StorageException">The storage did not answer, or the index is damaged.</exception>
    public ValueTask<PackageSnapshot?> FindAsync(PackageName name, CancellationToken ct) => FindAsync(name, told: null, ct);

    /// <summary>Reads a package of which the storage has just told the last change: null when there is none.</summary>
    /// <param name="name">The package.</param>
    /// <param name="told">The revision of the change, which may have been a delete; null where it was not told.</param>
    /// <param name="ct">Cancels the call.</param>
    /// <exception cref="StorageException">The storage did not answer, or the index is damaged.</exception>
    internal ValueTask<PackageSnapshot?> FindAsync(PackageName name, Revision? told, CancellationToken ct) => reader.FindAsync(name, told, ct);

    /// <summary>Reads metadata; null for none. Keeps what was unpacked for that.</summary>
    internal RawJson? ReadMetadata(Metadata? metadata) => reader.ReadMetadata(metadata);

    /// <summary>Reads the index that a document holds, and keeps nothing.</summary>
    /// <exception cref="StorageException"><see cref="StorageFault.Corrupt"/>: it holds none, or one that is too long.</exception>
    internal PackageSnapshot Parse(PackageName name, Document document) => reader.Parse(name, document);

    /// <summary>As <see cref="FindAsync(PackageName, CancellationToken)"/>.</summary>
    /// <exception cref="RegistryException"><see cref="ErrorCode.PackageNotFound"/>; nothing but the package is named in it.</exception>
    public async ValueTask<PackageSnapshot> GetAsync(PackageName name, CancellationToken ct) =>
        await FindAsync(name, ct) ?? throw PackageErrors.PackageNotFound(name.Value);

    /// <summary>
    /// Makes sure that what a read of the package answers is durable, before a client is refused because of it.
    /// </summary>
    /// <exception cref="StorageException">It is not known to be durable.</exception>
    public ValueTask EnsureDurableAsync(PackageName name, CancellationToken cancellationToken) =>
        documents.EnsureDurableAsync(StoreKeys.Package(name), cancellationToken);

    /// <summary>Changes a package: read, apply, put if nothing changed meanwhile, and again on a lost race.</summary>
    /// <param name="name">The package.</param>
    /// <param name="change">The change.</param>
    /// <param name="ct">Gives up waiting; a change under way then happens whole or not at all.</param>
    /// <returns>The index right after this change, once it is durable; null when the package went.</returns>
    /// <exception cref="RegistryException">
    /// What the change refuses; <see cref="ErrorCode.ResourceInUse"/> when the race was lost for <see cref="UpdateOptions.Bound"/>;
    /// <see cref="ErrorCode.Unavailable"/> when the outcome stays unknown.
    /// </exception>
    /// <exception cref="StorageException">The storage failed and nothing was changed.</exception>
    /// <remarks><see cref="IsKnownUnchanged"/> tells a change that was certainly not stored from one that may have been.</remarks>
    public Task<PackageIndex?> UpdateAsync(PackageName name, IndexChange change, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        var pending = new PendingChange(change, ct);
        bool first;
        lock (gate)
        {
            first = !waiting.TryGetValue(name, out var queue);
            if (first)
                waiting.Add(name, queue = []);
            queue!.Add(pending);
        }

        // The writer serves whoever waits, so it belongs to no single caller: it neither runs on the caller's stack nor ends with its token.
        if (first)
            _ = Task.Run(() => WriteWaitingAsync(name), CancellationToken.None);
        return pending.Outcome.WaitAsync(ct);
    }

    /// <summary>
    /// True when a change that failed with this exception was certainly not stored. False when it may have been: its outcome is unknown, or its
    /// caller stopped waiting for it.
    /// </summary>
    /// <param name="failure">What <see cref="UpdateAsync"/> threw.</param>
    internal static bool IsKnownUnchanged(Exception failure) =>
        failure is StorageException { IsUnflushed: false } or RegistryException { Code: not ErrorCode.Unavailable };

    private async Task WriteWaitingAsync(PackageName name)
    {
        while (true)
        {
            List<PendingChange> batch;
            lock (gate)
            {
                batch = waiting[name];
                if (batch.Count == 0)
                {
                    waiting.Remove(name);
                    return;
                }

                waiting[name] = [];
            }

            batch.RemoveAll(pending => pending.TryAbandon());
            await new IndexWrite(documents, reader, time, options, name).RunAsync(batch);
        }
    }
}
