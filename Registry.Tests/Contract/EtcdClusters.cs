using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Contract;

/// <summary>Several members: the calls go on when one dies or falls silent, and none is taken for another.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Parallelizable(ParallelScope.Self)]
public sealed class EtcdClusters : IAsyncDisposable
{
    private static readonly StoreKey Sample = StoreKey.Of("packages", "sample", "app");
    private static readonly byte[] Large = StorageShortcuts.Bytes(3 * 1024 * 1024);

    private readonly CancellationToken ct = new CancellationTokenSource(TimeSpan.FromMinutes(2)).Token;
    private readonly List<IAsyncDisposable> opened = [];

    public async ValueTask DisposeAsync()
    {
        opened.Reverse();
        foreach (var one in opened)
            await one.DisposeAsync();
    }

    [Test]
    public async Task An_endpoint_that_nobody_listens_at_is_passed_over()
    {
        var server = await EtcdServer.StartAsync(ct);
        opened.Add(server);
        var (documents, blobs) = await OpenAsync(server, $"http://127.0.0.1:{EtcdServer.FreePort()}, {server.Endpoint}");
        await documents.PutAsync(Sample, "one", Precondition.Absent, ct);
        var info = await blobs.CommitAsync(Sample, Large, ct);
        Assert.That((await blobs.ReadAsync(info.Key, ByteRange.All, ct)).AsSpan().SequenceEqual(Large), Is.True);
    }

    [Test]
    public async Task A_member_that_dies_or_freezes_is_left_for_another_and_without_a_majority_nothing_is_answered()
    {
        var members = await EtcdServer.StartClusterAsync(3, ct);
        opened.AddRange(members);
        var (documents, blobs) = await OpenAsync(members[0], string.Join(',', members.Select(static member => member.Endpoint)));
        var revision = await documents.PutAsync(Sample, "one", Precondition.Absent, ct);
        var info = await blobs.CommitAsync(Sample, Large, ct);

        // The first is the one in use.
        await members[0].FreezeAsync();
        Assert.That((await UntilAsync(() => documents.GetAsync(Sample, ct)))!.Revision, Is.EqualTo(revision));
        Assert.That((await blobs.ReadAsync(info.Key, ByteRange.All, ct)).AsSpan().SequenceEqual(Large), Is.True);
        var second = await UntilAsync(() => documents.TryPutAsync(Sample, "two", Precondition.None, ct));
        await members[0].ThawAsync();

        await members[1].KillAsync();
        Assert.That((await UntilAsync(() => documents.GetAsync(Sample, ct)))!.Revision, Is.EqualTo(second));
        await UntilAsync(() => documents.TryPutAsync(Sample, "three", Precondition.None, ct));

        await members[2].KillAsync();
        await Assert.ThatAsync(() => documents.GetAsync(Sample, ct).AsTask(), Throws.InstanceOf<StorageException>());
        await Assert.ThatAsync(
            () => documents.TryPutAsync(Sample, "lost", Precondition.None, ct).AsTask(),
            Throws.InstanceOf<StorageException>().With.Property("IsTransient").True);

        await members[1].StartAgainAsync(ct);
        var last = await UntilAsync(() => documents.GetAsync(Sample, ct));
        Assert.That(last!.Text(), Is.EqualTo("three").Or.EqualTo("lost"), "what failed has happened whole or not at all");
        Assert.That((await blobs.ReadAsync(info.Key, ByteRange.All, ct)).AsSpan().SequenceEqual(Large), Is.True);
    }

    private async Task<(IDocumentStore Documents, IBlobStore Blobs)> OpenAsync(EtcdServer server, string endpoints)
    {
        var storage = new EtcdUnderTest(server, endpoints);
        storage.Options.TimeoutSeconds = 3;
        opened.Add(storage);
        var (documents, blobs, _) = await storage.OpenAsync();
        return (documents, blobs);
    }

    /// <summary>Asks again while the members elect a leader: that is a failure to whoever calls, and passes.</summary>
    private async Task<T> UntilAsync<T>(Func<ValueTask<T>> call)
    {
        while (true)
        {
            try
            {
                return await call();
            }
            catch (StorageException fault) when (fault.IsTransient)
            {
                await Task.Delay(50, ct);
            }
        }
    }
}
