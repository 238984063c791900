using Etcdserverpb;
using Google.Protobuf;
using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Storage.Etcd;
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
    public async Task A_history_that_begins_anew_with_as_many_writes_is_another()
    {
        await documents.PutAsync(Sample, "one", Precondition.Absent, ct);
        await documents.PutAsync(Sample, "two", Precondition.None, ct);
        var token = (await documents.ChangesAsync(StoreKeys.Packages, null, ct)).Token;
        await client.WriteAsync(new TxnRequest { Success = { EtcdTxn.Delete(keys.Changes) } }, Repeat.Freely, ct);
        await documents.PutAsync(StoreKey.Of("packages", "sample", "other"), "one", Precondition.Absent, ct);
        await documents.PutAsync(Sample, "three", Precondition.None, ct);
        await documents.PutAsync(Sample, "four", Precondition.None, ct);
        Assert.That((await documents.ChangesAsync(StoreKeys.Packages, token, ct)).Keys, Is.Null, "the third write of this history is not the one after the second of that");
    }

    [Test]
    public async Task A_moment_that_etcd_has_not_come_to_asks_for_a_listing()
    {
        await documents.PutAsync(Sample, "one", Precondition.Absent, ct);
        await using var older = await EtcdServer.StartAsync(ct);
        await using var restored = new EtcdUnderTest(older);
        var (copy, _, _) = await restored.OpenAsync();
        await copy.PutAsync(Sample, "one", Precondition.Absent, ct);
        for (var write = 0; write < 5; write++)
            await documents.PutAsync(Sample, $"{write}", Precondition.None, ct);
        var token = (await documents.ChangesAsync(StoreKeys.Packages, null, ct)).Token;
        var changes = await copy.ChangesAsync(StoreKeys.Packages, token, ct);
        Assert.That(changes.Keys, Is.Null);
        Assert.That((await copy.ChangesAsync(StoreKeys.Packages, changes.Token, ct)).Keys, Is.Empty);
    }

    [Test]
    public async Task A_delete_on_a_full_etcd_works_and_is_not_missed()
    {
        StoreKey[] samples = [.. Enumerable.Range(0, 3).Select(i => StoreKey.Of("packages", "sample", $"{i}"))];
        foreach (var sample in samples)
            await documents.PutAsync(sample, "one", Precondition.Absent, ct);
        var token = (await documents.ChangesAsync(StoreKeys.Packages, null, ct)).Token;
        var status = await server!.AskAsync("/v3/maintenance/status", new { }, ct);
        var member = status.GetProperty("header").GetProperty("member_id").GetString();
        await server.AskAsync("/v3/maintenance/alarm", new { action = "ACTIVATE", memberID = member, alarm = "NOSPACE" }, ct);
        var refused = await Assert.ThrowsAsync<StorageException>(async () => await documents.PutAsync(samples[0], "two", Precondition.None, ct));
        Assert.That(refused!.Kind, Is.EqualTo(StorageFault.Full));
        foreach (var sample in samples[..2])
        {
            Assert.That(await documents.TryDeleteAsync(sample, Precondition.None, ct), Is.True);
            var changes = await documents.ChangesAsync(StoreKeys.Packages, token, ct);
            Assert.That(changes.Keys, Is.Null);
            token = changes.Token;
        }

        await server.AskAsync("/v3/maintenance/alarm", new { action = "DEACTIVATE", memberID = member, alarm = "NOSPACE" }, ct);
        await documents.PutAsync(samples[2], "two", Precondition.None, ct);
        token = (await documents.ChangesAsync(StoreKeys.Packages, token, ct)).Token;
        await documents.PutAsync(samples[2], "three", Precondition.None, ct);
        Assert.That((await documents.ChangesAsync(StoreKeys.Packages, token, ct)).Keys, Is.EqualTo(new[] { samples[2] }));
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
