using Registry.Core.Errors;
using Registry.Core.Storage;

namespace Registry.Core.Packages;

/// <summary>The one retry loop: brings a batch of changes of one package into storage by one conditional write.</summary>
internal sealed class IndexWrite(IDocumentStore documents, IndexReader reader, TimeProvider time, UpdateOptions options, PackageName name)
{
    private readonly StoreKey key = StoreKeys.Package(name);
    private readonly long began = time.GetTimestamp();

    /// <summary>A write that failed and may have happened all the same: the revision that it was to replace, and why it failed.</summary>
    private (Revision? Base, StorageException Failure)? doubt;

    /// <summary>True once a write got no answer: it may still be on its way, whatever the answer to a later one says.</summary>
    private bool isUnanswered;

    /// <summary>Settles every change of the batch. Never throws.</summary>
    public async Task RunAsync(List<PendingChange> batch)
    {
        try
        {
            for (var pause = options.FirstPause; batch.Count > 0; pause = Min(pause * 2, options.MaxPause))
            {
                if (await TryAsync(batch))
                    return;
                if (time.GetElapsedTime(began) >= options.Bound)
                    throw doubt is null ? PackageErrors.ResourceInUse(name) : PackageErrors.OutcomeUnknown(name);
                await Task.Delay(pause * Random.Shared.NextDouble(), time);
            }
        }
        catch (Exception failure)
        {
            foreach (var pending in batch)
                pending.Fail(failure);
        }
    }

    /// <returns>False when the batch, or what is left of it, is to be tried again.</returns>
    private async Task<bool> TryAsync(List<PendingChange> batch)
    {
        PackageSnapshot? current;
        try
        {
            // Each change may be refused because of what is read here.
            await documents.EnsureDurableAsync(key, CancellationToken.None);
            current = await reader.FindAsync(name, told: null, CancellationToken.None);
        }
        catch (StorageException) when (doubt is not null)
        {
            // Only a read can tell what became of the write in doubt: keep asking until the bound.
            return false;
        }

        if (doubt is { } write && !ResolveDoubt(batch, current, write.Base, write.Failure))
            return true;
        var next = Apply(batch, current?.Index);

        // Even what changes nothing is written where it rests on a blob: only a write tells whether the epoch of the blob lasts.
        var isNeeded = !ReferenceEquals(next, current?.Index) || batch.Exists(static pending => pending.Change.Epoch is not null);
        if (isNeeded && !await TryStoreAsync(batch, next, current?.Revision))
            return false;
        foreach (var pending in batch)
            pending.Settle();
        return true;
    }

    /// <summary>
    /// Tells what became of a write in doubt, now that the document has been read again. Where the revision is still the old one it has not
    /// happened (and can no longer: the next try replaces the same revision), unless it is in flight still, and then the next try loses the race
    /// and asks again.
    /// </summary>
    /// <returns>False when every change of the batch is settled.</returns>
    private bool ResolveDoubt(List<PendingChange> batch, PackageSnapshot? current, Revision? replaced, StorageException failure)
    {
        if (current?.Revision == replaced)
        {
            if (failure.IsTransient)
                return true;
            foreach (var pending in batch)
                pending.Fail(isUnanswered ? PackageErrors.OutcomeUnknown(name) : failure);
            return false;
        }

        foreach (var pending in batch)
            if (current is not null && pending.Change.IsIn?.Invoke(current.Index) == true)
            {
                pending.Expect(current.Index);
                pending.Settle();
            }
            else
            {
                pending.Fail(PackageErrors.OutcomeUnknown(name));
            }

        return false;
    }

    private static PackageIndex? Apply(List<PendingChange> batch, PackageIndex? index)
    {
        foreach (var pending in batch)
            try
            {
                index = pending.Change.Apply(index);
                pending.Expect(index);
            }
            catch (RegistryException refusal)
            {
                pending.Expect(refusal);
            }

        return index;
    }

    private async Task<bool> TryStoreAsync(List<PendingChange> batch, PackageIndex? next, Revision? replaced)
    {
        var (content, jsonBytes) = next is null ? ([], 0) : StoredIndex.Write(next, reader.MaxBytes);
        if (jsonBytes > reader.MaxBytes || content.Length > Document.MaxBytes)
        {
            // One change too many for the document fails alone, not with those that it came with.
            if (batch.Count == 1)
                throw jsonBytes > reader.MaxBytes
                    ? PackageErrors.IndexTooLong(name, next!.Manifests.Length, jsonBytes, reader.MaxBytes)
                    : PackageErrors.IndexFull(name, next!.Manifests.Length, content.Length, Document.MaxBytes);
            await StoreApartAsync(batch);
            return false;
        }

        var epochs = batch.Select(static pending => pending.Change.Epoch).Where(static epoch => epoch is not null).Distinct().ToArray();
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
            // Nothing was stored. What does not rest on the epoch that ended is tried again.
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
    private async Task StoreApartAsync(List<PendingChange> batch)
    {
        foreach (var pending in batch)
            await new IndexWrite(documents, reader, time, options, name).RunAsync([pending]);
        batch.Clear();
    }

    private async Task<bool> TryDeleteAsync(Precondition precondition)
    {
        if (!await documents.TryDeleteAsync(key, precondition, CancellationToken.None))
            return false;
        reader.Forget(name);
        return true;
    }

    private async Task<bool> TryPutAsync(PackageIndex next, byte[] content, Precondition precondition)
    {
        if (await documents.TryPutAsync(key, content, precondition, CancellationToken.None) is not { } revision)
            return false;
        reader.Keep(next, content, revision);
        return true;
    }

    private static TimeSpan Min(TimeSpan left, TimeSpan right) => left < right ? left : right;
}
