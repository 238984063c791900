using Etcdserverpb;
using Google.Protobuf;
using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Storage.Etcd;
using Registry.Tests.Support.Servers;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Storage.Etcd;

/// <summary>The change feed after compactions, resets and unrelated writes of etcd.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class EtcdChangeTests : IAsyncDisposable
{
    private static readonly StoreKey Sample = StoreKey.Of("packages", "sample", "app");

    private readonly CancellationToken cancellationToken = new CancellationTokenSource(TimeSpan.FromMinutes(1)).Token;
    private EtcdServer? server;
    private EtcdUnderTest? storage;
    private EtcdClient client = null!;
    private EtcdKeys keys = null!;
    private IDocumentStore documents = null!;

    [SetUp]
    public async Task StartAsync()
    {
        server = await EtcdServer.StartAsync(cancellationToken);
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
    public async Task Changes_since_a_compacted_revision_require_a_listing()
    {
        await documents.PutAsync(Sample, "one", Precondition.Absent, cancellationToken);
        var token = (await documents.ChangesAsync(StoreKeys.Packages, null, cancellationToken)).Token;
        await documents.PutAsync(Sample, "two", Precondition.None, cancellationToken);
        await documents.PutAsync(Sample, "three", Precondition.None, cancellationToken);
        await server!.CompactAsync(cancellationToken);
        var changes = await documents.ChangesAsync(StoreKeys.Packages, token, cancellationToken);
        Assert.That(changes.Keys, Is.Null);
        Assert.That(
            (await documents.ChangesAsync(StoreKeys.Packages, changes.Token, cancellationToken)).Keys, Is.Empty);
    }

    [Test]
    public async Task Changes_are_found_among_many_other_writes()
    {
        await documents.PutAsync(Sample, "one", Precondition.Absent, cancellationToken);
        var token = (await documents.ChangesAsync(StoreKeys.Packages, null, cancellationToken)).Token;
        var expected = new List<StoreKey>();
        foreach (var between in (int[])[0, 1, 99, 100, 101, 250])
        {
            for (var write = 0; write < between; write++)
                await client.WriteAsync(
                    new TxnRequest { Success = { EtcdTxn.Put(keys.Staged("other"), ByteString.Empty) } },
                    Repeat.Freely,
                    cancellationToken);
            expected.Add(StoreKey.Of("packages", "between", $"{between}"));
            await documents.PutAsync(expected[^1], "one", Precondition.Absent, cancellationToken);
        }

        Assert.That(
            (await documents.ChangesAsync(StoreKeys.Packages, token, cancellationToken)).Keys,
            Is.EquivalentTo(expected));
    }

    [Test]
    public async Task A_restarted_history_with_as_many_writes_is_a_different_one()
    {
        await documents.PutAsync(Sample, "one", Precondition.Absent, cancellationToken);
        await documents.PutAsync(Sample, "two", Precondition.None, cancellationToken);
        var token = (await documents.ChangesAsync(StoreKeys.Packages, null, cancellationToken)).Token;
        await client.WriteAsync(
            new TxnRequest { Success = { EtcdTxn.Delete(keys.Changes) } }, Repeat.Freely, cancellationToken);
        await documents.PutAsync(
            StoreKey.Of("packages", "sample", "other"), "one", Precondition.Absent, cancellationToken);
        await documents.PutAsync(Sample, "three", Precondition.None, cancellationToken);
        await documents.PutAsync(Sample, "four", Precondition.None, cancellationToken);
        Assert.That(
            (await documents.ChangesAsync(StoreKeys.Packages, token, cancellationToken)).Keys,
            Is.Null,
            "the third write of the new history does not follow the second of the old one");
    }

    [Test]
    public async Task A_token_from_the_future_requires_a_listing()
    {
        await documents.PutAsync(Sample, "one", Precondition.Absent, cancellationToken);
        await using var older = await EtcdServer.StartAsync(cancellationToken);
        await using var restored = new EtcdUnderTest(older);
        var (copy, _, _) = await restored.OpenAsync();
        await copy.PutAsync(Sample, "one", Precondition.Absent, cancellationToken);
        for (var write = 0; write < 5; write++)
            await documents.PutAsync(Sample, $"{write}", Precondition.None, cancellationToken);
        var token = (await documents.ChangesAsync(StoreKeys.Packages, null, cancellationToken)).Token;
        var changes = await copy.ChangesAsync(StoreKeys.Packages, token, cancellationToken);
        Assert.That(changes.Keys, Is.Null);
        Assert.That((await copy.ChangesAsync(StoreKeys.Packages, changes.Token, cancellationToken)).Keys, Is.Empty);
    }

    [Test]
    public async Task A_delete_on_a_full_etcd_succeeds_and_is_reported()
    {
        StoreKey[] samples = [.. Enumerable.Range(0, 3).Select(i => StoreKey.Of("packages", "sample", $"{i}"))];
        foreach (var sample in samples)
            await documents.PutAsync(sample, "one", Precondition.Absent, cancellationToken);
        var token = (await documents.ChangesAsync(StoreKeys.Packages, null, cancellationToken)).Token;
        var status = await server!.AskAsync("/v3/maintenance/status", new { }, cancellationToken);
        var member = status.GetProperty("header").GetProperty("member_id").GetString();
        await server.AskAsync(
            "/v3/maintenance/alarm",
            new { action = "ACTIVATE", memberID = member, alarm = "NOSPACE" },
            cancellationToken);
        var refused = await Assert.ThrowsAsync<StorageException>(
            async () => await documents.PutAsync(samples[0], "two", Precondition.None, cancellationToken));
        Assert.That(refused!.Kind, Is.EqualTo(StorageFault.Full));
        foreach (var sample in samples[..2])
        {
            Assert.That(await documents.TryDeleteAsync(sample, Precondition.None, cancellationToken), Is.True);
            var changes = await documents.ChangesAsync(StoreKeys.Packages, token, cancellationToken);
            Assert.That(changes.Keys, Is.Null);
            token = changes.Token;
        }

        await server.AskAsync(
            "/v3/maintenance/alarm",
            new { action = "DEACTIVATE", memberID = member, alarm = "NOSPACE" },
            cancellationToken);
        await documents.PutAsync(samples[2], "two", Precondition.None, cancellationToken);
        token = (await documents.ChangesAsync(StoreKeys.Packages, token, cancellationToken)).Token;
        await documents.PutAsync(samples[2], "three", Precondition.None, cancellationToken);
        Assert.That(
            (await documents.ChangesAsync(StoreKeys.Packages, token, cancellationToken)).Keys,
            Is.EqualTo(new[] { samples[2] }));
    }

    [Test]
    public async Task A_different_history_requires_a_listing()
    {
        await documents.PutAsync(Sample, "one", Precondition.Absent, cancellationToken);
        var token = (await documents.ChangesAsync(StoreKeys.Packages, null, cancellationToken)).Token;
        await client.WriteAsync(
            new TxnRequest { Success = { EtcdTxn.Delete(keys.Changes) } }, Repeat.Freely, cancellationToken);
        Assert.That((await documents.ChangesAsync(StoreKeys.Packages, token, cancellationToken)).Keys, Is.Null);
        for (var write = 0; write < 5; write++)
            await documents.PutAsync(Sample, $"{write}", Precondition.None, cancellationToken);
        Assert.That((await documents.ChangesAsync(StoreKeys.Packages, token, cancellationToken)).Keys, Is.Null);
    }
}
