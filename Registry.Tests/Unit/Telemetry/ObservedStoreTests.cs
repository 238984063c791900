using System.Security.Cryptography;
using System.Threading.Tasks.Sources;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Moq;
using NUnit.Framework;
using Registry.Api.Hosting;
using Registry.Core.Content;
using Registry.Core.Storage;
using Registry.Core.Telemetry;
using Registry.Core.Transfers;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Unit.Telemetry;

public sealed class ObservedStoreTests
{
    private static readonly StoreKey Scope = StoreKey.Of("packages");
    private static readonly StoreKey Key = StoreKey.Of("packages", "one");
    private static readonly byte[] Content = [1, 2, 3];
    private static readonly Digest Sha256 = Digest.Parse(Convert.ToHexStringLower(SHA256.HashData(Content)));
    private static readonly BlobKey Blob = new(Scope, Sha256);
    private static readonly UploadKey Upload = UploadKey.Create(Scope);
    private static readonly Revision Stale = new("stale");

    private RecordedOperations operations = null!;
    private InMemoryStorage storage = null!;

    private static IEnumerable<TestCaseData> Documents =>
    [
        Case<IDocumentStore>("get", Returned(static (store, token) => store.GetAsync(Key, token))),
        Case<IDocumentStore>("stat", Returned(static (store, token) => store.StatAsync(Key, token))),
        Case<IDocumentStore>(
            "put", Returned(static (store, token) => store.TryPutAsync(Key, Content, Precondition.None, token))),
        Case<IDocumentStore>(
            "delete", Returned(static (store, token) => store.TryDeleteAsync(Key, Precondition.None, token))),
        Case<IDocumentStore>("ensure_durable", static (store, token) => store.EnsureDurableAsync(Key, token).AsTask()),
        Case<IDocumentStore>("list", static (store, token) => Drain(store.ListAsync(Scope, after: null, token))),
        Case<IDocumentStore>("read", static (store, token) => Drain(store.ReadAsync(Scope, after: null, token))),
        Case<IDocumentStore>(
            "changes", Returned(static (store, token) => store.ChangesAsync(Scope, since: null, token))),
    ];

    private static IEnumerable<TestCaseData> Blobs =>
    [
        Case<IBlobStore>("create", Returned(static (IBlobStore store, CancellationToken token) =>
            store.CreateAsync(Scope, token))),
        Case<IBlobStore>("open", Returned(static (IBlobStore store, CancellationToken token) =>
            store.OpenAsync(Blob, ByteRange.All, token))),
        Case<IBlobStore>("stat", Returned(static (IBlobStore store, CancellationToken token) =>
            store.StatAsync(Blob, token))),
        Case<IBlobStore>("delete", Returned(static (IBlobStore store, CancellationToken token) =>
            store.TryDeleteAsync(Blob, Precondition.None, token))),
        Case<IBlobStore>("touch", Returned(static (IBlobStore store, CancellationToken token) =>
            store.TouchAsync(Blob, null, token))),
        Case<IBlobStore>("copy", Returned(static (IBlobStore store, CancellationToken token) =>
            store.CopyAsync(Blob, Key, token))),
        Case<IBlobStore>("list", static (store, token) =>
            Drain(store.ListAsync(Scope, ScopeDepth.Exact, after: null, token))),
        Case<IBlobStore>("epoch", Returned(static (IBlobStore store, CancellationToken token) =>
            store.EpochAsync(token))),
        Case<IBlobStore>("discard_abandoned", Returned(static (IBlobStore store, CancellationToken token) =>
            store.DiscardAbandonedAsync(TimeSpan.Zero, token))),
    ];

    private static IEnumerable<TestCaseData> Uploads =>
    [
        Case<IUploadStore>("begin", Returned(static (IUploadStore store, CancellationToken token) =>
            store.BeginAsync(Scope, token))),
        Case<IUploadStore>("length", Returned(static (IUploadStore store, CancellationToken token) =>
            store.LengthAsync(Upload, token))),
        Case<IUploadStore>("append", Returned(static (IUploadStore store, CancellationToken token) =>
            store.AppendAsync(Upload, 0, token))),
        Case<IUploadStore>("open", Returned(static (IUploadStore store, CancellationToken token) =>
            store.OpenAsync(Upload, token))),
        Case<IUploadStore>("discard", Returned(static (IUploadStore store, CancellationToken token) =>
            store.DiscardAsync(Upload, token))),
        Case<IUploadStore>("count", Returned(static (IUploadStore store, CancellationToken token) =>
            store.CountAsync(1, token))),
        Case<IUploadStore>("discard_idle", Returned(static (IUploadStore store, CancellationToken token) =>
            store.DiscardIdleAsync(TimeSpan.Zero, token))),
    ];

