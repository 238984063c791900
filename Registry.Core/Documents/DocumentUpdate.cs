using Registry.Core.Errors;
using Registry.Core.Storage;

namespace Registry.Core.Documents;

/// <summary>The one retry loop: stores a batch of changes of one document by one conditional write.</summary>
internal sealed class DocumentUpdate<TKey, TState>(
    IDocumentStore documents,
    DocumentCodec<TKey, TState> codec,
    DocumentReader<TKey, TState> reader,
    TimeProvider time,
    UpdateOptions options,
    TKey key)
    where TKey : notnull
    where TState : class
{
    private readonly StoreKey storeKey = codec.KeyOf(key);
    private readonly long began = time.GetTimestamp();

    /// <summary>
    /// A write that failed and may have happened all the same: the revision that it was to replace, and why it failed.
    /// </summary>
    private (Revision? Base, StorageException Failure)? doubt;

    /// <summary>
    /// True once a write got no answer. It may still be on its way, whatever the answer to a later one says.
    /// </summary>
    private bool isUnanswered;

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
                    throw doubt is null ? codec.ResourceInUse(key) : codec.OutcomeUnknown(key);
                await Task.Delay(pause * Random.Shared.NextDouble(), time);
            }
        }
        catch (Exception failure)
        {
            foreach (var pending in batch)
                pending.Fail(failure);
        }
    }

    /// <summary>
    /// Writes on top of what a caller has just read. The precondition of the write detects a change since then. A
    /// refusal must rest on a current and durable state, so it is left to an attempt that reads.
    /// </summary>
    /// <returns>False when the batch, or the rest of it, is still to be stored.</returns>
    private async Task<bool> TryOnRecentReadAsync(List<PendingChange<TState>> batch)
    {
        if (batch.FindLast(static pending => pending.Change.Recent is not null)?.Change.Recent is not { } recent)
            return false;
        var current = recent.Snapshot;

        // This process has written or read the document since: the write would only lose the race.
        if (reader.FindKept(key) is { } kept && kept.Revision != current?.Revision)
            return false;
        var next = Apply(batch, current?.State, out var isAnyRefused);
        if (isAnyRefused || ReferenceEquals(next, current?.State))
            return false;
        try
        {
            if (!await TryStoreAsync(batch, next, current?.Revision))
                return false;
        }
        catch (RegistryException)
        {
            // Too large, but perhaps no longer.
            return false;
        }

        foreach (var pending in batch)
            pending.Settle();
        return true;
    }

    /// <returns>False when the batch, or what is left of it, is to be tried again.</returns>
    private async Task<bool> TryAsync(List<PendingChange<TState>> batch)
    {
        DocumentSnapshot<TState>? current;
        try
        {
            // Each change may be refused because of what is read here.
            await documents.EnsureDurableAsync(storeKey, CancellationToken.None);
            current = await reader.FindAsync(key, knownRevision: null, CancellationToken.None);
        }
        catch (StorageException) when (doubt is not null)
        {
            // Only a read can tell the outcome of the write in doubt: keep asking until the bound.
            return false;
        }

        if (doubt is { } write && !ResolveDoubt(batch, current, write.Base, write.Failure))
            return true;
        var next = Apply(batch, current?.State, out _);

        // A change that rests on a blob is written even if it changes nothing: only a write tells whether the epoch of
        // the blob lasts.
        var isNeeded =
            !ReferenceEquals(next, current?.State) || batch.Exists(static pending => pending.Change.Epoch is not null);
        if (isNeeded && !await TryStoreAsync(batch, next, current?.Revision))
            return false;
        foreach (var pending in batch)
            pending.Settle();
        return true;
    }

    /// <summary>
    /// Decides what became of a write in doubt, now that the document has been read again. If the revision is still the
    /// old one, the write has not happened. It can no longer happen either, since the next attempt replaces the same
    /// revision; if it is still in flight, the next attempt loses the race and reads again.
    /// </summary>
    /// <returns>False when every change of the batch is settled.</returns>
    private bool ResolveDoubt(
        List<PendingChange<TState>> batch,
        DocumentSnapshot<TState>? current,
        Revision? replaced,
        StorageException failure)
    {
        if (current?.Revision == replaced)
        {
            if (failure.IsTransient)
                return true;
            foreach (var pending in batch)
                pending.Fail(isUnanswered ? codec.OutcomeUnknown(key) : failure);
            return false;
        }

        foreach (var pending in batch)
            if (current is not null && pending.Change.IsIn?.Invoke(current.State) == true)
            {
                pending.Expect(current.State);
                pending.Settle();
            }
            else
            {
                pending.Fail(codec.OutcomeUnknown(key));
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
            catch (RegistryException refusal)
            {
                pending.Expect(refusal);
                isAnyRefused = true;
            }

        return state;
    }

    private async Task<bool> TryStoreAsync(List<PendingChange<TState>> batch, TState? next, Revision? replaced)
    {
        byte[] content;
        try
        {
            content = next is null ? [] : codec.Encode(key, next);
        }
        catch (RegistryException) when (batch.Count > 1)
        {
            // One change too many for the document fails alone, not with those that it came with.
            await StoreApartAsync(batch);
            return false;
        }

        var epochs = batch.Select(static pending => pending.Change.Epoch)
            .Where(static epoch => epoch is not null)
            .Distinct()
            .ToArray();
        if (epochs.Length > 1)
        {
            // One write can demand one epoch.
            await StoreApartAsync(batch);
            return false;
        }

        var precondition = Precondition.Unchanged(replaced).In(epochs.FirstOrDefault());
        try
        {
            return next is null
                ? replaced is null || await TryDeleteAsync(precondition)
                : await TryPutAsync(next, content, precondition);
        }
        catch (StorageException ended) when (ended.Kind == StorageFault.EpochEnded && !isUnanswered)
        {
            // Nothing was stored. The changes that do not rest on the ended epoch are tried again.
            foreach (var pending in batch.Where(static pending => pending.Change.Epoch is not null))
                pending.Fail(ended);
            batch.RemoveAll(static pending => pending.Change.Epoch is not null);
            return false;
        }
        catch (StorageException busy) when (busy is { Kind: StorageFault.Throttled, ChangedNothing: true })
        {
            // As good as a lost race: others write the package as fast as the storage takes it.
            return false;
        }
        catch (StorageException failure) when (!failure.IsUnflushed)
        {
            doubt = (replaced, failure);
            isUnanswered |= failure.IsTransient;
            return false;
        }
    }

    /// <summary>Stores each change of the batch by a write of its own.</summary>
    private async Task StoreApartAsync(List<PendingChange<TState>> batch)
    {
        foreach (var pending in batch)
            await new DocumentUpdate<TKey, TState>(documents, codec, reader, time, options, key).RunAsync([pending]);
        batch.Clear();
    }

    private async Task<bool> TryDeleteAsync(Precondition precondition)
    {
        if (!await documents.TryDeleteAsync(storeKey, precondition, CancellationToken.None))
            return false;
        reader.Forget(key);
        return true;
    }

    private async Task<bool> TryPutAsync(TState next, byte[] content, Precondition precondition)
    {
        var stamp = reader.Stamp;
        if (await documents.TryPutAsync(storeKey, content, precondition, CancellationToken.None) is not { } revision)
            return false;
        reader.Keep(key, next, content, revision, stamp);
        return true;
    }

    private static TimeSpan Min(TimeSpan left, TimeSpan right) => left < right ? left : right;
}
