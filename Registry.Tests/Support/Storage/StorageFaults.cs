using Registry.Core.Storage;

namespace Registry.Tests.Support.Storage;

/// <summary>
/// Where a test makes storage fail: put <see cref="FaultyDocumentStore"/> and <see cref="FaultyBlobStore"/> over any
/// backend, and throw from these.
/// </summary>
public sealed class StorageFaults
{
    private int openWriters;

    /// <summary>Called before the storage is: what it throws happens instead of the call.</summary>
    public Func<StorageCall, ValueTask>? Before { get; set; }

    /// <summary>
    /// Called after the storage answered: what it throws is an answer that was lost, after the write was applied.
    /// </summary>
    public Func<StorageCall, ValueTask>? After { get; set; }

    /// <summary>How many bytes of each blob come before reading it fails; null for all.</summary>
    public long? BlobBytes { get; set; }

    /// <summary>A blob that falls short of its length just ends, as no storage may let it.</summary>
    public bool EndsInsteadOfFailing { get; set; }

    /// <summary>How many writers of blobs have been opened and not disposed of.</summary>
    public int OpenWriters => openWriters;

    /// <summary>Every call fails with this until <see cref="Mend"/>.</summary>
    public void FailAll(StorageException fault) => Before = _ => throw fault;

    /// <summary>Nothing fails any more.</summary>
    public void Mend() => (Before, After, BlobBytes, EndsInsteadOfFailing) = (null, null, null, false);

    internal void CountWriter(int change) => Interlocked.Add(ref openWriters, change);

    internal ValueTask BeforeAsync(
        StorageOperation operation, string key) => Before?.Invoke(new StorageCall(operation, key)) ?? default;

    internal ValueTask AfterAsync(
        StorageOperation operation, string key) => After?.Invoke(new StorageCall(operation, key)) ?? default;

    internal async ValueTask<T> AroundAsync<T>(StorageOperation operation, string key, Func<ValueTask<T>> call)
    {
        await BeforeAsync(operation, key);
        var answer = await call();
        await AfterAsync(operation, key);
        return answer;
    }

    /// <summary>
    /// Each entry of a listing passes <see cref="Before"/> under its key, after the listing itself did under its scope.
    /// </summary>
    internal async IAsyncEnumerable<T> ListAsync<T>(
        StorageOperation operation, string scope, IAsyncEnumerable<T> entries, Func<T, string> keyOf)
    {
        await BeforeAsync(operation, scope);
        await foreach (var entry in entries)
        {
            await BeforeAsync(operation, keyOf(entry));
            yield return entry;
        }

        await AfterAsync(operation, scope);
    }
}

/// <summary>One call that a store was asked for.</summary>
/// <param name="Operation">Which.</param>
/// <param name="Key">
/// The escaped key, or the scope where the call has no key yet; empty for
/// <see cref="StorageOperation.DiscardAbandoned"/>.
/// </param>
public readonly record struct StorageCall(StorageOperation Operation, string Key);

/// <summary>Every call of both ports.</summary>
public enum StorageOperation
{
    GetDocument,
    StatDocument,
    PutDocument,
    DeleteDocument,
    EnsureDurable,
    ListDocuments,
    ReadDocuments,
    DocumentChanges,
    CreateBlob,
    WriteBlob,
    CommitBlob,
    OpenBlob,
    ReadBlob,
    StatBlob,
    DeleteBlob,
    ListBlobs,
    DiscardAbandoned,
}