    private static IEnumerable<(Exception Fault, string Outcome)> Faults =>
    [
        (new StorageException(StorageFault.Unavailable, "broken"), "unavailable"),
        (new StorageException(StorageFault.Throttled, "broken"), "throttled"),
        (new StorageException(StorageFault.Full, "broken"), "full"),
        (new StorageException(StorageFault.Denied, "broken"), "denied"),
        (new StorageException(StorageFault.Corrupt, "broken"), "corrupt"),
        (new StorageException(StorageFault.NewerSchema, "broken"), "newer_schema"),
        (new StorageException(StorageFault.EpochEnded, "broken"), "epoch_ended"),
        (new OperationCanceledException(), "cancelled"),
        (TransferBudget.Exhausted(), "no_memory"),
        (new ArgumentOutOfRangeException("range"), "corrupt"),
        (new ArgumentException("too large"), "error"),
    ];

    [Test]
    public void Every_storage_fault_is_tested() =>
        Assert.That(
            Faults.Select(static one => one.Fault).OfType<StorageException>().Select(static fault => fault.Kind),
            Is.EquivalentTo(Enum.GetValues<StorageFault>()));

    [SetUp]
    public void Listen()
    {
        storage = new InMemoryStorage();
        operations = new RecordedOperations().Listen();
    }

    [TearDown]
    public void Stop() => operations.Dispose();

    [TestCaseSource(nameof(Documents))]
    public void Every_fault_of_a_document_operation_is_its_outcome(
        string operation, Func<IDocumentStore, CancellationToken, Task> call)
    {
        foreach (var (fault, outcome) in Faults)
        {
            var store = operations.Wrap(
                new FaultyDocumentStore(storage.Documents, new StorageFaults { Before = _ => throw fault }));
            Assert.That(async () => await call(store, default), Throws.Exception.SameAs(fault));
            Assert.That(operations.Outcomes.Last(), Is.EqualTo($"{operation} {outcome}"));
        }

        Assert.That(operations.All, Has.Count.EqualTo(Faults.Count()));
    }

    [TestCaseSource(nameof(Blobs))]
    public void Every_fault_of_a_blob_operation_is_its_outcome(
        string operation, Func<IBlobStore, CancellationToken, Task> call)
    {
        foreach (var (fault, outcome) in Faults)
        {
            var store = operations.Wrap(new BrokenBlobs(fault));
            Assert.That(async () => await call(store, default), Throws.Exception.SameAs(fault));
            Assert.That(operations.Outcomes.Last(), Is.EqualTo($"{operation} {outcome}"));
        }

        Assert.That(operations.All, Has.Count.EqualTo(Faults.Count()));
    }

    [TestCaseSource(nameof(Uploads))]
    public void Every_fault_of_an_upload_operation_is_its_outcome(
        string operation, Func<IUploadStore, CancellationToken, Task> call)
    {
        foreach (var (fault, outcome) in Faults)
        {
            var store = operations.Wrap(
                new FaultyUploadStore(storage.Uploads, new StorageFaults { Before = _ => throw fault }));
            Assert.That(async () => await call(store, default), Throws.Exception.SameAs(fault));
            Assert.That(operations.Outcomes.Last(), Is.EqualTo($"{operation} {outcome}"));
        }

        Assert.That(operations.All, Has.Count.EqualTo(Faults.Count()));
    }

    [Test]
    public async Task Every_fault_of_a_completed_append_is_its_outcome()
    {
        var faults = new StorageFaults();
        var store = operations.Wrap(new FaultyUploadStore(storage.Uploads, faults));
        var upload = await storage.Uploads.BeginAsync(Scope, default);
        foreach (var (fault, outcome) in Faults)
        {
            faults.Before = call => call.Operation == StorageOperation.CompleteAppend ? throw fault : default;
            await using var writer = await store.AppendAsync(upload, 0, default);
            Assert.That(async () => await writer!.CompleteAsync(default), Throws.Exception.SameAs(fault));
            Assert.That(operations.Outcomes.TakeLast(2), Is.EqualTo(new[] { "append ok", $"complete {outcome}" }));
        }
    }

