using System.Runtime.CompilerServices;
using Registry.Core.Storage;

namespace Registry.Tests.Support;

/// <summary>A document store that holds nothing, and fails while it is told to.</summary>
internal sealed class TinyDocumentStore : IDocumentStore
{
    public StorageException? Fault { get; set; }

    /// <summary>Never answers, but notices that nobody waits any more.</summary>
    public bool Hangs { get; set; }

    public async ValueTask<Document?> GetAsync(StoreKey key, CancellationToken ct)
    {
        if (Hangs)
            await Task.Delay(Timeout.InfiniteTimeSpan, ct);
        return Fault is { } fault ? throw fault : null;
    }

    public async ValueTask<Revision?> StatAsync(StoreKey key, CancellationToken ct) => (await GetAsync(key, ct))?.Revision;

    public ValueTask<Revision?> TryPutAsync(StoreKey key, ReadOnlyMemory<byte> content, Precondition precondition, CancellationToken ct) =>
        throw new NotSupportedException();

    public ValueTask<bool> TryDeleteAsync(StoreKey key, Precondition precondition, CancellationToken ct) => throw new NotSupportedException();

    public async IAsyncEnumerable<DocumentEntry> ListAsync(StoreKey scope, StoreKey? after, [EnumeratorCancellation] CancellationToken ct)
    {
        await GetAsync(scope, ct);
        yield break;
    }
}
