using System.Linq.Expressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Moq;
using NUnit.Framework;
using Registry.Api.Health;
using Registry.Api.Http.Errors;
using Registry.Core.Storage;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Unit.Hosting;

/// <summary>
/// What the startup check must detect: each test double breaks one guarantee of the port and keeps the others.
/// </summary>
[Parallelizable(ParallelScope.All)]
internal sealed class StorageReadinessTests
{
    private static readonly StorageException Full = new(StorageFault.Full, "no space");

    private static readonly Expression<Func<IDocumentStore, ValueTask<Revision?>>> Put =
        static store => store.TryPutAsync(
            It.IsAny<StoreKey>(),
            It.IsAny<ReadOnlyMemory<byte>>(),
            It.IsAny<Precondition>(),
            It.IsAny<CancellationToken>());

    [Test]
    public async Task A_working_storage_is_left_unchanged()
    {
        var storage = new InMemoryStorage();
        await Probe(storage.Documents).ProbeAsync(default);
        Assert.That(storage.StoredDocuments, Is.Empty);
    }

    [Test]
    public void A_storage_that_refuses_a_new_document_is_detected()
    {
        var documents = Model();
        documents.Setup(
            store =>
                store.TryPutAsync(
                    It.IsAny<StoreKey>(),
                    It.IsAny<ReadOnlyMemory<byte>>(),
                    It.IsAny<Precondition>(),
                    It.IsAny<CancellationToken>()))
            .ReturnsAsync((Revision?)null);
        AssertBroken(documents, "did not store");
    }

    [Test]
    public void A_storage_that_returns_other_bytes_is_detected()
    {
        var documents = Model();
        documents.Setup(store => store.GetAsync(It.IsAny<StoreKey>(), It.IsAny<CancellationToken>()))
            .ReturnsAsync(new Document(new byte[64], new Revision("other")));
        AssertBroken(documents, "did not return");
    }

    [Test]
    public void A_storage_that_does_not_list_is_detected()
    {
        var documents = Model();
        documents.Setup(
            store =>
                store.ListAsync(It.IsAny<StoreKey>(), It.IsAny<StoreKey?>(), It.IsAny<CancellationToken>())).Returns(
                    AsyncEnumerable.Empty<DocumentEntry>());
        AssertBroken(documents, "did not list");
    }

    [Test]
    public void A_storage_that_does_not_delete_is_detected()
    {
        var documents = Model();
        documents.Setup(
            store =>
                store.TryDeleteAsync(
                    It.IsAny<StoreKey>(), It.IsAny<Precondition>(), It.IsAny<CancellationToken>())).ReturnsAsync(false);
        AssertBroken(documents, "did not delete");
    }

    [Test]
    public async Task A_failing_storage_is_not_ready()
    {
        var documents = Model();
        documents.Setup(store => store.GetAsync(It.IsAny<StoreKey>(), It.IsAny<CancellationToken>()))
            .ThrowsAsync(new StorageException(StorageFault.Unavailable, "away"));
        Assert.That(await Probe(documents.Object).IsAvailableAsync(), Is.False);
    }

    [Test]
    public async Task A_full_but_readable_storage_is_accepted_and_left_unchanged()
    {
        var storage = new InMemoryStorage();
        var documents = new Mock<IDocumentStore>();
        documents.Setup(store => store.GetAsync(It.IsAny<StoreKey>(), It.IsAny<CancellationToken>()))
            .ReturnsAsync((Document?)null);
        documents.Setup(Put)
            .Returns(async (
                StoreKey key,
                ReadOnlyMemory<byte> content,
                Precondition condition,
                CancellationToken cancellationToken) =>
            {
                await storage.Documents.TryPutAsync(key, content, condition, cancellationToken);
                throw Full;
            });
        documents
            .Setup(
                store => store.TryDeleteAsync(It.IsAny<StoreKey>(), Precondition.None, It.IsAny<CancellationToken>()))
            .Returns((StoreKey key, Precondition condition, CancellationToken cancellationToken) =>
                storage.Documents.TryDeleteAsync(key, condition, cancellationToken));
        await Probe(documents.Object).ProbeAsync(default);
        Assert.That(storage.StoredDocuments, Is.Empty);
    }

