using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Contract;

/// <summary>
/// Contract of every blob store. A backend joins with a subclass that overrides
/// <see cref="StorageContract.StartAsync"/> and adds no test.
/// </summary>
public abstract partial class BlobStoreContract : StorageContract
{
    private static readonly StoreKey Scope = StoreKey.Of("packages", "sample", "app");

    private IBlobStore Blobs => One.Blobs;

    [Test]
    public async Task A_blob_is_invisible_before_its_commit_and_complete_after_it()
    {
        var bytes = StorageShortcuts.Bytes(100_000);
        var key = new BlobKey(Scope, StorageShortcuts.DigestOf(bytes));
        await using var writer = await Blobs.CreateAsync(Scope, CancellationToken);
        await writer.WriteAsync(bytes.AsMemory(0, 60_000), CancellationToken);
        await writer.WriteAsync(bytes.AsMemory(60_000), CancellationToken);
        foreach (var instance in (StorageInstance[])[One, Two])
        {
            Assert.That(await instance.Blobs.StatAsync(key, CancellationToken), Is.Null);
            Assert.That(await instance.Blobs.OpenAsync(key, ByteRange.All, CancellationToken), Is.Null);
            Assert.That(
                await instance.Blobs.InfosAsync(StoreKeys.Packages, ScopeDepth.Subtree, null, CancellationToken),
                Is.Empty);
        }

        var info = (await writer.CommitAsync(key.Digest, null, CancellationToken)).Info;
        Assert.That(info.Key, Is.EqualTo(key));
        Assert.That(info.Length, Is.EqualTo(bytes.Length));
        foreach (var instance in (StorageInstance[])[One, Two])
        {
            Assert.That(await instance.Blobs.StatAsync(key, CancellationToken), Is.EqualTo(info));
            Assert.That(await instance.Blobs.ReadAsync(key, ByteRange.All, CancellationToken), SameBytes.As(bytes));
            Assert.That(
                await instance.Blobs.InfosAsync(StoreKeys.Packages, ScopeDepth.Subtree, null, CancellationToken),
                Is.EqualTo(new[] { info }));
        }
    }

    [Test]
    public async Task A_writer_disposed_without_a_commit_leaves_nothing()
    {
        var bytes = StorageShortcuts.Bytes(100_000);
        await using (var writer = await Blobs.CreateAsync(Scope, CancellationToken))
            await writer.WriteAsync(bytes, CancellationToken);
        Assert.That(
            await Blobs.StatAsync(new BlobKey(Scope, StorageShortcuts.DigestOf(bytes)), CancellationToken), Is.Null);
        Assert.That(
            await Blobs.DiscardAbandonedAsync(TimeSpan.Zero, CancellationToken), Is.Zero, "nothing is left to discard");
    }

    [Test]
    public async Task A_committed_blob_leaves_nothing_to_discard_and_is_not_discarded()
    {
        var info = await Blobs.CommitAsync(Scope, StorageShortcuts.Bytes(10), CancellationToken);
        Assert.That(await Blobs.DiscardAbandonedAsync(TimeSpan.Zero, CancellationToken), Is.Zero);
        Assert.That(await Blobs.StatAsync(info.Key, CancellationToken), Is.EqualTo(info));
    }

