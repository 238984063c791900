using Google.Protobuf;
using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Storage.Etcd;
using Registry.Storage.Etcd.Protocol;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Contract;

/// <summary>The change feed where etcd forgets, and among writes that are none of its.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class EtcdChangeTests : IAsyncDisposable
{
    private static readonly StoreKey Sample = StoreKey.Of("packages", "sample", "app");

    private readonly CancellationToken ct = new CancellationTokenSource(TimeSpan.FromMinutes(1)).Token;
    private EtcdServer? server;
    private EtcdUnderTest? storage;
    private EtcdClient client = null!;
    private EtcdKeys keys = null!;
    private IDocumentStore documents = null!;

    [SetUp]
    public async Task StartAsync()
    {
        server = await EtcdServer.StartAsync(ct);
        storage = new EtcdUnderTest(server);
        (client, keys) = (storage.NewClient(), new EtcdKeys(storage.Options.Prefix));
        (documents, _, _) = await storage.OpenAsync();
    }

    public async ValueTask DisposeAsync()
    {
        client?.Dispose();
        await (storage?.DisposeAsync() ?? default);
        await (server?.DisposeAsync() ?? default);
    }

    [Test]
    public async Task Changes_of_a_past_that_was_compacted_ask_for_a_listing()
    {
        await documents.PutAsync(Sample, "one", Precondition.Absent, ct);
        var token = (await documents.ChangesAsync(StoreKeys.Packages, null, ct)).Token;
        await documents.PutAsync(Sample, "two", Precondition.None, ct);
        await documents.PutAsync(Sample, "three", Precondition.None, ct);
        await server!.CompactAsync(ct);
        var changes = await documents.ChangesAsync(StoreKeys.Packages, token, ct);
        Assert.That(changes.Keys, Is.Null);
        Assert.That((await documents.ChangesAsync(StoreKeys.Packages, changes.Token, ct)).Keys, Is.Empty);
    }

    [Test]
    public async Task Changes_are_found_among_many_other_writes()
    {
        await documents.PutAsync(Sample, "one", Precondition.Absent, ct);
        var token = (await documents.ChangesAsync(StoreKeys.Packages, null, ct)).Token;
        var expected = new List<StoreKey>();
        foreach (var between in (int[])[0, 1, 99, 100, 101, 250])
        {
            for (var write = 0; write < between; write++)
                await client.WriteAsync(new TxnRequest { Success = { EtcdTxn.Put(keys.Staged("other"), ByteString.Empty) } }, Repeat.Freely, ct);
            expected.Add(StoreKey.Of("packages", "between", $"{between}"));
            await documents.PutAsync(expected[^1], "one", Precondition.Absent, ct);
        }

        Assert.That((await documents.ChangesAsync(StoreKeys.Packages, token, ct)).Keys, Is.EquivalentTo(expected));
    }

    [Test]
    public async Task A_history_that_is_another_asks_for_a_listing()
    {
        await documents.PutAsync(Sample, "one", Precondition.Absent, ct);
        var token = (await documents.ChangesAsync(StoreKeys.Packages, null, ct)).Token;
        await client.WriteAsync(new TxnRequest { Success = { EtcdTxn.Delete(keys.Changes) } }, Repeat.Freely, ct);
        Assert.That((await documents.ChangesAsync(StoreKeys.Packages, token, ct)).Keys, Is.Null);
        for (var write = 0; write < 5; write++)
            await documents.PutAsync(Sample, $"{write}", Precondition.None, ct);
        Assert.That((await documents.ChangesAsync(StoreKeys.Packages, token, ct)).Keys, Is.Null);
    }
}
