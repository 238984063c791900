using System.Runtime.CompilerServices;
using Registry.Core.Storage;

namespace Registry.Storage.Filesystem;

/// <summary>
/// Stores documents as files. A write first stages and flushes a file. Under the lock of the key it then evaluates the
/// precondition and renames the file into place, and finally flushes the folder: no lock is held during a flush.
/// </summary>
internal sealed class FilesystemDocumentStore(FilesystemVolume volume) : IDocumentStore
{
    /// <summary>
    /// Begins with a character that no segment contains, so that a document never has the name of a folder.
    /// </summary>
    private const string Suffix = "@.json";

    private readonly FileTree tree = volume.Documents;
    private readonly ChangeFeed feed = new(volume.Changes);
    private readonly FileTreeWalk walk =
        new(volume.Documents, name => name.EndsWith(Suffix, StringComparison.Ordinal) ? name[..^Suffix.Length] : null);

    /// <summary>False: one <c>statx</c> costs less than to read the change file.</summary>
    public bool SharesChecks => false;

    public ValueTask<Document?> GetAsync(StoreKey key, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        volume.OpenForReading();
        var document = Read(PathOf(key)) is var (content, ticks) ? new Document(content, FileRevision.Of(ticks)) : null;
        return ValueTask.FromResult(document);
    }

    public ValueTask<Revision?> StatAsync(StoreKey key, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        volume.OpenForReading();
        var path = PathOf(key);
        if (Disk.TryStat(path) is { } state)
            return ValueTask.FromResult<Revision?>(FileRevision.Of(Validate(state, path).Ticks));
        tree.ThrowIfMissing();
        return ValueTask.FromResult<Revision?>(null);
    }

    public async ValueTask<Revision?> TryPutAsync(
        StoreKey key, ReadOnlyMemory<byte> content, Precondition precondition, CancellationToken cancellationToken)
    {
        Document.ThrowIfTooLarge(content);
        var path = PathOf(key);
        cancellationToken.ThrowIfCancellationRequested();
        volume.Open();

        await EnsureDurableAsync(key, cancellationToken);

        // Avoids staging a write whose precondition already fails.
        if (precondition.Kind != PreconditionKind.None && !precondition.HoldsFor(RevisionAt(path)))
            return null;

        var entry = new EntryChange(tree, path);
        StagedFile? staged = null;
        try
        {
            var placed = await volume.ChangeAsync(key.Value, entry, Stage, TryPlace, cancellationToken);
            return placed ? FileRevision.Of(staged!.Ticks) : null;
        }
        finally
        {
            await volume.DiscardAsync(staged);
        }

        void Stage()
        {
            staged = volume.Stage();
            staged.Append(content.Span);
            staged.Seal(volume.Now);
        }

        bool TryPlace(Stripe stripe)
        {
            var current = tree.FindTicks(path);
            if (!precondition.HoldsFor(FileRevision.Of(current)))
                return false;
            var ticks = stripe.NextRevision(staged!.Ticks, current);
            if (ticks != staged.Ticks)
                staged.Seal(ticks);
            using (volume.Changes.Announce(stripe.Index, key.Value))
                entry.Place(staged);
            return true;
        }
    }

    public async ValueTask<bool> TryDeleteAsync(
        StoreKey key, Precondition precondition, CancellationToken cancellationToken)
    {
        precondition.ThrowIfAbsent();
        var path = PathOf(key);
        cancellationToken.ThrowIfCancellationRequested();
        volume.Open();
        await EnsureDurableAsync(key, cancellationToken);
        if (RevisionAt(path) is not { } seen || !precondition.HoldsFor(seen))
            return false;

        var entry = new EntryChange(tree, path);
        return await volume.ChangeAsync(key.Value, entry, prepare: null, TryRemove, cancellationToken);

        bool TryRemove(Stripe stripe)
        {
            if (tree.FindTicks(path) is not { } current || !precondition.HoldsFor(FileRevision.Of(current)))
                return false;
            stripe.RecordDeletion(current);
            using (volume.Changes.Announce(stripe.Index, key.Value))
                return entry.TryRemove();
        }
    }

    /// <summary>
    /// Writes the document or its absence again if its last change may not be durable.
    /// </summary>
    public async ValueTask EnsureDurableAsync(StoreKey key, CancellationToken cancellationToken)
    {
        var path = PathOf(key);
        if (!tree.IsUnflushed(path))
            return;
        var entry = new EntryChange(tree, path);
        StagedFile? staged = null;
        try
        {
            await volume.ChangeAsync(key.Value, entry, prepare: null, Repeat, cancellationToken);
        }
        finally
        {
            await volume.DiscardAsync(staged);
        }

        bool Repeat(Stripe stripe)
        {
            if (Read(path) is not var (content, ticks))
            {
                entry.RepeatRemoval();
                return true;
            }

            staged = volume.Stage();
            staged.Append(content);
            staged.Seal(ticks);
            entry.Place(staged);
            return true;
        }
    }

    public async IAsyncEnumerable<DocumentEntry> ListAsync(
        StoreKey scope, StoreKey? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await ValueTask.CompletedTask;
        cancellationToken.ThrowIfCancellationRequested();
        volume.OpenForReading();
        foreach (var name in walk.Below(scope, deep: true, after?.Value, cancellationToken))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (StoreKey.TryParse(name, out var key) && Disk.TryStat(PathOf(key)) is { Kind: FileKind.Regular } file)
                yield return new DocumentEntry(key, FileRevision.Of(file.Ticks));
        }
    }

    public async IAsyncEnumerable<StoredDocument> ReadAsync(
        StoreKey scope, StoreKey? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        volume.OpenForReading();
        foreach (var name in walk.Below(scope, deep: true, after?.Value, cancellationToken))
            if (StoreKey.TryParse(name, out var key) && await GetAsync(key, cancellationToken) is { } document)
                yield return new StoredDocument(key, document);
    }

    public ValueTask<DocumentChanges> ChangesAsync(
        StoreKey scope, ChangeToken? since, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        volume.OpenForReading();
        var changes = feed.Since(scope, since);
        if (changes.Keys is null)
            tree.ThrowIfMissing();
        return ValueTask.FromResult(changes);
    }

    /// <summary>Reads the content and modification time of a file; null when it does not exist.</summary>
    private (byte[] Content, long Ticks)? Read(string path)
    {
        var file = Disk.TryOpenRead(path);
        if (file is null)
        {
            tree.ThrowIfMissing();
            return null;
        }

        try
        {
            // Time and content of one handle match, because placed files are replaced but never written to.
            var state = Validate(Disk.Stat(file, path), path);
            var content = new byte[state.Length];
            if (Disk.Read(file, content, 0, path) < content.Length)
                throw new StorageException(StorageFault.Corrupt, $"'{path}' was truncated while it was read.");
            return (content, state.Ticks);
        }
        finally
        {
            volume.Close(file);
        }
    }

    private static FileState Validate(FileState state, string path) =>
        state.Kind == FileKind.Regular && state.Length <= Document.MaxBytes
            ? state
            : throw new StorageException(StorageFault.Corrupt, $"'{path}' is not a document file.");

    private Revision? RevisionAt(string path) => FileRevision.Of(tree.FindTicks(path));

    private string PathOf(StoreKey key) => tree.PathOf(key.Value + Suffix);
}