    [Test]
    public async Task An_empty_blob_is_valid()
    {
        BlobInfo info;
        await using (var writer = await Blobs.CreateAsync(Scope, CancellationToken))
            info = (await writer.CommitAsync(StorageShortcuts.DigestOf([]), null, CancellationToken)).Info;
        Assert.That(info.Length, Is.Zero);
        Assert.That(await Blobs.StatAsync(info.Key, CancellationToken), Is.EqualTo(info));
        Assert.That(await Blobs.ReadAsync(info.Key, ByteRange.All, CancellationToken), Is.Empty);
        Assert.That(await Blobs.ReadAsync(info.Key, new ByteRange(0, 0), CancellationToken), Is.Empty);
        Assert.That(
            async () => await Blobs.OpenAsync(info.Key, new ByteRange(0, 1), CancellationToken),
            Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public async Task The_same_bytes_in_two_scopes_are_two_blobs()
    {
        var bytes = StorageShortcuts.Bytes(1000);
        var one = await Blobs.CommitAsync(Key("packages", "a"), bytes, CancellationToken);
        var two = await Blobs.CommitAsync(Key("packages", "a", "b"), bytes, CancellationToken);
        Assert.That(await Blobs.TryDeleteAsync(one.Key, Precondition.None, CancellationToken), Is.True);
        Assert.That(await Blobs.StatAsync(one.Key, CancellationToken), Is.Null);
        Assert.That(await Blobs.ReadAsync(two.Key, ByteRange.All, CancellationToken), SameBytes.As(bytes));
    }

    [Test]
    public async Task Documents_and_blobs_with_the_same_key_are_independent()
    {
        var info = await Blobs.CommitAsync(Scope, StorageShortcuts.Bytes(1000), CancellationToken);
        await One.Documents.PutAsync(Scope, "document", Precondition.Absent, CancellationToken);
        Assert.That(
            await One.Documents.KeysAsync(StoreKeys.Packages, null, CancellationToken),
            Is.EqualTo(new[] { Scope.Value }));
        Assert.That(await One.Documents.TryDeleteAsync(Scope, Precondition.None, CancellationToken), Is.True);
        Assert.That(
            await Blobs.InfosAsync(Scope, ScopeDepth.Subtree, null, CancellationToken), Is.EqualTo(new[] { info }));
    }

    [Test]
    public async Task A_buffer_can_be_reused_once_its_write_completes()
    {
        var bytes = StorageShortcuts.Bytes(300_000);
        var buffer = new byte[1000];
        await using var writer = await Blobs.CreateAsync(Scope, CancellationToken);
        for (var at = 0; at < bytes.Length; at += buffer.Length)
        {
            bytes.AsSpan(at, buffer.Length).CopyTo(buffer);
            await writer.WriteAsync(buffer, CancellationToken);
            buffer.AsSpan().Clear();
        }

        var info = (await writer.CommitAsync(StorageShortcuts.DigestOf(bytes), null, CancellationToken)).Info;
        Assert.That(await Blobs.ReadAsync(info.Key, ByteRange.All, CancellationToken), SameBytes.As(bytes));
    }

    [Test]
    public async Task Scopes_of_the_maximum_length_hold_blobs()
    {
        var segment = new string('s', StoreKey.MaxSegmentBytes);
        var scope = Key(
            "packages",
            segment,
            segment,
            segment,
            new string('k', StoreKey.MaxKeyBytes - (3 * segment.Length) - "packages/".Length - 3));
        var bytes = StorageShortcuts.Bytes(1000);
        var info = await Blobs.CommitAsync(scope, bytes, CancellationToken);
        Assert.That(await Blobs.ReadAsync(info.Key, ByteRange.All, CancellationToken), SameBytes.As(bytes));
        Assert.That(
            await Blobs.InfosAsync(StoreKeys.Packages, ScopeDepth.Subtree, null, CancellationToken),
            Is.EqualTo(new[] { info }));
    }

    [Test]
    public async Task A_delete_succeeds_only_if_its_precondition_holds()
    {
        var bytes = StorageShortcuts.Bytes(1000);
        var first = await Blobs.CommitAsync(Scope, bytes, CancellationToken);
        var second = await Blobs.CommitAsync(Scope, bytes, CancellationToken);
        Assert.That(
            await Blobs.TryDeleteAsync(first.Key, Precondition.Matches(first.Revision), CancellationToken),
            Is.False,
            "it was touched in between");
        Assert.That(
            await Blobs.TryDeleteAsync(
                first.Key, Precondition.Matches(new Revision("not a revision")), CancellationToken),
            Is.False);
        Assert.That(await Blobs.StatAsync(first.Key, CancellationToken), Is.EqualTo(second));
        Assert.That(
            await Blobs.TryDeleteAsync(first.Key, Precondition.Matches(second.Revision), CancellationToken), Is.True);
        Assert.That(await Blobs.StatAsync(first.Key, CancellationToken), Is.Null);
        Assert.That(await Blobs.OpenAsync(first.Key, ByteRange.All, CancellationToken), Is.Null);
        Assert.That(
            await Blobs.TryDeleteAsync(first.Key, Precondition.Matches(second.Revision), CancellationToken),
            Is.False,
            "it is gone");
        Assert.That(
            await Blobs.TryDeleteAsync(first.Key, Precondition.None, CancellationToken), Is.False, "it is gone");
    }

    [Test]
    public async Task A_delete_requiring_absence_throws_ArgumentException()
    {
        var info = await Blobs.CommitAsync(Scope, StorageShortcuts.Bytes(10), CancellationToken);
        Assert.That(
            async () => await Blobs.TryDeleteAsync(info.Key, Precondition.Absent, CancellationToken),
            Throws.InstanceOf<ArgumentException>());
        Assert.That(await Blobs.StatAsync(info.Key, CancellationToken), Is.EqualTo(info));
    }

    [Test]
    public async Task A_reader_can_be_disposed_twice()
    {
        var info = await Blobs.CommitAsync(Scope, StorageShortcuts.Bytes(10), CancellationToken);
        var reader = await Blobs.OpenAsync(info.Key, ByteRange.All, CancellationToken);
        await reader!.DisposeAsync();
        await reader.DisposeAsync();
    }
}