    [Test]
    public void A_full_storage_that_cannot_be_read_is_refused()
    {
        var documents = Model();
        documents.Setup(Put).ThrowsAsync(Full);
        documents.Setup(store => store.GetAsync(It.IsAny<StoreKey>(), It.IsAny<CancellationToken>()))
            .ThrowsAsync(new StorageException(StorageFault.Unavailable, "away"));
        Assert.That(
            async () => await Probe(documents.Object).ProbeAsync(default),
            Throws.TypeOf<StorageException>().With.Message.EqualTo("away"));
    }

    [Test]
    public async Task A_check_whose_caller_gives_up_still_finds_that_the_storage_hangs()
    {
        var documents = Model();
        await using var host = await RegistryHost.StartAsync(services => services.AddSingleton(documents.Object));
        var readiness = host.Services.GetRequiredService<StorageReadiness>();
        using var impatient = new CancellationTokenSource();
        documents.Setup(store => store.GetAsync(It.IsAny<StoreKey>(), It.IsAny<CancellationToken>()))
            .Returns(
                async (StoreKey _, CancellationToken cancellationToken) =>
                {
                    await impatient.CancelAsync();
                    await Task.Delay(Timeout.Infinite, cancellationToken);
                    return null;
                });
        Assert.That(
            async () => await host.Client.GetAsync("/readyz", impatient.Token),
            Throws.InstanceOf<OperationCanceledException>());
        Assert.That(() => readiness.LastCheckSucceeded, Is.False.After(20_000, 100));
    }

    /// <summary>Returns a mock backed by the in-memory store; a test replaces one of its results.</summary>
    private static Mock<IDocumentStore> Model()
    {
        var model = new InMemoryStorage().Documents;
        var documents = new Mock<IDocumentStore>();
        documents.Setup(store => store.GetAsync(It.IsAny<StoreKey>(), It.IsAny<CancellationToken>()))
            .Returns((StoreKey key, CancellationToken cancellationToken) => model.GetAsync(key, cancellationToken));
        documents.Setup(
            store =>
                store.TryPutAsync(
                    It.IsAny<StoreKey>(),
                    It.IsAny<ReadOnlyMemory<byte>>(),
                    It.IsAny<Precondition>(),
                    It.IsAny<CancellationToken>()))
            .Returns(
                (
                    StoreKey key,
                    ReadOnlyMemory<byte> content,
                    Precondition precondition,
                    CancellationToken cancellationToken) =>
                    model.TryPutAsync(key, content, precondition, cancellationToken));
        documents.Setup(
            store =>
                store.TryDeleteAsync(It.IsAny<StoreKey>(), It.IsAny<Precondition>(), It.IsAny<CancellationToken>()))
            .Returns(
                (StoreKey key, Precondition precondition, CancellationToken cancellationToken) =>
                    model.TryDeleteAsync(key, precondition, cancellationToken));
        documents.Setup(
            store => store.ListAsync(It.IsAny<StoreKey>(), It.IsAny<StoreKey?>(), It.IsAny<CancellationToken>()))
            .Returns(
                (StoreKey scope, StoreKey? after, CancellationToken cancellationToken) =>
                    model.ListAsync(scope, after, cancellationToken));
        return documents;
    }

    private static void AssertBroken(Mock<IDocumentStore> documents, string what) =>
        Assert.That(
            async () => await Probe(documents.Object).ProbeAsync(default),
            Throws.TypeOf<StorageException>().With
                .Property(nameof(StorageException.Kind))
                .EqualTo(StorageFault.Corrupt).And.Message
                .Contains(what));

    private static StorageReadiness Probe(IDocumentStore documents) =>
        new(
            documents,
            new InMemoryProbe(),
            new FaultLog(TimeProvider.System, NullLogger<FaultLog>.Instance),
            NullLogger<StorageReadiness>.Instance);
}