    [Test]
    public async Task Every_fault_of_a_commit_is_its_outcome()
    {
        foreach (var (fault, outcome) in Faults)
        {
            var store = operations.Wrap(new BrokenBlobs(new InvalidOperationException()) { Writer = new(fault) });
            await using var writer = await store.CreateAsync(Scope, default);
            Assert.That(async () => await writer.CommitAsync(Sha256, null, default), Throws.Exception.SameAs(fault));
            Assert.That(operations.Outcomes.TakeLast(2), Is.EqualTo(new[] { "create ok", $"commit {outcome}" }));
        }
    }

    [Test]
    public async Task Every_fault_of_a_read_or_a_write_is_its_outcome()
    {
        var key = (await storage.Blobs.CommitAsync(Scope, Content, default)).Key;
        var upload = await storage.Uploads.BeginAsync(Scope, default);
        await storage.Uploads.AppendBytesAsync(upload, 0, Content, default);
        var faults = new StorageFaults();
        var blobs = operations.Wrap(new FaultyBlobStore(storage.Blobs, faults));
        var uploads = operations.Wrap(new FaultyUploadStore(storage.Uploads, faults));
        foreach (var (fault, outcome) in Faults)
        {
            faults.Before = call => call.Operation is StorageOperation.ReadBlob or StorageOperation.WriteBlob
                or StorageOperation.ReadUpload or StorageOperation.WriteUpload ? throw fault : default;
            Assert.That(async () => await blobs.ReadAsync(key, ByteRange.All, default), Throws.Exception.SameAs(fault));
            Assert.That(async () => await blobs.CommitAsync(Scope, Content, default), Throws.Exception.SameAs(fault));
            Assert.That(async () => await uploads.ReadAsync(upload, default), Throws.Exception.SameAs(fault));
            Assert.That(
                async () => await uploads.TryAppendAsync(upload, Content.Length, Content, default),
                Throws.Exception.SameAs(fault));
            Assert.That(
                operations.Outcomes.TakeLast(8),
                Is.EqualTo(
                    new[]
                    {
                        "open ok", $"read {outcome}", "create ok", $"write {outcome}",
                        "open ok", $"read {outcome}", "append ok", $"write {outcome}",
                    }));
        }
    }

