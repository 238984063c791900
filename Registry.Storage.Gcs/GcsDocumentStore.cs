using System.Globalization;
using System.Runtime.CompilerServices;
using Registry.Core.Storage;

namespace Registry.Storage.Gcs;

/// <summary>
/// Stores documents as objects. The generation is the revision. Every write uses ifGenerationMatch, even without a
/// precondition of the caller, so that a retry cannot apply it twice. It also carries a random write id, by which it
/// recognizes its own result.
/// </summary>
internal sealed class GcsDocumentStore(GcsClient client, GcsNames names) : IDocumentStore
{
    /// <summary>
    /// The maximum number of lost races of a write without a precondition. Each is a concurrent write.
    /// </summary>
    private const int MaxRaces = 100;

    /// <summary>
    /// The number of concurrent reads. A read takes about 50 ms regardless of the bucket's location, so 100,000
    /// packages are read in less than a minute.
    /// </summary>
    private const int ReadsAhead = 128;

    /// <summary>False: there is no change feed.</summary>
    public bool SharesChecks => false;

    public async ValueTask<Document?> GetAsync(StoreKey key, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return await client.FindContentAsync(names.Of(key), Document.MaxBytes, cancellationToken) is { } found
            ? new Document(found.Content, RevisionOf(found.Generation))
            : null;
    }

    public async ValueTask<Revision?> StatAsync(StoreKey key, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return await client.FindAsync(names.Of(key), cancellationToken) is { } found
            ? RevisionOf(found.Generation ?? 0)
            : null;
    }

    public async ValueTask<Revision?> TryPutAsync(
        StoreKey key, ReadOnlyMemory<byte> content, Precondition precondition, CancellationToken cancellationToken)
    {
        Document.ThrowIfTooLarge(content);
        var name = names.Of(key);
        cancellationToken.ThrowIfCancellationRequested();
        if (precondition.Kind != PreconditionKind.None)
        {
            // A create without a response is not repeated: if it was applied and another replica has deleted the
            // document since, a repetition would bring it back.
            return GenerationOf(precondition) is { } expected
                ? await TryPutAsync(name, content, expected, repeatsUnknown: expected != 0, cancellationToken)
                : null;
        }

        for (var race = 0; race < MaxRaces; race++)
        {
            var current = await client.FindAsync(name, cancellationToken);
            if (await TryPutAsync(
                name, content, current?.Generation ?? 0, repeatsUnknown: true, cancellationToken) is { } revision)
                return revision;
        }

        throw Busy(name);
    }

    public async ValueTask<bool> TryDeleteAsync(
        StoreKey key, Precondition precondition, CancellationToken cancellationToken)
    {
        precondition.ThrowIfAbsent();
        var name = names.Of(key);
        cancellationToken.ThrowIfCancellationRequested();
        if (precondition.Kind != PreconditionKind.None)
            return GenerationOf(precondition) is { } expected
                && await TryDeleteAsync(name, expected, cancellationToken);

        for (var race = 0; race < MaxRaces; race++)
        {
            if (await client.FindAsync(name, cancellationToken) is not { } current)
                return false;
            if (await TryDeleteAsync(name, current.Generation ?? 0, cancellationToken))
                return true;
        }

        throw Busy(name);
    }

    public async IAsyncEnumerable<DocumentEntry> ListAsync(
        StoreKey scope, StoreKey? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var listing = new GcsListing(
            client, names.Below(scope), after is { } last ? names.Of(last) : null, "name,generation");
        await foreach (var found in listing.ReadAsync(cancellationToken))
            if (names.TryGetDocument(found.Name, out var key))
                yield return new DocumentEntry(key, RevisionOf(found.Generation ?? 0));
    }

    public IAsyncEnumerable<StoredDocument> ReadAsync(
        StoreKey scope, StoreKey? after, CancellationToken cancellationToken) =>
        DocumentReading.OneByOneAsync(this, scope, after, ReadsAhead, cancellationToken);

    /// <summary>Always asks for a listing: the service has no history that could be read.</summary>
    public ValueTask<DocumentChanges> ChangesAsync(
        StoreKey scope, ChangeToken? since, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(new DocumentChanges(NoMoment.Instance, null));
    }

    private static Revision RevisionOf(long generation) => new(generation.ToString(CultureInfo.InvariantCulture));

    /// <summary>
    /// Returns the required generation, 0 for absence; null for a revision of another backend, which nothing can match.
    /// </summary>
    private static long? GenerationOf(Precondition precondition)
    {
        if (precondition.Kind == PreconditionKind.Absent)
            return 0;
        var text = precondition.Revision.Value;
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
            ? number
            : null;
    }

    private static StorageException Busy(string name) =>
        new(
            StorageFault.Throttled,
            $"'{name}' was changed concurrently during each of {MaxRaces} attempts to change it.");

    private async Task<Revision?> TryPutAsync(
        string name,
        ReadOnlyMemory<byte> content,
        long expected,
        bool repeatsUnknown,
        CancellationToken cancellationToken)
    {
        var writeId = Guid.NewGuid().ToString("N");
        var metadata = GcsMetadata.OfDocument(writeId, Crc32C.Of(content.Span));
        var write = await client.InsertAsync(name, metadata, content, expected, repeatsUnknown, cancellationToken);
        if (write.IsDone)
            return RevisionOf(write.Object!.Generation ?? 0);
        if (!write.IsOutcomeUnknown)
            return null;

        // An earlier attempt got no response, and the generation has changed, possibly by that attempt.
        return await client.FindAsync(name, cancellationToken) is { } current
            && GcsMetadata.WriteIdOf(current) == writeId
            ? RevisionOf(current.Generation ?? 0)
            : throw Unknown(name);
    }

    private async Task<bool> TryDeleteAsync(string name, long expected, CancellationToken cancellationToken)
    {
        var write = await client.DeleteAsync(name, expected, metageneration: null, cancellationToken);
        return write.IsDone || (write.IsOutcomeUnknown ? throw Unknown(name) : false);
    }

    private static StorageException Unknown(string name) => new(
        StorageFault.Unavailable,
        $"A write of '{name}' got no response, and the object had changed before the retry: the outcome of the "
            + "write is unknown.");

    private sealed class NoMoment : ChangeToken
    {
        public static NoMoment Instance { get; } = new();
    }
}
