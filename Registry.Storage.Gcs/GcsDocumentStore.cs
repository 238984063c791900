using System.Globalization;
using System.Runtime.CompilerServices;
using Registry.Core.Storage;

namespace Registry.Storage.Gcs;

/// <summary>
/// Documents as objects; their generation is their revision. Every write goes by ifGenerationMatch, also where the
/// caller has no precondition, so that it can be tried again without being done twice; and carries a random id by which
/// it knows its own work again.
/// </summary>
internal sealed class GcsDocumentStore(GcsClient client, GcsNames names) : IDocumentStore
{
    /// <summary>
    /// A write without a precondition that loses against others is done again this often: each loss is a write of
    /// somebody else.
    /// </summary>
    private const int MaxRaces = 100;

    /// <summary>
    /// A read takes some 50 ms wherever the bucket is: with so many under way, 100,000 packages are read in less than a
    /// minute.
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
        if (content.Length > Document.MaxBytes)
            throw new ArgumentException(
                $"A document has at most {Document.MaxBytes} bytes, not {content.Length}.", nameof(content));
        var name = names.Of(key);
        cancellationToken.ThrowIfCancellationRequested();
        if (precondition.Kind != PreconditionKind.None)
            return GenerationOf(precondition) is { } expected
                ? await TryPutAsync(name, content, expected, cancellationToken)
                : null;

        for (var race = 0; race < MaxRaces; race++)
        {
            var current = await client.FindAsync(name, cancellationToken);
            if (await TryPutAsync(name, content, current?.Generation ?? 0, cancellationToken) is { } revision)
                return revision;
        }

        throw Busy(name);
    }

    public async ValueTask<bool> TryDeleteAsync(
        StoreKey key, Precondition precondition, CancellationToken cancellationToken)
    {
        if (precondition.Kind == PreconditionKind.Absent)
            throw new ArgumentException("What must be absent cannot be deleted.", nameof(precondition));
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

    /// <summary>The service has no history that could be read at once: it always asks for a listing.</summary>
    public ValueTask<DocumentChanges> ChangesAsync(
        StoreKey scope, ChangeToken? since, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(new DocumentChanges(NoMoment.Instance, null));
    }

    private static Revision RevisionOf(long generation) => new(generation.ToString(CultureInfo.InvariantCulture));

    /// <summary>0 for nothing; null where the revision is none of ours, which nothing can match.</summary>
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
            $"'{name}' was changed by others each of the {MaxRaces} times that it was to be changed.");

    private async Task<Revision?> TryPutAsync(
        string name, ReadOnlyMemory<byte> content, long expected, CancellationToken cancellationToken)
    {
        var writeId = Guid.NewGuid().ToString("N");
        var metadata = GcsMetadata.OfDocument(writeId, Crc32C.Of(content.Span));
        var write = await client.InsertAsync(name, metadata, content, expected, cancellationToken);
        if (write.IsDone)
            return RevisionOf(write.Object!.Generation ?? 0);
        if (!write.IsOutcomeUnknown)
            return null;

        // An earlier try got no answer, and now the generation is another: that try may be the reason.
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
        $"A write of '{name}' got no answer, and when it was tried again the object had changed: "
            + "whether by this write or by another cannot be told.");

    private sealed class NoMoment : ChangeToken
    {
        public static NoMoment Instance { get; } = new();
    }
}
