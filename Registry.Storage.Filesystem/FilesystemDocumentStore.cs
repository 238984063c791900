using System.Globalization;
using System.Runtime.CompilerServices;
using Registry.Core.Storage;

namespace Registry.Storage.Filesystem;

/// <summary>
/// Documents as files. A write is staged and flushed first; then, under the lock of its key, judged and renamed into
/// place, so that no lock is held while the disk works; then the folder is flushed.
/// </summary>
internal sealed class FilesystemDocumentStore(FilesystemVolume volume) : IDocumentStore
{
    /// <summary>
    /// Begins with the sign that no segment holds, so that a document and a folder of the same name are apart.
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
        volume.OpenToRead();
        var document = Read(PathOf(key)) is var (content, ticks) ? new Document(content, RevisionOf(ticks)) : null;
        return ValueTask.FromResult(document);
    }

    public ValueTask<Revision?> StatAsync(StoreKey key, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        volume.OpenToRead();
        var path = PathOf(key);
        if (Disk.TryStat(path) is { } state)
            return ValueTask.FromResult<Revision?>(RevisionOf(Checked(state, path).Ticks));
        tree.DemandPresent();
        return ValueTask.FromResult<Revision?>(null);
    }

    public async ValueTask<Revision?> TryPutAsync(
        StoreKey key, ReadOnlyMemory<byte> content, Precondition precondition, CancellationToken cancellationToken)
    {
        if (content.Length > Document.MaxBytes)
            throw new ArgumentException(
                $"A document has at most {Document.MaxBytes} bytes, not {content.Length}.", nameof(content));
        var path = PathOf(key);
        cancellationToken.ThrowIfCancellationRequested();
        volume.Open();

        await EnsureDurableAsync(key, cancellationToken);

        // What does not hold now need not be staged to be refused.
        if (precondition.Kind != PreconditionKind.None && !precondition.HoldsFor(RevisionAt(path)))
            return null;

        var entry = new EntryChange(tree, path);
        StagedFile? staged = null;
        try
        {
            var placed = await volume.ChangeAsync(key.Value, entry, Stage, TryPlace, cancellationToken);
            return placed ? RevisionOf(staged!.Ticks) : null;
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
            var current = TicksAt(path);
            if (!precondition.HoldsFor(RevisionOf(current)))
                return false;
            var ticks = stripe.Next(staged!.Ticks, current);
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
        if (precondition.Kind == PreconditionKind.Absent)
            throw new ArgumentException("What must be absent cannot be deleted.", nameof(precondition));
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
            if (TicksAt(path) is not { } current || !precondition.HoldsFor(RevisionOf(current)))
                return false;
            stripe.Retire(current);
            using (volume.Changes.Announce(stripe.Index, key.Value))
                return entry.TryRemove();
        }
    }

    /// <summary>
    /// Writes once more what is there, or has its absence written once more, where the last change is in doubt.
    /// </summary>
    public async ValueTask EnsureDurableAsync(StoreKey key, CancellationToken cancellationToken)
    {
        var path = PathOf(key);
        if (!tree.IsInDoubt(path))
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
        volume.OpenToRead();
        foreach (var name in walk.Below(scope, deep: true, after?.Value, cancellationToken))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (StoreKey.TryParse(name, out var key) && Disk.TryStat(PathOf(key)) is { Kind: FileKind.Regular } file)
                yield return new DocumentEntry(key, RevisionOf(file.Ticks));
        }
    }

    public async IAsyncEnumerable<StoredDocument> ReadAsync(
        StoreKey scope, StoreKey? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        volume.OpenToRead();
        foreach (var name in walk.Below(scope, deep: true, after?.Value, cancellationToken))
            if (StoreKey.TryParse(name, out var key) && await GetAsync(key, cancellationToken) is { } document)
                yield return new StoredDocument(key, document);
    }

    public ValueTask<DocumentChanges> ChangesAsync(
        StoreKey scope, ChangeToken? since, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        volume.OpenToRead();
        var changes = feed.Since(scope, since);
        if (changes.Keys is null)
            tree.DemandPresent();
        return ValueTask.FromResult(changes);
    }

    /// <summary>The content at a path and its modification time, or null for nothing.</summary>
    private (byte[] Content, long Ticks)? Read(string path)
    {
        var file = Disk.TryOpenRead(path);
        if (file is null)
        {
            tree.DemandPresent();
            return null;
        }

        try
        {
            // Time and content of one handle belong together: what is placed is never written to, only replaced.
            var state = Checked(Disk.Stat(file, path), path);
            var content = new byte[state.Length];
            if (Disk.Read(file, content, 0, path) < content.Length)
                throw new StorageException(StorageFault.Corrupt, $"'{path}' became shorter while it was read.");
            return (content, state.Ticks);
        }
        finally
        {
            volume.Close(file);
        }
    }

    private static FileState Checked(FileState state, string path) =>
        state.Kind == FileKind.Regular && state.Length <= Document.MaxBytes
            ? state
            : throw new StorageException(StorageFault.Corrupt, $"'{path}' is no document of ours.");

    private static Revision RevisionOf(long ticks) => new(ticks.ToString(CultureInfo.InvariantCulture));

    private static Revision? RevisionOf(long? ticks) => ticks is { } known ? RevisionOf(known) : null;

    private Revision? RevisionAt(string path) => RevisionOf(TicksAt(path));

    private long? TicksAt(string path)
    {
        if (Disk.TryStat(path) is { } file)
            return file.Ticks;
        tree.DemandPresent();
        return null;
    }

    private string PathOf(StoreKey key) => tree.PathOf(key.Value + Suffix);
}
