using NUnit.Framework;
using Registry.Core.Documents;
using Registry.Core.Errors;
using Registry.Core.Storage;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Unit.Documents;

/// <summary>Readers of cached documents share one request to the change feed, and never see a stale document.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class SharedCheckTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    private readonly InMemoryStorage storage = new() { SharesChecks = true };
    private readonly StorageFaults faults = new();
    private readonly Dictionary<StorageOperation, int> calls = [];
    private readonly DocumentSet<string, string> set;
    private readonly DocumentSet<string, string> other;

    public SharedCheckTests()
    {
        set = new(
            new FaultyDocumentStore(storage.Documents, faults),
            new TextCodec(),
            TimeProvider.System,
            new UpdateOptions(),
            cacheBytes: 1 << 20);
        other = new(storage.Documents, new TextCodec(), TimeProvider.System, new UpdateOptions(), cacheBytes: 0);
        faults.Before = Count;
    }

    [Test]
    public async Task A_cached_document_costs_one_check_and_no_read()
    {
        await CacheAsync("a");
        calls.Clear();
        Assert.That(await ReadAsync("a"), Is.EqualTo("1"));
        Assert.That(Calls(), Is.EqualTo(new[] { (StorageOperation.DocumentChanges, 1) }));
    }

    [Test]
    public async Task Readers_of_any_documents_share_a_check()
    {
        await CacheAsync("a", "b");
        var answer = new Gate();
        faults.After = call => call.Operation == StorageOperation.DocumentChanges ? answer.PassAsync() : default;
        calls.Clear();
        var reads = Enumerable.Range(0, 200).Select(i => ReadAsync(i % 2 == 0 ? "a" : "b")).ToArray();
        answer.Open();
        Assert.That(await Task.WhenAll(reads).WaitAsync(Timeout), Is.All.EqualTo("1"));
        Assert.That(Calls().Select(static call => call.Item1), Is.EqualTo(new[] { StorageOperation.DocumentChanges }));
        Assert.That(calls[StorageOperation.DocumentChanges], Is.LessThan(50));
    }

    [Test]
    public async Task The_next_read_shows_what_another_process_wrote_or_deleted()
    {
        await CacheAsync("a", "b");
        for (var i = 2; i <= 20; i++)
        {
            await WriteAsync(other, "a", $"{i}");
            Assert.That(await ReadAsync("a"), Is.EqualTo($"{i}"));
            Assert.That(await ReadAsync("b"), Is.EqualTo("1"));
        }

        await WriteAsync(other, "a", null);
        Assert.That(await ReadAsync("a"), Is.Null);
        await WriteAsync(other, "a", "again");
        Assert.That(await ReadAsync("a"), Is.EqualTo("again"));
    }

    [Test]
    public async Task A_process_does_not_read_what_it_wrote_itself()
    {
        await CacheAsync("a");
        await WriteAsync(set, "a", "2");
        calls.Clear();
        Assert.That(await ReadAsync("a"), Is.EqualTo("2"));
        Assert.That(Calls(), Is.EqualTo(new[] { (StorageOperation.DocumentChanges, 1) }));
    }

    /// <summary>The response that names the document arrives before the document is in the cache.</summary>
    [Test]
    public async Task A_read_overtaken_by_a_change_is_not_current()
    {
        await CacheAsync("b");
        await WriteAsync(other, "a", "1");
        var read = new Gate();
        faults.After = call => call.Operation == StorageOperation.GetDocument ? read.PassAsync() : default;
        var old = ReadAsync("a");
        await read.Reached;
        await WriteAsync(other, "a", "2");
        Assert.That(await ReadAsync("b"), Is.EqualTo("1"), "its question names a");
        faults.After = null;
        read.Open();
        Assert.That(await old.WaitAsync(Timeout), Is.EqualTo("1"), "it began before the change");
        Assert.That(await ReadAsync("a"), Is.EqualTo("2"));
    }

    [Test]
    public async Task A_write_overtaken_by_a_change_is_not_current()
    {
        await CacheAsync("a", "b");
        var write = new Gate();
        faults.After = call => call.Operation == StorageOperation.PutDocument ? write.PassAsync() : default;
        var own = WriteAsync(set, "a", "2");
        await write.Reached;
        await WriteAsync(other, "a", "3");
        Assert.That(await ReadAsync("b"), Is.EqualTo("1"), "its question names a");
        faults.After = null;
        write.Open();
        await own.WaitAsync(Timeout);
        Assert.That(await ReadAsync("a"), Is.EqualTo("3"));
    }

    [Test]
    public async Task An_older_answer_that_arrives_late_revives_no_older_revision()
    {
        await CacheAsync("a", "b");
        await WriteAsync(other, "a", "2");
        var (late, last) = (new Gate(), new Gate());
        var questions = 0;
        faults.After = call => call.Operation != StorageOperation.DocumentChanges ? default
            : Interlocked.Increment(ref questions) switch
            {
                1 =>
                late.PassAsync(),
                4 => last.PassAsync(),
                _ => default
            };
        var first = ReadAsync("b");
        await late.Reached;
        Assert.That(await ReadAsync("a"), Is.EqualTo("2"));
        await WriteAsync(other, "a", "3");
        Assert.That(await ReadAsync("b"), Is.EqualTo("1"), "its question names a, with the revision of 3");
        var read = ReadAsync("a");
        await last.Reached;
        late.Open();
        Assert.That(await first.WaitAsync(Timeout), Is.EqualTo("1"), "its question names a, with the revision of 2");
        last.Open();
        Assert.That(await read.WaitAsync(Timeout), Is.EqualTo("3"));
    }

    [Test]
    public async Task Without_a_change_feed_each_reader_checks_its_own_document()
    {
        // A storage without a feed always asks for a listing.
        var blind = new DocumentSet<string, string>(
            new FaultyDocumentStore(new BlindStore(storage.Documents), faults),
            new TextCodec(),
            TimeProvider.System,
            new UpdateOptions(),
            cacheBytes: 1 << 20);
        await WriteAsync(other, "a", "1");
        await blind.FindAsync("a", CancellationToken.None);
        calls.Clear();
        Assert.That((await blind.FindAsync("a", CancellationToken.None))!.State, Is.EqualTo("1"));
        await WriteAsync(other, "a", "2");
        Assert.That((await blind.FindAsync("a", CancellationToken.None))!.State, Is.EqualTo("2"));
        Assert.That(
            Calls(),
            Is.EquivalentTo(
                new[]
                {
                    (StorageOperation.DocumentChanges, 2), (StorageOperation.StatDocument, 2),
                    (StorageOperation.GetDocument, 1),
                }));
    }

    [Test]
    public async Task More_changes_than_are_remembered_hide_none()
    {
        await CacheAsync("a", "b");
        await WriteAsync(other, "a", "2");
        Assert.That(await ReadAsync("b"), Is.EqualTo("1"), "its question names a");
        for (var i = 0; i < 12_000; i++)
            await WriteAsync(storage.Documents, $"n{i}", "x");
        Assert.That(await ReadAsync("b"), Is.EqualTo("1"), "its question names all of them");
        Assert.That(await ReadAsync("a"), Is.EqualTo("2"));
    }

    [Test]
    public async Task A_check_that_hangs_does_not_delay_later_readers()
    {
        await CacheAsync("a");
        var hanging = new Gate();
        var left = 4;
        faults.Before = call =>
            call.Operation == StorageOperation.DocumentChanges && Interlocked.Decrement(ref left) >= 0
                ? hanging.PassAsync()
                : default;
        var held = Enumerable.Range(0, 4).Select(_ => ReadAsync("a")).ToArray();
        await hanging.Reached;
        Assert.That(await ReadAsync("a").WaitAsync(Timeout), Is.EqualTo("1"));
        Assert.That(held.Any(static read => read.IsCompleted), Is.False);
        hanging.Open();
        Assert.That(await Task.WhenAll(held).WaitAsync(Timeout), Is.All.EqualTo("1"));
    }

    [Test]
    public async Task A_failed_check_fails_only_the_readers_that_wait_for_it()
    {
        await CacheAsync("a");
        faults.Before = call => call.Operation == StorageOperation.DocumentChanges
            ? throw new StorageException(StorageFault.Unavailable, "down")
            : default;
        Assert.That(async () => await ReadAsync("a"), Throws.TypeOf<StorageException>());
        faults.Before = null;
        await WriteAsync(other, "a", "2");
        Assert.That(await ReadAsync("a"), Is.EqualTo("2"));
    }

    [Test]
    public async Task Cancelling_one_reader_does_not_cancel_the_others()
    {
        await CacheAsync("a");
        var answer = new Gate();
        faults.After = call => call.Operation == StorageOperation.DocumentChanges ? answer.PassAsync() : default;
        using var cancellation = new CancellationTokenSource();
        var leaving = set.FindAsync("a", cancellation.Token).AsTask();
        var staying = ReadAsync("a");
        await cancellation.CancelAsync();
        Assert.That(async () => await leaving, Throws.InstanceOf<OperationCanceledException>());
        answer.Open();
        Assert.That(await staying.WaitAsync(Timeout), Is.EqualTo("1"));
    }

    /// <summary>
    /// Two processes write, in turns and at once, while responses of every kind are late: no read may return an older
    /// state than was visible to any reader when it began.
    /// </summary>
    [Test]
    public async Task No_read_is_older_than_what_was_visible_when_it_began([Range(1, 8)] int seed)
    {
        var delays = new Random(seed);
        ValueTask DelayAsync(StorageCall call)
        {
            int turns;
            lock (delays)
                turns = delays.Next(6);
            return turns < 4 ? default : new ValueTask(Task.Delay(turns - 3));
        }

        (faults.Before, faults.After) = (DelayAsync, DelayAsync);
        string[] keys = ["a", "b", "c"];
        var visible = new int[keys.Length];
        var isDone = false;
        var readers = Enumerable.Range(0, 12).Select(reader => Task.Run(async () =>
        {
            while (!Volatile.Read(ref isDone))
            {
                var i = reader % keys.Length;
                var least = Volatile.Read(ref visible[i]);
                var seen = int.Parse((await set.FindAsync(keys[i], CancellationToken.None))?.State ?? "0", null);
                Assert.That(seen, Is.GreaterThanOrEqualTo(least));
                Raise(ref visible[i], seen);
            }
        })).ToArray();
        var writers = keys.SelectMany((key, i) => new[] { set, other }.Select(writer => Task.Run(async () =>
        {
            for (var n = 0; n < 60; n++)
            {
                var written = await writer.UpdateAsync(
                    key,
                    new DocumentChange<string>(state => $"{int.Parse(state ?? "0", null) + 1}"),
                    CancellationToken.None);
                Raise(ref visible[i], int.Parse(written!, null));
            }
        }))).ToArray();
        await Task.WhenAll(writers);
        Volatile.Write(ref isDone, true);
        await Task.WhenAll(readers);
        (faults.Before, faults.After) = (null, null);
        foreach (var key in keys)
            Assert.That(await ReadAsync(key), Is.EqualTo("120"));
    }

    private static void Raise(ref int value, int to)
    {
        for (var now = Volatile.Read(ref value); now < to;)
            now = Interlocked.CompareExchange(ref value, to, now) is var found && found == now ? to : found;
    }

    private static Task<string?> WriteAsync(DocumentSet<string, string> documents, string key, string? text) =>
        documents.UpdateAsync(key, new DocumentChange<string>(_ => text), CancellationToken.None);

    private static async Task WriteAsync(IDocumentStore documents, string key, string text) =>
        await documents.TryPutAsync(
            new TextCodec().KeyOf(key),
            new TextCodec().Encode(key, text, replaced: null),
            Precondition.None,
            CancellationToken.None);

    private ValueTask Count(StorageCall call)
    {
        lock (calls)
            calls[call.Operation] = calls.GetValueOrDefault(call.Operation) + 1;
        return default;
    }

    private (StorageOperation, int)[] Calls()
    {
        lock (calls)
            return [.. calls.Select(static call => (call.Key, call.Value))];
    }

    /// <summary>Writes documents, and reads them until they are cached and checked.</summary>
    private async Task CacheAsync(params string[] keys)
    {
        foreach (var key in keys)
            await WriteAsync(other, key, "1");
        for (var i = 0; i < 2; i++)
            foreach (var key in keys)
                Assert.That(await ReadAsync(key), Is.EqualTo("1"));
    }

    private async Task<string?> ReadAsync(string key) =>
        (await set.FindAsync(key, CancellationToken.None))?.State;

    /// <summary>A place where calls wait until the test lets them pass.</summary>
    private sealed class Gate
    {
        private readonly TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource open = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Completes when a call waits.</summary>
        public Task Reached => reached.Task.WaitAsync(Timeout);

        public void Open() => open.SetResult();

        public ValueTask PassAsync()
        {
            reached.TrySetResult();
            return new ValueTask(open.Task.WaitAsync(Timeout));
        }
    }

    /// <summary>A store whose feed never knows what has changed.</summary>
    private sealed class BlindStore(IDocumentStore inner) : IDocumentStore
    {
        public bool SharesChecks => true;

        public ValueTask<Document?> GetAsync(StoreKey key, CancellationToken cancellationToken) =>
            inner.GetAsync(key, cancellationToken);

        public ValueTask<Revision?> StatAsync(StoreKey key, CancellationToken cancellationToken) =>
            inner.StatAsync(key, cancellationToken);

        public ValueTask<Revision?> TryPutAsync(
            StoreKey key,
            ReadOnlyMemory<byte> content,
            Precondition precondition,
            CancellationToken cancellationToken) =>
            inner.TryPutAsync(key, content, precondition, cancellationToken);

        public ValueTask<bool> TryDeleteAsync(
            StoreKey key, Precondition precondition, CancellationToken cancellationToken) =>
            inner.TryDeleteAsync(key, precondition, cancellationToken);

        public IAsyncEnumerable<DocumentEntry> ListAsync(
            StoreKey scope, StoreKey? after, CancellationToken cancellationToken) =>
            inner.ListAsync(scope, after, cancellationToken);

        public ValueTask<DocumentChanges> ChangesAsync(
            StoreKey scope, ChangeToken? since, CancellationToken cancellationToken) =>
            inner.ChangesAsync(scope, since: null, cancellationToken);
    }

    private sealed class TextCodec : DocumentCodec<string, string>
    {
        public override StoreKey Scope => StoreKeys.Packages;

        public override StoreKey KeyOf(string key) => StoreKeys.Package("text", key);

        public override byte[] Encode(string key, string state, string? replaced) =>
            System.Text.Encoding.UTF8.GetBytes(state);

        public override string Decode(string key, ReadOnlyMemory<byte> content) =>
            System.Text.Encoding.UTF8.GetString(content.Span);

        public override long SizeOf(string state) => state.Length;

        public override RegistryException ResourceInUse(string key) => new(ErrorCode.ResourceInUse, key);

        public override RegistryException OutcomeUnknown(string key, StorageException cause) =>
            new(ErrorCode.Unavailable, key);
    }
}
