using Registry.Core.Errors;
using Registry.Core.Storage;

namespace Registry.Core.Documents;

/// <summary>The update loop: stores a batch of changes of one document by one conditional write.</summary>
internal sealed class DocumentUpdate<TKey, TState>(
    IDocumentStore documents,
    DocumentCodec<TKey, TState> codec,
    DocumentReader<TKey, TState> reader,
    DocumentCounts counts,
    TimeProvider time,
    UpdateOptions options,
    TKey key)
    where TKey : notnull
    where TState : class
{
    private readonly StoreKey storeKey = codec.KeyOf(key);
    private readonly long began = time.GetTimestamp();

    /// <summary>
    /// A write of unknown outcome, which failed but may have been applied: the revision that it was to replace, and why
    /// it failed.
    /// </summary>
    private (Revision? Base, StorageException Failure)? unknown;

    /// <summary>
    /// True once a write got no response, so that it may be in flight: it may still be applied, whatever the response
    /// to a later write.
    /// </summary>
    private bool gotNoResponse;

    /// <summary>A temporary failure of the last write that certainly changed nothing; null for none.</summary>
    private StorageException? refusal;

    /// <summary>Settles every change of the batch. Never throws.</summary>
    public async Task RunAsync(List<PendingChange<TState>> batch)
    {
        try
        {
            if (await TryOnRecentReadAsync(batch))
                return;
            for (var pause = options.FirstPause; batch.Count > 0; pause = Min(pause * 2, options.MaxPause))
            {
                if (await TryAsync(batch))
                    return;
                if (time.GetElapsedTime(began) >= options.Bound)
                    throw unknown is { } write ? OutcomeUnknown(write.Failure, batch.Count)
                        : refusal is { } outage ? outage
                        : codec.ResourceInUse(key);
                await Task.Delay(pause * Random.Shared.NextDouble(), time);
            }
        }
        catch (Exception exception)
        {
            foreach (var pending in batch)
                pending.Fail(exception);
        }
    }

    /// <summary>
    /// Writes on the state that a caller has just read. The precondition of the write detects a change since then. A
    /// rejection must be based on a current and durable state, so it is left to an attempt that reads.
    /// </summary>
    /// <returns>False if the batch, or the rest of it, must still be stored.</returns>
    private async Task<bool> TryOnRecentReadAsync(List<PendingChange<TState>> batch)
    {
        if (batch.FindLast(static pending => pending.Change.Recent is not null)?.Change.Recent is not { } recent)
            return false;
        var current = recent.Snapshot;

        // This process has read or written a newer revision: the write would lose the race.
        if (reader.FindCached(key) is { } cached && cached.Revision != current?.Revision)
            return false;
        var next = Apply(batch, current?.State, out var isAnyRefused);
        if (isAnyRefused || ReferenceEquals(next, current?.State))
            return false;
        try
        {
            if (!await TryStoreAsync(batch, next, current))
                return false;
        }
        catch (RegistryException)
        {
            // The document is too large; it may have shrunk since.
            return false;
        }

        foreach (var pending in batch)
            pending.Settle();
        return true;
    }

    /// <returns>False if the batch, or the rest of it, must be attempted again.</returns>
    private async Task<bool> TryAsync(List<PendingChange<TState>> batch)
    {
        DocumentSnapshot<TState>? current;
        try
        {
            // A change may be rejected because of this state, so it must be durable.
            await documents.EnsureDurableAsync(storeKey, CancellationToken.None);
            current = await reader.FindAsync(key, knownRevision: null, CancellationToken.None);
        }
        catch (StorageException) when (unknown is not null || refusal is not null)
        {
            // Only a read shows the unknown outcome of a write, and an outage may end: retry until the bound.
            return false;
        }

        if (unknown is { } write && !ResolveUnknown(batch, current, write.Base, write.Failure))
            return true;
        var next = Apply(batch, current?.State, out _);

        // A change that depends on a blob is written even if it changes nothing: only a write checks that the epoch of
        // the blob has not ended.
        var isNeeded =
            !ReferenceEquals(next, current?.State) || batch.Exists(static pending => pending.Change.Epoch is not null);
        if (isNeeded && !await TryStoreAsync(batch, next, current))
            return false;
        foreach (var pending in batch)
            pending.Settle();
        return true;
    }

    /// <summary>
    /// Resolves the unknown outcome of a write, after the document was read again. If the revision is still the old
    /// one, the write was not applied. If it is still in flight, it and the next attempt replace the same revision:
    /// only one of them can win, and the other reads again. Absence is no such revision: the write may have created the
    /// document and another writer may have deleted it, so another attempt could bring back what was deleted.
    /// </summary>
    /// <returns>False if every change of the batch is settled.</returns>
    private bool ResolveUnknown(
        List<PendingChange<TState>> batch,
        DocumentSnapshot<TState>? current,
        Revision? replaced,
        StorageException failure)
    {
        if (current?.Revision == replaced)
        {
            if (failure.IsTransient && replaced is not null)
                return true;
            foreach (var pending in batch)
                pending.Fail(gotNoResponse ? OutcomeUnknown(failure, changes: 1) : failure);
            return false;
        }

        foreach (var pending in batch)
            if (current is not null && pending.Change.IsApplied?.Invoke(current.State) == true)
            {
                pending.Expect(current.State);
                pending.Settle();
            }
            else
            {
                pending.Fail(OutcomeUnknown(failure, changes: 1));
            }

        return false;
    }

    private static TState? Apply(List<PendingChange<TState>> batch, TState? state, out bool isAnyRefused)
    {
        isAnyRefused = false;
        foreach (var pending in batch)
            try
            {
                state = pending.Change.Apply(state);
                pending.Expect(state);
            }
            catch (RegistryException exception)
            {
                pending.Expect(exception);
                isAnyRefused = true;
            }

        return state;
    }

    private async Task<bool> TryStoreAsync(
        List<PendingChange<TState>> batch, TState? next, DocumentSnapshot<TState>? current)
    {
        var replaced = current?.Revision;
        byte[] content;
        try
        {
            content = next is null ? [] : codec.Encode(key, next, current?.State);
        }
        catch (RegistryException) when (batch.Count > 1)
        {
            // The change that makes the document too large fails alone, without the rest of the batch.
            await StoreApartAsync(batch);
            return false;
        }

        var epochs = batch.Select(static pending => pending.Change.Epoch)
            .Where(static epoch => epoch is not null)
            .Distinct()
            .ToArray();
        if (epochs.Length > 1)
        {
            // One write can check only one epoch.
            await StoreApartAsync(batch);
            return false;
        }

        var precondition = Precondition.Unchanged(replaced).In(epochs.FirstOrDefault());
        try
        {
            var isStored = next is null
                ? replaced is null || await TryDeleteAsync(precondition)
                : await TryPutAsync(next, content, precondition);
            refusal = null;
            if (isStored)
                return true;

            // The cached state is outdated even if the storage reports no change, as after a loss.
            reader.Remove(key);
            counts.AddConflict();
            return false;
        }
        catch (StorageException exception) when (exception.Kind == StorageFault.EpochEnded && !gotNoResponse)
        {
            // Nothing was stored. The changes that do not depend on the ended epoch are attempted again.
            foreach (var pending in batch.Where(static pending => pending.Change.Epoch is not null))
                pending.Fail(exception);
            batch.RemoveAll(static pending => pending.Change.Epoch is not null);
            return false;
        }
        catch (StorageException exception) when (exception is { Kind: StorageFault.Throttled, ChangedNothing: true })
        {
            // The same as a lost race: others write the document as fast as the storage accepts it.
            counts.AddThrottled();
            return false;
        }
        catch (StorageException exception) when (exception is { IsTransient: true, ChangedNothing: true })
        {
            counts.AddRefused();
            refusal = exception;
            return false;
        }
        catch (StorageException exception) when (!exception.IsUnflushed)
        {
            counts.AddNoResponse();
            unknown = (replaced, exception);
            gotNoResponse |= exception.IsTransient;
            return false;
        }
    }

    /// <summary>Stores each change of the batch with a separate write.</summary>
    private async Task StoreApartAsync(List<PendingChange<TState>> batch)
    {
        foreach (var pending in batch)
            await new DocumentUpdate<TKey, TState>(documents, codec, reader, counts, time, options, key)
                .RunAsync([pending]);
        batch.Clear();
    }

    private async Task<bool> TryDeleteAsync(Precondition precondition)
    {
        if (!await documents.TryDeleteAsync(storeKey, precondition, CancellationToken.None))
            return false;
        reader.Remove(key);
        return true;
    }

    private async Task<bool> TryPutAsync(TState next, byte[] content, Precondition precondition)
    {
        var stamp = reader.Stamp;
        if (await documents.TryPutAsync(storeKey, content, precondition, CancellationToken.None) is not { } revision)
            return false;
        reader.Cache(key, next, content, revision, stamp);
        return true;
    }

    /// <summary>Returns the error of changes whose outcome is unknown, and counts them.</summary>
    private RegistryException OutcomeUnknown(StorageException failure, int changes)
    {
        counts.AddUnknown(changes);
        return codec.OutcomeUnknown(key, failure);
    }

    private static TimeSpan Min(TimeSpan left, TimeSpan right) => left < right ? left : right;
}
