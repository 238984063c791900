using Registry.Core.Storage;

namespace Registry.Tests.Support.Storage;

/// <summary>
/// Injects storage faults: wrap any backend in <see cref="FaultyDocumentStore"/>, <see cref="FaultyBlobStore"/> and
/// <see cref="FaultyUploadStore"/>, and throw from these callbacks.
/// </summary>
public sealed class StorageFaults
{
    private int openWriters;

    /// <summary>Called before each storage call: an exception replaces the call.</summary>
    public Func<StorageCall, ValueTask>? Before { get; set; }

    /// <summary>Called after each storage call: an exception is a response lost after the write was applied.</summary>
    public Func<StorageCall, ValueTask>? After { get; set; }

    /// <summary>The number of bytes of each blob before reading fails; null for all.</summary>
    public long? BlobBytes { get; set; }

    /// <summary>Whether a truncated blob ends without an error, which the contract forbids.</summary>
    public bool TruncatesSilently { get; set; }

    /// <summary>The number of blob writers that were opened and not yet disposed.</summary>
    public int OpenWriters => openWriters;

    /// <summary>Makes every call fail until <see cref="Clear"/>.</summary>
    public void FailAll(StorageException fault) => Before = _ => throw fault;

    /// <summary>Removes all faults.</summary>
    public void Clear() => (Before, After, BlobBytes, TruncatesSilently) = (null, null, null, false);

    internal void CountWriter(int change) => Interlocked.Add(ref openWriters, change);

    internal ValueTask BeforeAsync(
        StorageOperation operation, string key) => Before?.Invoke(new StorageCall(operation, key)) ?? default;

    internal ValueTask AfterAsync(
        StorageOperation operation, string key) => After?.Invoke(new StorageCall(operation, key)) ?? default;

    internal async ValueTask<T> AroundAsync<T>(StorageOperation operation, string key, Func<ValueTask<T>> call)
    {
        await BeforeAsync(operation, key);
        var response = await call();
        await AfterAsync(operation, key);
        return response;
    }

    /// <summary>
    /// Calls <see cref="Before"/> for the listing with its scope, and then for each entry with its key.
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

/// <summary>A storage call.</summary>
/// <param name="Operation">The operation.</param>
/// <param name="Key">
/// The escaped key, or the scope if the call has no key yet; empty for
/// <see cref="StorageOperation.DiscardAbandoned"/>, <see cref="StorageOperation.CountUploads"/> and
/// <see cref="StorageOperation.DiscardIdle"/>.
/// </param>
public readonly record struct StorageCall(StorageOperation Operation, string Key);

/// <summary>All calls of the ports.</summary>
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
    TouchBlob,
    CopyBlob,
    ListBlobs,
    DiscardAbandoned,
    BeginUpload,
    UploadLength,
    AppendUpload,
    WriteUpload,
    CompleteAppend,
    OpenUpload,
    ReadUpload,
    DiscardUpload,
    CountUploads,
    DiscardIdle,
}