    [Test]
    public async Task The_reads_and_the_writes_of_a_content_are_recorded_once_without_the_time_between_them()
    {
        var time = new ShiftedTime();
        using var timed = new RecordedOperations(time).Listen();
        var faults = new StorageFaults();
        var store = timed.Wrap(new FaultyBlobStore(storage.Blobs, faults));
        faults.Before = call =>
        {
            if (call.Operation is StorageOperation.ReadBlob or StorageOperation.WriteBlob)
                time.Passed += TimeSpan.FromSeconds(10);
            return default;
        };
        await using (var writer = await store.CreateAsync(Scope, default))
        {
            foreach (var one in Content)
            {
                await writer.WriteAsync(new[] { one }, default);
                time.Passed += TimeSpan.FromHours(1);
            }

            await writer.CommitAsync(Sha256, uploadedAt: null, default);
        }

        await using (var reader = await store.OpenAsync(Blob, ByteRange.All, default))
            for (var i = 0; i < Content.Length; i++)
            {
                Assert.That(await reader!.Content.ReadAsync(new byte[1]), Is.EqualTo(1));
                time.Passed += TimeSpan.FromHours(1);
            }

        foreach (var operation in (string[])["write", "read"])
            Assert.That(
                timed.All.Single(one => one.Tags["operation"] == operation).Seconds, Is.InRange(30, 60), operation);
    }

#if DEBUG
    [Ignore("Without optimizations, each asynchronous call allocates its state.")]
#endif
    [Test]
    public async Task A_piece_that_the_storage_must_be_waited_for_allocates_nothing()
    {
        using var pending = new PendingContent();
        var info = new BlobInfo(Blob, int.MaxValue, DateTimeOffset.UnixEpoch, Stale);
        var blobs = new Mock<IBlobStore>();
        blobs.Setup(static store => store.OpenAsync(Blob, ByteRange.All, default))
            .ReturnsAsync(new BlobReader(info, info.Length, pending));
        await using var reader = await operations.Wrap(blobs.Object).OpenAsync(Blob, ByteRange.All, default);
        var content = reader!.Content;

        // On a thread without a context to return to.
        Assert.That(await Task.Run(() => Allocated(content, pending)), Is.Zero);

        static long Allocated(Stream content, PendingContent pending)
        {
            Read(content, pending);
            var before = GC.GetAllocatedBytesForCurrentThread();
            Read(content, pending);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        static void Read(Stream content, PendingContent pending)
        {
            for (var i = 0; i < 100; i++)
            {
                var read = content.ReadAsync(pending.Piece);
                pending.Complete();
                read.GetAwaiter().GetResult();
            }
        }
    }

    [TestCaseSource(nameof(Documents))]
    public async Task A_document_operation_on_an_empty_storage_is_recorded(
        string operation, Func<IDocumentStore, CancellationToken, Task> call)
    {
        await call(operations.Wrap(storage.Documents), default);
        var outcome = operation is "get" or "stat" or "delete" ? "absent" : "ok";
        Assert.That(operations.Outcomes, Is.EqualTo(new[] { $"{operation} {outcome}" }));
    }

    [TestCaseSource(nameof(Blobs))]
    public async Task A_blob_operation_on_an_empty_storage_is_recorded(
        string operation, Func<IBlobStore, CancellationToken, Task> call)
    {
        await call(operations.Wrap(storage.Blobs), default);
        var outcome = operation is "open" or "stat" or "delete" or "touch" or "copy" ? "absent" : "ok";
        Assert.That(operations.Outcomes, Is.EqualTo(new[] { $"{operation} {outcome}" }));
    }

    [TestCaseSource(nameof(Uploads))]
    public async Task An_upload_operation_on_an_empty_storage_is_recorded(
        string operation, Func<IUploadStore, CancellationToken, Task> call)
    {
        await call(operations.Wrap(storage.Uploads), default);
        var outcome = operation switch
        {
            "length" or "open" or "discard" => "absent",
            "append" => "conflict",
            _ => "ok",
        };
        Assert.That(operations.Outcomes, Is.EqualTo(new[] { $"{operation} {outcome}" }));
    }

    [Test]
    public async Task Documents_that_exist_are_ok_and_a_lost_race_is_a_conflict()
    {
        var store = operations.Wrap(storage.Documents);
        await store.TryPutAsync(Key, Content, Precondition.Absent, default);
        await store.TryPutAsync(Key, Content, Precondition.Absent, default);
        await store.GetAsync(Key, default);
        await store.StatAsync(Key, default);
        await store.TryDeleteAsync(Key, Precondition.Matches(Stale), default);
        await store.TryDeleteAsync(Key, Precondition.None, default);
        Assert.That(
            operations.Outcomes,
            Is.EqualTo(new[] { "put ok", "put conflict", "get ok", "stat ok", "delete conflict", "delete ok" }));
    }

    [Test]
    public async Task Blobs_that_exist_are_ok_and_a_lost_race_is_a_conflict()
    {
        var store = operations.Wrap(storage.Blobs);
        await using (var writer = await store.CreateAsync(Scope, default))
        {
            await writer.WriteAsync(Content, default);
            await writer.CommitAsync(Sha256, uploadedAt: null, default);
        }

        await using (await store.OpenAsync(Blob, ByteRange.All, default))
            await store.StatAsync(Blob, default);
        await store.TouchAsync(Blob, null, default);
        await store.CopyAsync(Blob, Key, default);
        await store.TryDeleteAsync(Blob, Precondition.Matches(Stale), default);
        await store.TryDeleteAsync(Blob, Precondition.None, default);
        Assert.That(
            operations.Outcomes,
            Is.EqualTo(
                new[]
                {
                    "create ok", "write ok", "commit ok", "open ok", "stat ok", "touch ok", "copy ok",
                    "delete conflict", "delete ok",
                }));
    }

    [Test]
    public async Task An_append_that_lost_a_race_is_a_conflict()
    {
        var store = operations.Wrap(storage.Uploads);
        var upload = await store.BeginAsync(Scope, default);
        await using (var loser = await store.AppendAsync(upload, 0, default))
        {
            await store.TryAppendAsync(upload, 0, Content, default);
            await loser!.CompleteAsync(default);
        }

        await store.LengthAsync(upload, default);
        await store.DiscardAsync(upload, default);
        Assert.That(
            operations.Outcomes,
            Is.EqualTo(
                new[]
                {
                    "begin ok", "append ok", "append ok", "write ok", "complete ok", "complete conflict", "length ok",
                    "discard ok",
                }));
    }

    [Test]
    public async Task A_listing_that_its_consumer_leaves_early_is_ok()
    {
        var store = operations.Wrap(storage.Documents);
        await storage.Documents.TryPutAsync(Key, Content, Precondition.None, default);
        await foreach (var _ in store.ListAsync(Scope, after: null, default))
            break;
        Assert.That(operations.Outcomes, Is.EqualTo(new[] { "list ok" }));
    }

    [Test]
    public async Task A_measurement_is_in_seconds_and_names_backend_and_store()
    {
        await operations.Wrap(storage.Documents).GetAsync(Key, default);
        await operations.Wrap(storage.Blobs).StatAsync(Blob, default);
        var (instrument, seconds, tags) = operations.All.First();
        Assert.That(
            (instrument.Meter.Name, instrument.Name, instrument.Unit),
            Is.EqualTo(("Registry.Storage", "registry.storage.operation.duration", "s")));
        Assert.That(seconds, Is.InRange(0, 60));
        Assert.That(
            tags,
            Is.EquivalentTo(new Dictionary<string, string>
            {
                ["backend"] = "memory",
                ["store"] = "documents",
                ["operation"] = "get",
                ["outcome"] = "absent",
            }));
        Assert.That(operations.All.Last().Tags["store"], Is.EqualTo("blobs"));
    }

    [Test]
    public async Task Without_a_listener_an_operation_returns_what_the_store_returns()
    {
        using var silent = new RecordedOperations();
        var pending = new TaskCompletionSource<Document?>();
        var documents = new Mock<IDocumentStore>();
        documents.Setup(static store => store.GetAsync(Key, default)).Returns(new ValueTask<Document?>(pending.Task));
        var task = silent.Wrap(documents.Object).GetAsync(Key, default).AsTask();
        Assert.That(task, Is.SameAs(pending.Task));
        var listing = storage.Documents.ListAsync(Scope, after: null, default);
        var blobs = new BrokenBlobs(new InvalidOperationException()) { Writer = new(new InvalidOperationException()) };
        Assert.That(await silent.Wrap(blobs).CreateAsync(Scope, default), Is.SameAs(blobs.Writer));
        await storage.Blobs.CommitAsync(Scope, Content, default);
        await using (var reader = await silent.Wrap(storage.Blobs).OpenAsync(Blob, ByteRange.All, default))
        await using (var itself = await storage.Blobs.OpenAsync(Blob, ByteRange.All, default))
            Assert.That(reader!.Content.GetType(), Is.EqualTo(itself!.Content.GetType()));
        Assert.That(
            silent.Wrap(storage.Documents).ListAsync(Scope, after: null, default).GetType(),
            Is.EqualTo(listing.GetType()));
    }

    [Test]
    public void Without_a_listener_an_operation_allocates_nothing()
    {
        using var silent = new RecordedOperations();
        var store = silent.Wrap(storage.Documents);
        Assert.That(Allocated(store), Is.Zero);

        static long Allocated(IDocumentStore store)
        {
            for (var warm = 0; warm < 100; warm++)
                Consume(store.GetAsync(Key, default));
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 100; i++)
                Consume(store.GetAsync(Key, default));
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        static void Consume(ValueTask<Document?> call) => call.GetAwaiter().GetResult();
    }

    [TestCase("filesystem")]
    [TestCase("redis")]
    [TestCase("etcd")]
    [TestCase("gcs")]
    public async Task The_composition_observes_every_store_of_a_backend(string backend)
    {
        using var folder = new TemporaryFolder();
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["STORAGE"] = backend,
            ["Filesystem:Path"] = folder.Path,
            ["Redis:Configuration"] = "localhost:1",
            ["Etcd:Endpoints"] = "http://localhost:1",
            ["Gcs:Bucket"] = "bucket",
        }).Build();
        var services = new ServiceCollection().AddLogging();
        services.AddStorage(configuration);
        services.AddRegistry(configuration);
        await using var provider = services.BuildServiceProvider();
        Assert.That(provider.GetRequiredService<IDocumentStore>(), Is.TypeOf<ObservedDocumentStore>());
        Assert.That(provider.GetRequiredService<IBlobStore>(), Is.TypeOf<ObservedBlobStore>());
        Assert.That(provider.GetRequiredService<IUploadStore>(), Is.TypeOf<ObservedUploadStore>());
    }

    private static Func<IDocumentStore, CancellationToken, Task> Returned<T>(
        Func<IDocumentStore, CancellationToken, ValueTask<T>> call) => (store, token) => call(store, token).AsTask();

    private static Func<IUploadStore, CancellationToken, Task> Returned<T>(
        Func<IUploadStore, CancellationToken, ValueTask<T>> call) => (store, token) => call(store, token).AsTask();

    private static Func<IBlobStore, CancellationToken, Task> Returned<T>(
        Func<IBlobStore, CancellationToken, ValueTask<T>> call) => (store, token) => call(store, token).AsTask();

    private static TestCaseData Case<TStore>(string operation, Func<TStore, CancellationToken, Task> call) =>
        new TestCaseData(operation, call).SetArgDisplayNames(operation);

    private static async Task Drain<T>(IAsyncEnumerable<T> entries)
    {
        await foreach (var _ in entries)
        {
        }
    }

    private static async IAsyncEnumerable<T> Throw<T>(Exception fault)
    {
        await Task.FromException(fault);
        yield break;
    }

    private sealed class BrokenBlobs(Exception fault) : IBlobStore
    {
        /// <summary>The writer that a create returns; null when it fails.</summary>
        public BrokenWriter? Writer { get; init; }

        public ValueTask<BlobWriter> CreateAsync(StoreKey scope, CancellationToken cancellationToken) =>
            Writer is null ? throw fault : ValueTask.FromResult<BlobWriter>(Writer);

        public ValueTask<BlobReader?> OpenAsync(BlobKey key, ByteRange range, CancellationToken cancellationToken) =>
            throw fault;

        public ValueTask<BlobInfo?> StatAsync(BlobKey key, CancellationToken cancellationToken) => throw fault;

        public ValueTask<bool> TryDeleteAsync(
            BlobKey key, Precondition precondition, CancellationToken cancellationToken) => throw fault;

        public ValueTask<CommittedBlob?> TouchAsync(
        BlobKey key, DateTimeOffset? uploadedAt, CancellationToken cancellationToken) => throw fault;

        public ValueTask<CommittedBlob?> CopyAsync(
            BlobKey source, StoreKey scope, CancellationToken cancellationToken) => throw fault;

        public IAsyncEnumerable<BlobInfo> ListAsync(
            StoreKey scope, ScopeDepth depth, BlobKey? after, CancellationToken cancellationToken) =>
            Throw<BlobInfo>(fault);

        public ValueTask<StorageEpoch?> EpochAsync(CancellationToken cancellationToken) => throw fault;

        public ValueTask<int> DiscardAbandonedAsync(TimeSpan idle, CancellationToken cancellationToken) => throw fault;
    }

    private sealed class BrokenWriter(Exception fault) : BlobWriter
    {
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
            throw fault;

        public override ValueTask<CommittedBlob> CommitAsync(
            Digest digest, DateTimeOffset? uploadedAt, CancellationToken cancellationToken) => throw fault;

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    /// <summary>A content whose reads wait until they are completed.</summary>
    private sealed class PendingContent() : ForwardOnlyStream(null), IValueTaskSource<int>
    {
        private ManualResetValueTaskSourceCore<int> read;

        public Memory<byte> Piece { get; } = new byte[1];

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            read.Reset();
            return new ValueTask<int>(this, read.Version);
        }

        public void Complete() => read.SetResult(Piece.Length);

        int IValueTaskSource<int>.GetResult(short token) => read.GetResult(token);

        ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => read.GetStatus(token);

        void IValueTaskSource<int>.OnCompleted(
            Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            read.OnCompleted(continuation, state, token, flags);
    }
}
