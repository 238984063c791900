using Etcdserverpb;
using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Storage.Etcd;
using Registry.Tests.Support.Servers;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Storage.Etcd;

/// <summary>Responses of many megabytes: one within the limit is received, a larger one is only a fault.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class EtcdLargeResponses : IAsyncDisposable
{
    private static readonly StoreKey Scope = StoreKey.Of("packages", "large");

    private readonly CancellationToken cancellationToken = new CancellationTokenSource(TimeSpan.FromMinutes(1)).Token;
    private EtcdServer? server;
    private EtcdUnderTest? storage;

    public async ValueTask DisposeAsync()
    {
        await (storage?.DisposeAsync() ?? default);
        await (server?.DisposeAsync() ?? default);
    }

    [Test]
    public async Task A_response_of_15_MiB_is_received_and_a_listing_recovers_from_one_of_17_MiB()
    {
        server = await EtcdServer.StartAsync(cancellationToken);
        storage = new EtcdUnderTest(server);
        var (documents, _, _) = await storage.OpenAsync();
        using var client = storage.NewClient();
        var keys = new EtcdKeys(storage.Options.Prefix);
        var small = Enumerable.Range(0, 100).Select(static i => StoreKey.Of("packages", "large", $"a{i:d3}")).ToArray();
        foreach (var key in small)
            await documents.PutAsync(key, "small", Precondition.Absent, cancellationToken);
        var large = Enumerable.Range(0, 17).Select(static i => StoreKey.Of("packages", "large", $"b{i:d3}")).ToArray();
        var content = StorageShortcuts.Bytes(Document.MaxBytes);
        foreach (var key in large)
            Assert.That(await documents.TryPutAsync(key, content, Precondition.Absent, cancellationToken), Is.Not.Null);

        var range = keys.Documents(Scope, null).After(keys.Document(small[^1]));
        var request = new RangeRequest { Key = range.From, RangeEnd = range.End, Limit = 15 };
        var received = await client.RangeAsync(request, cancellationToken);
        Assert.That(received.Kvs.Sum(static entry => entry.Value.Length), Is.EqualTo(15 * Document.MaxBytes));
        request.Limit = 17;
        await Assert.ThatAsync(
            () => client.RangeAsync(request, cancellationToken),
            Throws.InstanceOf<StorageException>().With.Property("Kind").EqualTo(StorageFault.Unavailable));

        // When it reaches the large documents, it requests pages that are far too long.
        var read = new List<StoreKey>();
        await foreach (var document in documents.ReadAsync(Scope, null, cancellationToken))
            read.Add(document.Key);
        Assert.That(read, Is.EqualTo(small.Concat(large)));
    }
}
