using System.Globalization;
using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Tests.Support;
using Registry.Tests.Support.Servers;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Storage.Etcd;

/// <summary>
/// Several members: calls continue when one dies or freezes, and no write that may be applied is repeated.
/// </summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class EtcdClusters : IAsyncDisposable
{
    private static readonly StoreKey Sample = StoreKey.Of("packages", "sample", "app");
    private static readonly byte[] Large = StorageShortcuts.Bytes(3 * 1024 * 1024);

    private readonly CancellationToken cancellationToken = new CancellationTokenSource(TimeSpan.FromMinutes(2)).Token;
    private readonly List<IAsyncDisposable> opened = [];

    public async ValueTask DisposeAsync()
    {
        opened.Reverse();
        foreach (var resource in opened)
            await resource.DisposeAsync();
    }

    [Test]
    public async Task An_endpoint_without_a_listener_is_skipped()
    {
        var server = await EtcdServer.StartAsync(cancellationToken);
        opened.Add(server);
        var (documents, blobs) =
            await OpenAsync(server, $"http://127.0.0.1:{EtcdServer.FreePort()}, {server.Endpoint}");
        await documents.PutAsync(Sample, "one", Precondition.Absent, cancellationToken);
        var info = await blobs.CommitAsync(Sample, Large, cancellationToken);
        Assert.That(
            (await blobs.ReadAsync(info.Key, ByteRange.All, cancellationToken)).AsSpan().SequenceEqual(Large), Is.True);
    }

    [Test]
    public async Task A_write_uses_the_next_member_when_connecting_takes_too_long()
    {
        var server = await EtcdServer.StartAsync(cancellationToken);
        opened.Add(server);
        using var full = new FullListener();
        var storage = new EtcdUnderTest(server, $"http://127.0.0.1:{full.Port}, {server.Endpoint}");
        storage.Options.TimeoutSeconds = 20;
        opened.Add(storage);
        var (documents, _, _) = await storage.OpenAsync();
        Assert.That(await documents.TryPutAsync(Sample, "one", Precondition.Absent, cancellationToken), Is.Not.Null);
        Assert.That((await documents.GetAsync(Sample, cancellationToken))!.Text(), Is.EqualTo("one"));
    }

    [Test]
    public async Task Calls_fail_over_from_dead_and_frozen_members_and_fail_without_a_quorum()
    {
        var members = await EtcdServer.StartClusterAsync(3, cancellationToken);
        opened.AddRange(members);
        var (documents, blobs) =
            await OpenAsync(members[0], string.Join(',', members.Select(static member => member.Endpoint)));
        var revision = await documents.PutAsync(Sample, "one", Precondition.Absent, cancellationToken);
        var info = await blobs.CommitAsync(Sample, Large, cancellationToken);

        // The first member is the one in use.
        await members[0].FreezeAsync();
        Assert.That(
            (await RetryAsync(() => documents.GetAsync(Sample, cancellationToken)))!.Revision, Is.EqualTo(revision));
        Assert.That(
            (await blobs.ReadAsync(info.Key, ByteRange.All, cancellationToken)).AsSpan().SequenceEqual(Large), Is.True);
        var second = await RetryAsync(() => documents.TryPutAsync(Sample, "two", Precondition.None, cancellationToken));
        await members[0].ThawAsync();

        await members[1].KillAsync();
        Assert.That(
            (await RetryAsync(() => documents.GetAsync(Sample, cancellationToken)))!.Revision, Is.EqualTo(second));
        await RetryAsync(() => documents.TryPutAsync(Sample, "three", Precondition.None, cancellationToken));

        await members[2].KillAsync();
        await Assert.ThatAsync(
            () => documents.GetAsync(Sample, cancellationToken).AsTask(), Throws.InstanceOf<StorageException>());
        await Assert.ThatAsync(
            () => documents.TryPutAsync(Sample, "lost", Precondition.None, cancellationToken).AsTask(),
            Throws.InstanceOf<StorageException>().With.Property("IsTransient").True);

        await members[1].RestartAsync(cancellationToken);
        var last = await RetryAsync(() => documents.GetAsync(Sample, cancellationToken));
        Assert.That(
            last!.Text(),
            Is.EqualTo("three").Or.EqualTo("lost"),
            "the failed write took effect completely or not at all");
        Assert.That(
            (await blobs.ReadAsync(info.Key, ByteRange.All, cancellationToken)).AsSpan().SequenceEqual(Large), Is.True);
    }

    [Test]
    public async Task A_repeatable_call_leaves_a_frozen_member_before_its_own_deadline()
    {
        var members = await EtcdServer.StartClusterAsync(3, cancellationToken);
        opened.AddRange(members);

        // A follower, so that no election is needed and only the frozen member is in the way.
        var follower = await IsLeaderAsync(members[0]) ? members[1] : members[0];
        var others = members.Where(member => member != follower).Select(static member => member.Endpoint);
        var (documents, blobs) = await OpenAsync(follower, string.Join(',', others.Prepend(follower.Endpoint)));
        await documents.PutAsync(Sample, "one", Precondition.Absent, cancellationToken);

        var retries = opened.OfType<EtcdUnderTest>().Single().Retries;
        var before = retries.Count;
        await follower.FreezeAsync();
        var reads = Enumerable.Range(0, 32).Select(_ => documents.GetAsync(Sample, cancellationToken).AsTask());
        Assert.That((await Task.WhenAll(reads)).Select(static document => document!.Text()), Is.All.EqualTo("one"));
        Assert.That(retries.Count, Is.GreaterThan(before));
        await documents.PutAsync(Sample, "two", Precondition.None, cancellationToken);
        var info = await blobs.CommitAsync(Sample, Large, cancellationToken);
        Assert.That(
            (await blobs.ReadAsync(info.Key, ByteRange.All, cancellationToken)).AsSpan().SequenceEqual(Large), Is.True);
    }

    [Test]
    public async Task An_append_continues_when_its_member_dies_or_freezes([Values] bool freezes)
    {
        var members = await EtcdServer.StartClusterAsync(3, cancellationToken);
        opened.AddRange(members);
        var follower = await IsLeaderAsync(members[0]) ? members[1] : members[0];
        var others = members.Where(member => member != follower).Select(static member => member.Endpoint);
        var storage = new EtcdUnderTest(follower, string.Join(',', others.Prepend(follower.Endpoint)));
        opened.Add(storage);
        var uploads = (await storage.OpenAsync()).Uploads;
        var upload = await uploads.BeginAsync(Sample, cancellationToken);
        await using var writer = (await uploads.AppendAsync(upload, 0, cancellationToken))!;
        await writer.WriteAsync(Large.AsMemory(0, Large.Length / 2), cancellationToken);

        await (freezes ? follower.FreezeAsync() : follower.KillAsync());
        await writer.WriteAsync(Large.AsMemory(Large.Length / 2), cancellationToken);
        Assert.That(await writer.CompleteAsync(cancellationToken), Is.EqualTo(Large.Length));
        Assert.That(
            (await uploads.ReadAsync(upload, cancellationToken)).AsSpan().SequenceEqual(Large), Is.True);
    }

    [Test]
    public async Task A_write_without_a_response_is_not_sent_to_another_member()
    {
        var server = await EtcdServer.StartAsync(cancellationToken);
        opened.Add(server);
        await using var proxy = new CuttingProxy(server.Port);
        var (documents, _) = await OpenAsync(server, $"http://127.0.0.1:{proxy.Port}, {server.Endpoint}");
        await documents.PutAsync(Sample, "one", Precondition.Absent, cancellationToken);
        var before = await WritesAsync(server);

        proxy.DropsResponses = true;
        var putting = documents.TryPutAsync(Sample, "two", Precondition.None, cancellationToken).AsTask();
        while (await WritesAsync(server) == before)
            await Task.Delay(10, cancellationToken);
        await proxy.CutAsync();
        await Assert.ThatAsync(() => putting, Throws.InstanceOf<StorageException>().With.Property("IsTransient").True);
        Assert.That(await WritesAsync(server), Is.EqualTo(before + 1), "applied once");
        Assert.That(
            (await documents.GetAsync(Sample, cancellationToken))!.Text(),
            Is.EqualTo("two"),
            "the next call uses the other member");
    }

    [Test]
    public async Task The_first_call_after_a_server_recovers_succeeds()
    {
        var server = await EtcdServer.StartAsync(cancellationToken);
        opened.Add(server);
        var (documents, _) = await OpenAsync(server, server.Endpoint);
        await documents.PutAsync(Sample, "one", Precondition.Absent, cancellationToken);
        await server.KillAsync();

        // Long enough, and with enough failures, for a backoff to exceed the deadline of a call.
        for (var failures = 0; failures < 55; failures++)
        {
            await Assert.ThatAsync(
                () => documents.GetAsync(Sample, cancellationToken).AsTask(), Throws.InstanceOf<StorageException>());
            await Task.Delay(200, cancellationToken);
        }

        await server.RestartAsync(cancellationToken);
        Assert.That((await documents.GetAsync(Sample, cancellationToken))!.Text(), Is.EqualTo("one"));
        await documents.PutAsync(Sample, "two", Precondition.None, cancellationToken);
    }

    /// <summary>Returns etcd's revision: the number of transactions that changed something.</summary>
    private async Task<long> WritesAsync(EtcdServer server)
    {
        var status = await server.AskAsync("/v3/maintenance/status", new { }, cancellationToken);
        var revision = status.GetProperty("header").GetProperty("revision").GetString();
        return long.Parse(revision!, CultureInfo.InvariantCulture);
    }

    private async Task<bool> IsLeaderAsync(EtcdServer member)
    {
        var status = await member.AskAsync("/v3/maintenance/status", new { }, cancellationToken);
        var id = status.GetProperty("header").GetProperty("member_id").GetString();
        return id == status.GetProperty("leader").GetString();
    }

    private async Task<(IDocumentStore Documents, IBlobStore Blobs)> OpenAsync(EtcdServer server, string endpoints)
    {
        var storage = new EtcdUnderTest(server, endpoints);
        storage.Options.TimeoutSeconds = 3;
        opened.Add(storage);
        var (documents, blobs, _) = await storage.OpenAsync();
        return (documents, blobs);
    }

    /// <summary>Retries while the members elect a leader, during which calls fail with a transient fault.</summary>
    private async Task<T> RetryAsync<T>(Func<ValueTask<T>> call)
    {
        while (true)
        {
            try
            {
                return await call();
            }
            catch (StorageException exception) when (exception.IsTransient)
            {
                await Task.Delay(50, cancellationToken);
            }
        }
    }
}
